//! `--record`, `otel-run replay`, `otel-run try`: telemetry that came in once, sent or tried once more.

use crate::support::batches::{numbered, padded};
use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::sink::{Sink, Step};
use otel_run::otlp::Signal;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// Starts a program under otel-run that sends these requests, and records.
fn record(folder: &Path, requests: &[(Signal, Vec<u8>)], flags: &[&str]) -> (PathBuf, Finished) {
    let record = folder.join("record.jsonl");
    let mut command = bare([OTEL_RUN]);
    command.args(["--shim", "off", "--host_metrics", "off", "--record"]).arg(&record).args(flags);
    command.args(["--", "python3", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py")]);
    for (number, (signal, bytes)) in requests.iter().enumerate() {
        let path = folder.join(format!("{}-{number}", signal.name()));
        fs::write(&path, bytes).expect("written");
        command.arg(path);
    }
    let finished = Process::start(&mut command).finish();
    (record, finished)
}

fn requests() -> Vec<(Signal, Vec<u8>)> {
    let of = |signal, from: u64| (signal, numbered(signal, from..from + 10).bytes().to_vec());
    vec![of(Signal::Traces, 0), of(Signal::Logs, 0), of(Signal::Metrics, 0), of(Signal::Traces, 10)]
}

/// Only these three, so that what is measured does not come in between.
const NOWHERE: [&str; 6] =
    ["--traces_exporter", "none", "--logs_exporter", "none", "--metrics_exporter", "none"];

fn replay<S: AsRef<OsStr>>(flags: &[&str], files: impl IntoIterator<Item = S>) -> Finished {
    Process::start(bare([OTEL_RUN]).arg("replay").args(flags).args(files)).finish()
}

fn to(url: &str) -> [&str; 8] {
    let all = "otlp";
    [
        "--traces_exporter",
        all,
        "--logs_exporter",
        all,
        "--metrics_exporter",
        all,
        "--exporter_otlp_endpoint",
        url,
    ]
}

#[test]
fn what_was_recorded_arrives_when_it_is_replayed() {
    let folder = TempDir::new().expect("a folder");
    let (path, finished) = record(folder.path(), &requests(), &NOWHERE);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("sent\n", ""));
    let mode = fs::metadata(&path).expect("a record").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "telemetry may hold what others must not read");

    for protocol in ["http/protobuf", "grpc"] {
        let sink = Sink::start();
        let url = sink.url();
        // Another one is waited for.
        sink.script([Step::status(503)]);
        let mut flags = to(&url).to_vec();
        flags.extend(["--exporter_otlp_protocol", protocol, "-v"]);
        let finished = replay(&flags, [&path]);
        assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
        let seen = sink.seen();
        assert_eq!(seen.accepted(Signal::Traces), (0..20).collect::<Vec<_>>(), "{protocol}");
        for signal in [Signal::Logs, Signal::Metrics] {
            let told: Vec<u64> = seen.accepted(signal).into_iter().filter(|number| *number < 10).collect();
            assert_eq!(told, (0..10).collect::<Vec<_>>(), "{protocol} {signal}");
        }
        assert!(finished.stderr.contains("otlp: 20 of 20 spans delivered"), "{}", finished.stderr);
    }
}

#[test]
fn a_record_is_appended_to_and_ends_where_it_must() {
    let folder = TempDir::new().expect("a folder");
    let request = vec![(Signal::Traces, padded(Signal::Traces, 0..2, 3000).bytes().to_vec())];
    let bounds = [&NOWHERE[..], &["--record_max_bytes", "7000"]].concat();
    let lines = |path: &Path| fs::read_to_string(path).expect("a record").matches("resourceSpans").count();
    let (path, finished) = record(folder.path(), &request, &bounds);
    assert_eq!((lines(&path), finished.stderr.as_str()), (1, ""));

    let (path, finished) = record(folder.path(), &[&request[..], &request[..]].concat(), &bounds);
    assert_eq!(lines(&path), 2, "one more of two");
    assert!(finished.stderr.contains("the record is full (--record_max_bytes)"), "{}", finished.stderr);
    assert!(finished.status.success(), "the program is not concerned");
}

#[test]
fn a_record_that_cannot_be_written_does_not_keep_the_program() {
    let folder = TempDir::new().expect("a folder");
    let mut flags = NOWHERE.to_vec();
    flags.extend(["--record", "/nowhere/at/all"]);
    let (_, finished) = record(folder.path(), &requests(), &flags);
    assert_eq!(finished.stdout, "sent\n");
    assert_eq!(
        finished.stderr,
        "otel-run: OTEL_RUN_RECORD: cannot write to /nowhere/at/all: No such file or directory (os error 2) \
         (from flag --record); the command runs, nothing is recorded\n"
    );
    flags.push("--strict");
    let (_, finished) = record(folder.path(), &requests(), &flags);
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(125), ""));
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_arrives() {
    let sink = Sink::start();
    let url = sink.url();
    let mut command = bare([OTEL_RUN]);
    let mut process =
        Process::start_with_stdin(command.arg("replay").args(to(&url)).arg("-"), Stdio::piped());
    let mut stdin = process.stdin.take().expect("a pipe");
    let mut line = Vec::new();
    let batch = numbered(Signal::Traces, 0..10);
    otel_run::otlp::json::encode(Signal::Traces, batch.bytes(), &mut line).expect("encoded");
    stdin.write_all(&line).and_then(|()| stdin.write_all(b"\nnonsense\n")).expect("read");
    // What came is sent while more is waited for.
    drop(sink.wait(|seen| seen.accepted(Signal::Traces).len() == 10));
    drop(stdin);
    let finished = process.finish();
    assert_eq!(finished.status.code(), Some(1));
    let complaint =
        "otel-run: standard input, line 2: no JSON: expected ident at line 1 column 2; it is passed over\n";
    assert_eq!(finished.stderr, complaint);
}

