//! STA-4: whatever is wrong with telemetry, the target runs, ends as it ends, and one line
//! says what is wrong.

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::skip;
use std::net::TcpListener;

/// Settings that send metrics of the host to an OTLP destination, and nothing else.
const METRICS: &str = "--traces_exporter none --logs_exporter none --metrics_exporter otlp --grace 0.5";

const NOWHERE: &str = "--traces_exporter none --logs_exporter none --metrics_exporter none";

/// Runs otel-run with `flags` after `before` has been done, and looks at what the target did.
#[track_caller]
fn run(before: &str, flags: &str) -> Finished {
    let script = format!("{before}\nexec {OTEL_RUN} {flags} -- sh -c 'echo ran; exit 7'");
    let finished = Process::start(&mut bare(["sh", "-c", &script])).finish();
    assert_eq!(finished.status.code(), Some(7), "{finished:?}");
    assert_eq!(finished.stdout, "ran\n", "{finished:?}");
    finished
}

#[track_caller]
fn assert_one_line(finished: &Finished, line: &str) {
    assert_eq!(finished.stderr, format!("otel-run: {line}\n"));
}

/// The same in namespaces of their own, where `before` may mount and unmount. It may
/// put the `program` elsewhere, when it covers the folder where that is.
fn run_apart(namespaces: &[&str], before: &str, flags: &str) -> Option<Finished> {
    let mut unshare = vec!["unshare"];
    unshare.extend(namespaces);
    let can = bare(unshare.iter().chain(&["true"])).output();
    if !can.is_ok_and(|output| output.status.success()) {
        skip("the right to make namespaces (root)");
        return None;
    }
    let start = format!("exec $program {flags} -- sh -c 'echo ran; exit 7'");
    let script = format!("set -e\nprogram={OTEL_RUN}\n{before}\n{start}");
    unshare.extend(["sh", "-c", &script]);
    let finished = Process::start(&mut bare(unshare)).finish();
    assert_eq!(finished.status.code(), Some(7), "{finished:?}");
    assert_eq!(finished.stdout, "ran\n", "{finished:?}");
    Some(finished)
}

#[test]
fn sta_4_a_certificate_that_is_not_there() {
    let finished = run("", &format!("{METRICS} --exporter_otlp_certificate /no/such/ca.pem"));
    assert_one_line(
        &finished,
        "OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read /no/such/ca.pem: no such file \
         (from flag --exporter_otlp_certificate); the command runs, nothing is sent there",
    );
}

#[test]
fn sta_4_a_certificate_that_is_none() {
    let finished = run("", &format!("{METRICS} --exporter_otlp_certificate /dev/null"));
    assert_one_line(
        &finished,
        "OTEL_EXPORTER_OTLP_CERTIFICATE: no certificate in /dev/null \
         (from flag --exporter_otlp_certificate); the command runs, nothing is sent there",
    );
}

#[test]
fn sta_4_strict_makes_it_an_error() {
    let script =
        format!("exec {OTEL_RUN} {METRICS} --strict --exporter_otlp_certificate /dev/null -- echo ran");
    let finished = Process::start(&mut bare(["sh", "-c", &script])).finish();
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(125), ""), "{finished:?}");
    assert!(finished.stderr.contains("no certificate in /dev/null"), "{finished:?}");
}

#[test]
fn sta_4_nobody_at_the_destination() {
    // A port that only root may take, for a service that nobody runs.
    let port = 1;
    let finished = run("", &format!("{METRICS} --exporter_otlp_endpoint http://127.0.0.1:{port}"));
    let first = format!(
        "otel-run: otlp: http://127.0.0.1:{port}: cannot connect: connection refused; keeping data and trying again"
    );
    assert_eq!(finished.stderr.lines().next(), Some(first.as_str()));
    // And the account of what was lost.
    assert!(
        finished.stderr.lines().skip(1).all(|line| line.starts_with("otel-run: account: ")),
        "{finished:?}"
    );
}

