//! From a program that was launched to the destination: the real binary, faults included.

use super::*;
use crate::support::certificates::Authority;
use crate::support::process::{Finished, OTEL_RUN, Process, bare, eventually};
use crate::support::sink::{Point, Sink, Step};
use crate::support::skip;
use otel_run::otlp::json;
use std::path::PathBuf;
use tempfile::TempDir;

/// Requests of ten spans each, numbered through, for the program that sends them.
struct Requests {
    _folder: TempDir,
    files: Vec<PathBuf>,
}

impl Requests {
    fn new(count: u64) -> Self {
        let folder = TempDir::new().expect("a folder");
        let write = |number: u64| {
            let path = folder.path().join(format!("traces-{number}"));
            let batch = numbered(Signal::Traces, number * 10..(number + 1) * 10);
            std::fs::write(&path, batch.bytes()).expect("written");
            path
        };
        let files = (0..count).map(write).collect();
        Requests { _folder: folder, files }
    }

    /// Starts the program under otel-run with these flags.
    fn start(&self, flags: &[&str]) -> Process {
        let mut command = bare([OTEL_RUN]);
        command.args(["--shim", "off", "--metrics_exporter", "none", "--logs_exporter", "none"]);
        command.args(flags).args(["--", "python3"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py"));
        Process::start(command.args(&self.files))
    }

    fn run(&self, flags: &[&str]) -> Finished {
        self.start(flags).finish()
    }
}

fn to<'a>(sink: &'a str, protocol: &'a str) -> Vec<&'a str> {
    vec!["--traces_exporter", "otlp", "--exporter_otlp_endpoint", sink, "--exporter_otlp_protocol", protocol]
}

/// Silent, and the program's own status.
fn assert_fine(finished: &Finished) {
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("sent\n", ""));
    assert!(finished.status.success());
}

#[test]
fn every_protocol_delivers_everything() {
    let requests = Requests::new(30);
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        for compression in ["none", "gzip"] {
            let sink = Sink::start();
            let url = sink.url();
            let mut flags = to(&url, protocol);
            flags.extend(["--exporter_otlp_compression", compression]);
            assert_fine(&requests.run(&flags));
            let seen = sink.seen();
            assert_eq!(
                seen.accepted(Signal::Traces),
                (0..300).collect::<Vec<_>>(),
                "{protocol} {compression}"
            );
            assert!(seen.requests.len() < 30, "joined");
            assert_eq!(seen.connections, 1);
        }
    }
}

/// What is refused for now, or lost on the way, is sent until it is taken.
#[test]
fn faults_in_the_middle_lose_nothing() {
    let requests = Requests::new(30);
    for protocol in ["http/protobuf", "grpc"] {
        let sink = Sink::start();
        let url = sink.url();
        sink.script([Step::status(503), Step::Reset(Point::Reply), Step::status(429)]);
        let mut flags = to(&url, protocol);
        // Parcels of ten, so that there are many; a program that stays until all have gone.
        flags.extend(["--bsp_max_export_batch_size", "10", "--bsp_schedule_delay", "0", "-v"]);
        let mut command = bare([OTEL_RUN]);
        command.args(["--shim", "off", "--metrics_exporter", "none", "--logs_exporter", "none"]);
        command.args(flags).args(["--", "sh", "-c", "python3 \"$0\" \"$@\" && read gone"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py"));
        let command = command.args(&requests.files);
        let mut process = Process::start_with_stdin(command, std::process::Stdio::piped());
        drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() >= 300));
        drop(process.stdin.take());
        let stderr = process.finish().stderr;
        let seen = sink.seen();
        assert_eq!(seen.accepted(Signal::Traces), (0..300).collect::<Vec<_>>(), "{protocol}: {stderr}");
        assert_eq!(seen.arrived(Signal::Traces).len(), 300 + 30, "three attempts failed");
        assert_eq!(stderr.matches("keeping data and trying again").count(), 1, "{stderr}");
        assert_eq!(stderr.matches("otel-run: otlp: accepts again after").count(), 1, "{stderr}");
        assert!(stderr.contains("otel-run: account: otlp: 300 of 300 spans delivered"), "{stderr}");
        assert!(stderr.contains(", 10 without an answer"), "{stderr}");
    }
}