#[test]
fn bad_input() {
    for (files, complaint) in [
        (
            vec![],
            "otel-run: no file to replay\n  hint: name files that --record has written, or - for the standard input\n",
        ),
        (
            vec!["/nowhere"],
            "otel-run: cannot read /nowhere: No such file or directory (os error 2)\n  \
             hint: name a file that --record has written, or - for the standard input\n",
        ),
        (
            vec!["/"],
            "otel-run: cannot read /: is a directory\n  \
             hint: name a file that --record has written, or - for the standard input\n",
        ),
    ] {
        let finished = replay(&["--traces_exporter", "none"], files);
        assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(2), complaint));
    }
}

#[test]
fn a_destination_that_does_not_want_it_is_told_by_the_status() {
    let folder = TempDir::new().expect("a folder");
    let (path, _) = record(folder.path(), &requests(), &NOWHERE);
    let sink = Sink::start();
    let url = sink.url();
    sink.script([Step::status(400), Step::status(400), Step::status(400)]);
    let finished = replay(&to(&url), [&path]);
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("rejected"), "{}", finished.stderr);
}

/// What `otel-run try` makes of these spans, given on its standard input.
fn attempt(flags: &[&str], spans: &serde_json::Value) -> Finished {
    let request = serde_json::json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": spans}],
    }]});
    let mut command = bare([OTEL_RUN]);
    let mut process = Process::start_with_stdin(command.arg("try").args(flags), Stdio::piped());
    let mut stdin = process.stdin.take().expect("a pipe");
    // As people keep it: over several lines.
    stdin.write_all(format!("{request:#}").as_bytes()).expect("read");
    drop(stdin);
    process.finish()
}

fn spans() -> serde_json::Value {
    let span = |id: &str, path: &str, more: &str| {
        serde_json::json!({
            "traceId": format!("{id}{id}"), "spanId": id, "name": format!("GET {path}"), "kind": 2,
            "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000001000000",
            "attributes": [
                {"key": "http.request.method", "value": {"stringValue": "GET"}},
                {"key": "url.path", "value": {"stringValue": path}},
                {"key": "http.route", "value": {"stringValue": path}},
                {"key": "note", "value": {"stringValue": more}},
            ],
        })
    };
    serde_json::json!([
        span("00000000000000a1", "/items", "nothing"),
        span("00000000000000a2", "/healthz", "nothing"),
        span("00000000000000a3", "/users", "from ann@example.org"),
        span("00000000000000a4", "/noise", "nothing"),
    ])
}

#[test]
fn rules_are_tried_before_they_go_to_production() {
    let flags = ["--redact", "email", "--drop_health_checks", "--sampling_override", "http.route=/noise: 0"];
    let finished = attempt(&flags, &spans());
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str(), finished.status.code()),
        (
            "span GET /healthz: left out\n\
             span GET /users\n  \
             - attributes.note: \"from ann@example.org\"\n  \
             + attributes.note: \"from REDACTED\"\n\
             span GET /noise: not sampled\n\
             4 items: 1 unchanged, 1 changed, 1 left out, 1 not sampled\n  \
             --drop_health_checks: 1\n",
            "",
            Some(0)
        )
    );

    let left = attempt(&[&flags[..], &["--json"]].concat(), &spans());
    let lines: Vec<serde_json::Value> =
        left.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let names: Vec<&str> = lines
        .iter()
        .flat_map(|line| line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans"))
        .filter_map(|span| span["name"].as_str())
        .collect();
    assert_eq!(names, ["GET /items", "GET /users"]);

    let all = attempt(&["--all"], &spans());
    assert!(all.stdout.contains("    resource.attributes.service.name: \"shop\"\n"), "{}", all.stdout);
    assert!(
        all.stdout.ends_with("4 items: 4 unchanged, 0 changed, 0 left out, 0 not sampled\n"),
        "{}",
        all.stdout
    );
}

/// What a running application sends, recorded and tried with a file of rules.
#[test]
fn a_file_of_rules_is_tried_on_a_record() {
    let folder = TempDir::new().expect("a folder");
    let (path, _) = record(folder.path(), &requests(), &NOWHERE);
    let config = folder.path().join("rules.yaml");
    let rules = "file_format: '1.0'\ndistribution:\n  otel_run:\n    processors:\n      - type: drop\n        include: {matchType: regexp, spanNames: ['^span 1.$']}\n";
    fs::write(&config, rules).expect("written");
    let finished =
        Process::start(bare([OTEL_RUN]).args(["try", "--config"]).arg(&config).arg(&path)).finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    let summary = finished.stdout.lines().find(|line| line.contains(" items: ")).expect("a summary");
    assert!(summary.contains(" 10 left out, 0 not sampled"), "{}", finished.stdout);
}
