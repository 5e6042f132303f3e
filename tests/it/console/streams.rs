//! A console that is closed or never read costs the target nothing.

use crate::support::process::{OTEL_RUN, Process, bare};
use nix::fcntl::{FcntlArg, fcntl};
use std::fs;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, pipe};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The smallest pipe: less than one export of host metrics.
fn small_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).expect("a small pipe");
    (reader, writer)
}

/// Prints host metrics on `stdout` while `command` runs.
fn printing(command: &[&str]) -> Command {
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "none", "--logs_exporter", "none", "--metrics_exporter", "console"]);
    run.args(["--metric_export_interval", "100", "--grace", "1", "--"]).args(command);
    run
}

#[test]
fn never_read() {
    let (reader, writer) = small_pipe();
    let folder = tempfile::tempdir().expect("a folder");
    let stderr = folder.path().join("stderr");
    let begin = Instant::now();
    let mut run = printing(&["sh", "-c", "sleep 0.5; exit 7"]);
    run.stdout(writer).stderr(fs::File::create(&stderr).expect("a file")).stdin(Stdio::null());
    let status = run.status().expect("otel-run runs");
    assert_eq!(status.code(), Some(7));
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(10), "the grace is a second: {took:?}");
    let said = fs::read_to_string(stderr).expect("text");
    assert!(said.contains("dropped (not delivered in time)"), "{said}");
    drop(reader);
}

#[test]
fn closed_after_the_first_line() {
    let (reader, writer) = small_pipe();
    let folder = tempfile::tempdir().expect("a folder");
    let stderr = folder.path().join("stderr");
    let mut run = printing(&["sh", "-c", "sleep 1.5; exit 7"]);
    run.stdout(writer).stderr(fs::File::create(&stderr).expect("a file")).stdin(Stdio::null());
    let mut child = run.spawn().expect("otel-run runs");
    // The last of ours that could keep the pipe open.
    drop(run);
    let mut lines = BufReader::new(reader).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "{");
    drop(lines);
    assert_eq!(child.wait().expect("an end").code(), Some(7));
    let said = fs::read_to_string(stderr).expect("text");
    let told = said.lines().filter(|line| line.contains("cannot write: Broken pipe (os error 32)")).count();
    assert_eq!(told, 1, "{said}");
    assert!(said.contains(" rejected (cannot write)"), "{said}");
}

#[test]
fn an_output_that_cannot_be_opened() {
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "none", "--logs_exporter", "none", "--metrics_exporter", "console"]);
    run.args(["--console_output", "/nowhere/at/all", "--", "true"]);
    let finished = Process::start(&mut run).finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert_eq!(
        finished.stderr,
        "otel-run: OTEL_RUN_CONSOLE_OUTPUT: cannot write to /nowhere/at/all: No such file or directory (os error 2) \
         (from flag --console_output); the command runs, nothing is printed\n"
    );
}
