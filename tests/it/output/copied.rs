//! Byte for byte, in order, whatever becomes of the agent and of the readers.

use super::{captured, child, flags};
use crate::support::process::{OTEL_RUN, Process, bare, eventually};
use crate::support::sink::Sink;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// otel-run as a word of a shell's line, sending to a destination that is there. What it has to say itself would be
/// among what is compared.
fn typed(sink: &Sink) -> String {
    format!("{OTEL_RUN} --log_level none {} --", flags(&sink.url()).join(" "))
}

/// What this script prints and how it ends with us in the place of `{}`, and without.
#[track_caller]
fn assert_as_bare(sink: &Sink, script: &str) -> String {
    let [ours, without] = [typed(sink), String::new()].map(|us| {
        let script = script.replace("{}", &us);
        Process::start(&mut bare(["bash", "-c", &script])).finish_within(Duration::from_secs(120))
    });
    assert_eq!(ours.stdout, without.stdout, "stderr: {}", ours.stderr);
    assert_eq!(ours.status.code(), without.status.code());
    ours.stdout
}

#[test]
fn a_lot_of_anything_through_both_streams() {
    let sink = Sink::start();
    let folder = tempfile::tempdir().expect("a folder");
    let random = folder.path().join("random");
    let random = random.display();
    let make = Process::start(&mut bare(["sh", "-c", &format!("head -c 20000000 /dev/urandom > {random}")]));
    assert!(make.finish().status.success());
    assert_as_bare(&sink, &format!("{{}} cat {random} 2>&1 | cksum; exit ${{PIPESTATUS[0]}}"));
    let both =
        format!("{{}} sh -c 'cat {random} & cat {random} >&2; wait' 2> >(cksum) > >(cksum); wait; sleep 0.3");
    assert_as_bare(&sink, &both);
}

#[test]
fn an_agent_that_stands_still_or_dies_stops_nobody() {
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        let sink = Sink::start();
        let mut process =
            Process::start(&mut captured(&sink.url(), "echo ready; read go; seq 400000; echo done >&2"));
        // Its input is empty: it goes on at once unless it waits for a line.
        process.until_stdout("ready");
        let agent = eventually("an agent", || child(process.pid, "otel-agent"));
        kill(Pid::from_raw(agent), signal).expect("a signal");
        let begun = Instant::now();
        let finished = process.finish_within(Duration::from_secs(60));
        assert!(finished.status.success());
        let lines = finished.stdout.lines().skip(1);
        assert!(lines.eq((1..=400_000).map(|number| number.to_string())), "{signal}: {:?}", begun.elapsed());
        assert!(finished.stderr.contains("done\n"), "{}", finished.stderr);
    }
}

#[test]
fn what_is_written_to_one_place_keeps_its_order() {
    let sink = Sink::start();
    let script = "{} bash -c 'for i in {1..2000}; do echo out $i; echo err $i >&2; done' 2>&1";
    let printed = assert_as_bare(&sink, script);
    assert_eq!(printed.lines().count(), 4000);
}

#[test]
fn ends_and_broken_pipes_are_as_without_us() {
    let sink = Sink::start();
    for script in [
        "{} sh -c 'echo out; echo err >&2; exit 7'",
        "{} yes | head -n 3; echo ${PIPESTATUS[0]}",
        "{} sh -c 'kill -9 $$'; echo $?",
        "{} sh -c 'printf \"no end\"'",
        "{} cat < /dev/null",
        "{} sh -c 'echo out' >&-; echo $?",
        // A reader that is gone from the beginning.
        "exec 3>&1; { sleep 0.2; {} sh -c 'while echo x; do :; done 2>/dev/null'; echo $? >&3; } | true",
    ] {
        assert_as_bare(&sink, script);
    }
}

#[test]
fn who_goes_on_writing_is_not_waited_for_and_not_lost() {
    let sink = Sink::start();
    let begun = Instant::now();
    let script = "(sleep 3; echo late) & echo now";
    let process = Process::start(&mut captured(&sink.url(), script));
    let mut finished = process.finish_within(Duration::from_secs(60));
    // The shell has its prompt long before.
    assert!(
        finished.status.success() && begun.elapsed() < Duration::from_millis(2900),
        "{:?}",
        begun.elapsed()
    );
    finished.stderr.clear();
    assert!(finished.stdout.starts_with("now\n"), "{finished:?}");
    // And whoever reads the pipe waits for the last writer.
    let printed = assert_as_bare(&sink, "{} sh -c '(sleep 0.5; echo late) & echo now' | cat");
    assert_eq!(printed, "now\nlate\n");
}

/// A reader that takes its time gets everything: the program itself would have waited for it.
#[test]
fn a_slow_reader_gets_everything() {
    let sink = Sink::start();
    let printed = assert_as_bare(&sink, "{} seq 60000 | { sleep 1; cksum; }");
    assert!(printed.contains("348894"), "{printed}");
}

#[test]
fn a_copier_that_dies_is_replaced() {
    let sink = Sink::start();
    let mut process = Process::start(&mut captured(
        &sink.url(),
        "echo one; while [ ! -e $0 ]; do sleep 0.05; done; echo two",
    ));
    process.until_stdout("one");
    let copier = eventually("a copier", || child(process.pid, "otel-output"));
    kill(Pid::from_raw(copier), Signal::SIGKILL).expect("killed");
    eventually("another", || child(process.pid, "otel-output").filter(|other| *other != copier));
    process.signal(Signal::SIGTERM);
    let finished = process.finish();
    assert_eq!(finished.stdout, "one\n");
}

/// Nobody supervises any more, and what is written arrives all the same.
#[test]
fn without_a_supervisor_the_streams_go_on() {
    let sink = Sink::start();
    let script = "echo ready; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo $i; done";
    let mut process = Process::start(&mut captured(&sink.url(), script));
    process.until_stdout("ready");
    process.signal(Signal::SIGKILL);
    process.until_stdout("8\n");
    assert_eq!(process.finish().stdout, "ready\n1\n2\n3\n4\n5\n6\n7\n8\n");
}
