use super::window::Counter;
use super::*;
use crate::measure::fixture;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

/// Longest wait for a value.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running(Child);

impl Running {
    fn start(command: &str) -> Running {
        Running(Command::new("sh").args(["-c", command]).stdout(Stdio::null()).spawn().unwrap())
    }

    fn target(&self) -> Target {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Target {
            pid: i32::try_from(self.0.id()).unwrap(),
            program: "sh".into(),
            instance: String::new(),
            started_unix_nano: u64::try_from(now.as_nanos()).unwrap() - 50_000_000,
        }
    }

    fn stop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn a_busy_tree_is_told_again_and_again() {
    let busy = Running::start("while :; do sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done'; done");
    let (values, inbox) = channel();
    let hand_over = move |told: &Values| drop(values.send(told.clone()));
    let performance = Performance::start(&busy.target(), Duration::from_millis(200), hand_over).unwrap();
    let two: Vec<Values> = (0..2).map(|_| inbox.recv_timeout(PATIENCE).unwrap()).collect();
    performance.finish();
    assert!(inbox.recv_timeout(PATIENCE).is_ok(), "the last one");
    for told in two {
        // Workers that ended count: nobody lives as long as this.
        assert!(told[&Counter::Processor] > 0.0 && told[&Counter::Processor] < 200.0, "{told:?}");
        assert!((0.0..=100.0).contains(&told[&Counter::ProcessorNormalized]), "{told:?}");
        assert!((0.0..=100.0).contains(&told[&Counter::MachineProcessor]), "{told:?}");
        assert!((10_000.0..1e9).contains(&told[&Counter::PrivateBytes]), "{told:?}");
        assert!(told[&Counter::AvailableBytes] > 1e6, "{told:?}");
        assert!(told[&Counter::Storage] >= 0.0, "{told:?}");
    }
}

#[test]
fn a_target_that_ends_early_is_told_once() {
    let mut short = Running::start("exit 0");
    let target = short.target();
    let (values, inbox) = channel();
    let hand_over = move |told: &Values| drop(values.send(told.clone()));
    let performance = Performance::start(&target, Duration::from_secs(60), hand_over).unwrap();
    short.stop();
    performance.ended(Ended { pid: target.pid, max_rss_kib: 1024, ..fixture::ended() });
    performance.finish();
    let told = inbox.recv_timeout(PATIENCE).unwrap();
    // 375 ms of processor time in 50 ms, and the short while that this test took.
    assert!((1.0..=750.0).contains(&told[&Counter::Processor]), "{told:?}");
    assert!(told[&Counter::PrivateBytes] > 0.0, "{told:?}");
    assert_eq!(told.get(&Counter::Storage), None, "{told:?}");
    assert!(inbox.recv_timeout(PATIENCE).is_err(), "only once");
}
