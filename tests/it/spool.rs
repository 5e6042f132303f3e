//! What waits on disk: telemetry that was acknowledged outlives otel-run.

use crate::support::batches::numbered;
use crate::support::process::{Finished, OTEL_RUN, Process, bare, children, eventually, name_of};
use crate::support::sink::{Sink, Step};
use nix::sys::signal::{Signal as Kill, kill};
use nix::unistd::Pid;
use otel_run::otlp::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// A place for the spool, and files with requests of ten spans each.
struct Trial {
    folder: TempDir,
}

impl Trial {
    fn new() -> Trial {
        Trial { folder: TempDir::new().expect("a folder") }
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    /// Batches that lie there.
    fn kept(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let Ok(entries) = fs::read_dir(folder) else { return 0 };
            let one = |path: PathBuf| match path.extension() {
                Some(extension) if extension == "b" => 1,
                _ => count(&path),
            };
            entries.flatten().map(|entry| one(entry.path())).sum()
        }
        count(&self.spool())
    }

    /// A program that sends these requests, tells "sent", and stays until its stdin ends.
    fn start(&self, sink: &str, requests: Range<u64>, flags: &[&str]) -> Process {
        let mut command = bare([OTEL_RUN]);
        command.args(["--shim", "off", "--metrics_exporter", "none", "--logs_exporter", "none"]);
        command.args(["--traces_exporter", "otlp", "--exporter_otlp_endpoint", sink]);
        command.args(["--spool", "process", "--spool_dir"]).arg(self.spool());
        command.args(flags).args(["--", "sh", "-c", "python3 \"$0\" \"$@\" && read gone"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py"));
        for number in requests {
            let path = self.folder.path().join(format!("traces-{number}"));
            let batch = numbered(Signal::Traces, number * 10..(number + 1) * 10);
            fs::write(&path, batch.bytes()).expect("written");
            command.arg(path);
        }
        let mut process = Process::start_with_stdin(&mut command, Stdio::piped());
        process.until_stdout("sent");
        process
    }
}

fn finish(mut process: Process) -> Finished {
    drop(process.stdin.take());
    process.finish()
}

fn agent(of: &Process) -> i32 {
    eventually("an agent", || children(of.pid).into_iter().find(|pid| name_of(*pid).contains("otel")))
}

fn delivered(sink: &Sink) -> BTreeSet<u64> {
    sink.seen().accepted(Signal::Traces).into_iter().collect()
}

/// A sink that takes nothing until it is told otherwise.
fn down() -> Sink {
    let sink = Sink::start();
    sink.script((0..1000).map(|_| Step::status(503)));
    sink
}

/// FLU-3, SPL-3: what was not delivered in time is delivered by the next launch, and nothing is left behind.
#[test]
fn the_next_launch_delivers_what_this_one_could_not() {
    let trial = Trial::new();
    let sink = down();
    let url = sink.url();
    let finished = finish(trial.start(&url, 0..5, &["--grace", "1", "-v"]));
    assert!(
        finished.stderr.contains("otlp: 0 of 50 spans delivered, 50 kept on disk"),
        "{}",
        finished.stderr
    );
    assert!(trial.kept() > 0 && delivered(&sink).is_empty());

    sink.script([]);
    let process = trial.start(&url, 5..6, &["-v"]);
    drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() >= 60));
    let finished = finish(process);
    assert_eq!(delivered(&sink), (0..60).collect());
    assert_eq!(sink.seen().accepted(Signal::Traces).len(), 60, "once each");
    assert!(finished.stderr.contains("otlp: 60 of 60 spans delivered"), "{}", finished.stderr);
    assert_eq!(trial.kept(), 0);
}

/// SPL-1, SIG-10: the agent is killed while the destination is away; the one that takes its place delivers.
#[test]
fn what_a_killed_agent_had_acknowledged_is_delivered() {
    let trial = Trial::new();
    let sink = down();
    let url = sink.url();
    let process = trial.start(&url, 0..5, &[]);
    let first = agent(&process);
    kill(Pid::from_raw(first), Kill::SIGKILL).expect("killed");
    eventually("another agent", || (agent(&process) != first).then_some(()));
    sink.script([]);
    drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() >= 50));
    finish(process);
    assert_eq!(delivered(&sink), (0..50).collect());
    assert_eq!(trial.kept(), 0);
}

/// Supervisor and agent are killed: whoever comes next delivers.
#[test]
fn what_a_killed_launch_had_acknowledged_is_delivered() {
    let trial = Trial::new();
    let sink = down();
    let url = sink.url();
    let process = trial.start(&url, 0..5, &[]);
    let agent = agent(&process);
    for pid in [process.pid, agent] {
        kill(Pid::from_raw(pid), Kill::SIGKILL).expect("killed");
    }
    drop(process);
    sink.script([]);
    let process = trial.start(&url, 5..6, &[]);
    drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() >= 60));
    finish(process);
    assert_eq!(delivered(&sink), (0..60).collect());
}

/// EXP-1: what has no room in memory waits on disk, and the program is never refused.
#[test]
fn what_has_no_room_in_memory_waits_on_disk() {
    let trial = Trial::new();
    let sink = down();
    let url = sink.url();
    // Twenty spans in memory, of three hundred.
    let process =
        trial.start(&url, 0..30, &["--bsp_max_queue_size", "20", "--bsp_max_export_batch_size", "10", "-v"]);
    assert!(trial.kept() >= 28, "{}", trial.kept());
    sink.script([]);
    drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() >= 300));
    let finished = finish(process);
    assert_eq!(delivered(&sink), (0..300).collect());
    assert!(finished.stderr.contains("otlp: 300 of 300 spans delivered"), "{}", finished.stderr);
    assert_eq!(trial.kept(), 0);
}

/// SPL-6, SPL-8: a place that cannot be used is told, and costs nothing but what it is for.
#[test]
fn a_place_that_cannot_be_used_is_told() {
    let trial = Trial::new();
    fs::write(trial.spool(), "a file").expect("written");
    let sink = Sink::start();
    let url = sink.url();
    let finished = finish(trial.start(&url, 0..3, &[]));
    assert_eq!(delivered(&sink), (0..30).collect());
    let told = format!(
        "otel-run: spool: batches are kept in memory alone: {}: Not a directory (os error 20)\n",
        trial.spool().display()
    );
    assert_eq!((finished.stderr.as_str(), finished.status.code()), (told.as_str(), Some(1)));
}

/// SPL-9: data goes only where it was meant to go.
#[test]
fn another_destination_gets_nothing_of_it() {
    let trial = Trial::new();
    let first = down();
    let url = first.url();
    finish(trial.start(&url, 0..2, &["--grace", "1"]));
    let second = Sink::start();
    let url = second.url();
    let process = trial.start(&url, 2..3, &[]);
    // Longer than it takes until what was left is looked for.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    finish(process);
    assert_eq!(delivered(&second), (20..30).collect());
    assert!(trial.kept() > 0);
}