/// The budget is a ceiling, whatever the destination does, and the account says what was lost.
#[test]
fn a_destination_that_hangs_costs_the_budget_and_no_more() {
    let requests = Requests::new(3);
    for point in [Point::Accept, Point::Reply, Point::Body] {
        let sink = Sink::start();
        let url = sink.url();
        sink.script([Step::Hang(point)]);
        let mut flags = to(&url, "http/protobuf");
        flags.extend(["--grace", "1"]);
        let mut process = requests.start(&flags);
        process.until_stdout("sent");
        let ended = std::time::Instant::now();
        let finished = process.finish();
        let elapsed = ended.elapsed();
        assert!((SECOND / 2..SECOND * 2).contains(&elapsed), "{point:?}: {elapsed:?}");
        assert!(finished.status.success());
        assert_eq!(
            finished.stderr,
            "otel-run: account: received 30 spans\n\
             otel-run: account: otlp: 0 of 30 spans delivered, 30 dropped (not delivered in time)\n"
        );
    }
}

#[test]
fn a_destination_that_is_not_there_costs_no_time() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let url = format!("http://{free}");
    let requests = Requests::new(3);
    let mut process = requests.start(&to(&url, "http/protobuf"));
    process.until_stdout("sent");
    let ended = std::time::Instant::now();
    let finished = process.finish();
    assert!(ended.elapsed() < SECOND, "{:?}", ended.elapsed());
    assert_eq!(
        finished.stderr,
        format!(
            "otel-run: otlp: {url}: cannot connect: connection refused; keeping data and trying again\n\
             otel-run: account: received 30 spans\n\
             otel-run: account: otlp: 0 of 30 spans delivered, 30 dropped (not delivered in time)\n"
        )
    );
}

/// The program has otel-run's place, and there is nobody who would see it end.
#[test]
fn an_agent_apart_delivers_everything() {
    let sink = Sink::start();
    let requests = Requests::new(30);
    let url = sink.url();
    let mut flags = to(&url, "http/protobuf");
    flags.extend(["--mode", "exec"]);
    assert_fine(&requests.run(&flags));
    eventually("all spans", || (sink.seen().accepted(Signal::Traces).len() >= 300).then_some(()));
    assert_eq!(sink.seen().accepted(Signal::Traces), (0..300).collect::<Vec<_>>());
}

/// What is printed can be read again.
#[test]
fn otlp_on_stdout_is_a_request_a_line() {
    let requests = Requests::new(3);
    let finished = requests.run(&["--traces_exporter", "otlp/stdout", "--resource_detectors", "none"]);
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = finished.stdout.lines().filter(|line| *line != "sent").collect();
    assert_eq!(lines.len(), 3, "{}", finished.stdout);
    let mut seen = Vec::new();
    for line in lines {
        let bytes = json::decode(Signal::Traces, line.as_bytes()).expect("OTLP");
        seen.push(bytes.to_vec());
    }
    seen.sort();
    let mut sent: Vec<_> = requests.files.iter().map(|file| std::fs::read(file).expect("read")).collect();
    sent.sort();
    assert_eq!(seen, sent);
}