#[test]
fn sta_4_a_destination_without_address() {
    let finished = run("", &format!("{METRICS} --exporter_otlp_endpoint http://no.such.host.invalid:4318"));
    let first = finished.stderr.lines().next().unwrap();
    let start = "otel-run: otlp: http://no.such.host.invalid:4318: cannot connect: cannot look up host";
    assert!(first.starts_with(start), "{finished:?}");
    assert!(
        finished.stderr.lines().skip(1).all(|line| line.starts_with("otel-run: account: ")),
        "{finished:?}"
    );
}

#[test]
fn sta_4_the_prometheus_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let flags = format!(
        "--traces_exporter none --logs_exporter none --metrics_exporter prometheus \
         --exporter_prometheus_host 127.0.0.1 --exporter_prometheus_port {port}"
    );
    assert_one_line(
        &run("", &flags),
        &format!(
            "cannot listen on 127.0.0.1:{port} for Prometheus: Address already in use (os error 98) (from \
             OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT); the command runs without \
             the Prometheus endpoint"
        ),
    );
}

#[test]
fn sta_4_the_receivers_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let finished = run("", &format!("{NOWHERE} --ingress 127.0.0.1:{port}"));
    let start = format!("otel-run: cannot listen on 127.0.0.1:{port}: the port is taken by process ");
    assert!(finished.stderr.starts_with(&start), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1);
}

#[test]
fn sta_4_loopback_is_down() {
    let Some(finished) = run_apart(&["--net"], "", NOWHERE) else { return };
    assert_one_line(
        &finished,
        "cannot listen on 127.0.0.1: Network is unreachable (os error 101); the command runs without \
         telemetry of its own",
    );
}

#[test]
fn sta_4_no_writable_folder() {
    let before = "mount -t tmpfs none /mnt; cp $program /mnt; program=/mnt/otel-run; \
                  for folder in /run /tmp /var/tmp /dev/shm; do mount -t tmpfs -o ro none $folder; done; \
                  export HOME=/proc; unset XDG_RUNTIME_DIR XDG_CACHE_HOME TMPDIR";
    let Some(finished) = run_apart(&["--mount"], before, NOWHERE) else { return };
    assert!(
        finished.stderr.starts_with("otel-run: no Python and no Node.js instrumentation: "),
        "{finished:?}"
    );
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
}

#[test]
fn sta_4_full_disk() {
    let before = "mount -t tmpfs none /mnt; cp $program /mnt; program=/mnt/otel-run; \
                  for folder in /run /tmp /var/tmp /dev/shm; do mount -t tmpfs -o size=4k none $folder; \
                  head -c 4096 /dev/zero > $folder/full; done; \
                  export HOME=/proc; unset XDG_RUNTIME_DIR XDG_CACHE_HOME TMPDIR";
    let Some(finished) = run_apart(&["--mount"], before, NOWHERE) else { return };
    assert!(
        finished.stderr.starts_with("otel-run: no Python and no Node.js instrumentation: "),
        "{finished:?}"
    );
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
}

/// The agent is found without `/proc`, and needs no device.
#[test]
fn sta_4_neither_proc_nor_dev() {
    let before = "mount -t tmpfs none /proc; mount -t tmpfs none /dev";
    let flags = format!("-vv --shim off {NOWHERE}");
    let Some(finished) = run_apart(&["--mount"], before, &flags) else { return };
    assert!(finished.stderr.contains("otel-run: the agent is ready\n"), "{finished:?}");
    assert!(!finished.stderr.contains("cannot"), "{finished:?}");
}

#[test]
fn sta_4_few_descriptors() {
    let finished = run("ulimit -n 8", &format!("{NOWHERE} --shim off"));
    assert_one_line(
        &finished,
        "the agent cannot be started: Too many open files (os error 24); the command runs on without telemetry",
    );
}

#[test]
fn sta_4_an_environment_of_nothing() {
    let finished = run("for name in $(env | cut -d= -f1); do unset $name; done", NOWHERE);
    assert_eq!(finished.stderr, "");
}

#[test]
fn sta_4_stderr_takes_nothing() {
    for redirection in ["exec 2>&-", "exec 2>/dev/full"] {
        let finished = run(redirection, &format!("{METRICS} --exporter_otlp_certificate /dev/null"));
        assert_eq!(finished.stderr, "");
    }
}
