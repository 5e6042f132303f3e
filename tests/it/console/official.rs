//! Our JSON against the console exporters of OpenTelemetry's Python SDK, for the same spans,
//! metrics and log records: the text is the same, character by character, except for the
//! differences listed here.

use super::sink::Sink;
use crate::support::venv;
use otel_run::export::console::ConsoleExporter;
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::{Batch, Signal};
use otel_run::settings::{ConsoleFormat, ConsoleOutput, ConsoleSettings};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const REQUIREMENTS: &[&str] =
    &["opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"];

/// A line of theirs and the line of ours in its place, without indentation.
const DIFFERENCES: &[(&str, &str)] = &[
    // Not JSON.
    (r#""nan": NaN,"#, r#""nan": null,"#),
    (r#""inf": Infinity,"#, r#""inf": null,"#),
    (r#""-inf": -Infinity"#, r#""-inf": null"#),
    // The SDK's OTLP exporter does not send it.
    (r#""trace_state": "['{key=vendor, value=linked}']""#, r#""trace_state": "[]""#),
    // OTLP has no integers there.
    (r#""sum": 7,"#, r#""sum": 7.0,"#),
    (r#""min": 7,"#, r#""min": 7.0,"#),
    (r#""max": 7,"#, r#""max": 7.0,"#),
    // OTLP does not tell an empty list of attributes from none.
    (r#""filtered_attributes": null,"#, r#""filtered_attributes": {},"#),
];

#[test]
fn same_text_as_the_python_sdk() {
    let python = venv("sdk", REQUIREMENTS).join("bin/python");
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Sink::start();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/console/telemetry.py"))
        .arg(folder.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url())
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut differences = BTreeSet::new();
    for signal in Signal::ALL {
        let theirs = fs::read_to_string(folder.path().join(signal.name())).expect("their output");
        let ours = ours(signal, sink.bodies(signal.path()));
        compare(signal, &theirs, &ours, &mut differences);
    }
    let expected = DIFFERENCES.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    assert_eq!(differences, expected);
}

fn compare(signal: Signal, theirs: &str, ours: &str, differences: &mut BTreeSet<(String, String)>) {
    for (number, (theirs, ours)) in theirs.lines().zip(ours.lines()).enumerate() {
        let indent = |line: &str| line.len() - line.trim_start().len();
        assert_eq!(indent(theirs), indent(ours), "{signal}, line {}: {theirs} {ours}", number + 1);
        if theirs != ours {
            differences.insert((theirs.trim().to_owned(), ours.trim().to_owned()));
        }
    }
    assert_eq!(theirs.lines().count(), ours.lines().count(), "{signal}");
    assert!(theirs.ends_with("}\n") && ours.ends_with("}\n"), "{signal}");
}

fn ours(signal: Signal, bodies: Vec<Vec<u8>>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("console");
    let settings = ConsoleSettings { format: ConsoleFormat::Json, output: ConsoleOutput::File(path.clone()) };
    let mut exporter = ConsoleExporter::new(&settings).expect("an exporter");
    let batches: Vec<Batch> = bodies
        .into_iter()
        .map(|body| Batch::from_protobuf(signal, body.into()).expect("well-formed"))
        .collect();
    let parcel = Parcel {
        signal,
        items: batches.iter().map(Batch::items).sum(),
        bytes: batches.iter().map(|batch| batch.bytes().len()).sum(),
        batches,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert_eq!(runtime.block_on(exporter.export(&parcel)), Outcome::DELIVERED);
    fs::read_to_string(path).expect("our output")
}