/// Nobody chose anything and no Collector runs: one quiet line, and nothing is held up.
#[test]
fn a_default_destination_that_is_not_there() {
    if std::net::TcpStream::connect("localhost:4318").is_ok() {
        return skip("port 4318 with nobody behind it");
    }
    let requests = Requests::new(3);
    let mut command = bare([OTEL_RUN]);
    command.args(["--shim", "off", "--", "python3"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py"));
    let mut process = Process::start(command.args(&requests.files));
    process.until_stdout("sent");
    let ended = std::time::Instant::now();
    let finished = process.finish();
    assert!(ended.elapsed() < SECOND, "{:?}", ended.elapsed());
    assert!(finished.status.success());
    assert_eq!(
        finished.stderr,
        "otel-run: what has no chosen destination is not exported: nobody answers at the default one \
         (http://localhost:4318: cannot connect: connection refused); choose with --exporter_otlp_endpoint or \
         --traces_exporter, --metrics_exporter, --logs_exporter\n"
    );
}

#[test]
fn what_the_destination_does_not_want_is_told() {
    let sink = Sink::start();
    let url = sink.url();
    sink.script([Step::status(400).body("text/plain", "no \x1b[31mspans\n on mondays")]);
    let finished = Requests::new(3).run(&to(&url, "http/protobuf"));
    assert_eq!(
        finished.stderr,
        format!(
            "otel-run: otlp: 30 spans rejected: {url}: HTTP 400 Bad Request: no \\u{{1b}}[31mspans\\n on mondays\n\
             otel-run: account: received 30 spans\n\
             otel-run: account: otlp: 0 of 30 spans delivered, 30 rejected (HTTP 400)\n"
        )
    );
    assert_eq!(sink.seen().requests.len(), 1);
}

/// A healthy console beside a destination that hangs: the console gets everything.
#[test]
fn destinations_do_not_wait_for_each_other() {
    let sink = Sink::start();
    let url = sink.url();
    sink.script([Step::Hang(Point::Reply)]);
    let mut flags = to(&url, "grpc");
    flags.extend(["--grace", "1", "--console_output", "stderr", "--traces_exporter", "otlp,console"]);
    let finished = Requests::new(3).run(&flags);
    let names = (0..30).filter(|n| finished.stderr.contains(&format!("\"name\": \"span {n}\""))).count();
    assert_eq!(names, 30, "{}", finished.stderr);
    assert!(finished.stderr.contains("account: console: 30 of 30 spans delivered\n"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("account: otlp: 0 of 30 spans delivered, 30 dropped"),
        "{}",
        finished.stderr
    );
}

#[test]
fn tls_by_flag_and_by_environment() {
    let authority = Authority::new();
    let server = Authority::server(&authority.issue("localhost"), None, &[b"http/1.1"]);
    let file = authority.file();
    let file = file.to_str().expect("UTF-8");
    let sink = Sink::start_tls(server);
    let url = sink.url();
    let requests = Requests::new(3);
    let mut flags = to(&url, "http/protobuf");
    flags.extend(["--exporter_otlp_certificate", file]);
    assert_fine(&requests.run(&flags));

    let mut command = bare([OTEL_RUN]);
    command.env("SSL_CERT_FILE", file).args(["--shim", "off", "--metrics_exporter", "none"]);
    command.args(["--logs_exporter", "none"]).args(to(&url, "http/protobuf")).args(["--", "python3"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py")).args(&requests.files);
    assert_fine(&Process::start(&mut command).finish());

    let all: Vec<u64> = (0..30).chain(0..30).collect();
    assert_eq!(sink.seen().accepted(Signal::Traces), all);

    let finished = requests.run(&to(&url, "http/protobuf"));
    let why = "cannot connect: TLS: the server's certificate is signed by an unknown authority";
    assert!(
        finished.stderr.starts_with(&format!("otel-run: otlp: {url}: {why}; keeping")),
        "{}",
        finished.stderr
    );
    assert!(finished.status.success());
}

/// Without its certificate the destination is left out, and the program runs all the same.
#[test]
fn an_unreadable_certificate_costs_the_target_nothing() {
    let sink = Sink::start();
    let url = sink.url();
    let mut flags = to(&url, "http/protobuf");
    flags.extend(["--exporter_otlp_certificate", "/nowhere/ca.pem"]);
    let requests = Requests::new(1);
    let finished = requests.run(&flags);
    assert!(finished.status.success());
    assert_eq!(finished.stdout, "sent\n");
    assert_eq!(
        finished.stderr,
        "otel-run: OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read /nowhere/ca.pem: no such file (from flag \
         --exporter_otlp_certificate); the command runs, nothing is sent there\n"
    );
    flags.push("--strict");
    let finished = requests.run(&flags);
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(125), ""));
    assert_eq!(sink.seen().connections, 0);
}
