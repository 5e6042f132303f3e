//! Our JSON against the console exporters of OpenTelemetry's Python SDK, for the same spans,
//! metrics and log records: the text is the same, character by character, except for the
//! differences listed here.

use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::venv;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// Signals, and the key with which their records begin.
const SIGNALS: [(&str, &str); 3] = [("traces", "name"), ("metrics", "resource_metrics"), ("logs", "body")];

#[test]
fn same_text_as_the_python_sdk() {
    let python = venv("sdk", REQUIREMENTS).join("bin/python");
    let folder = tempfile::tempdir().expect("a folder");
    let ours = folder.path().join("ours");
    let mut run = bare([OTEL_RUN]);
    for exporter in ["--traces_exporter", "--metrics_exporter", "--logs_exporter"] {
        run.args([exporter, "console"]);
    }
    run.args(["--resource_detectors", "none", "--shim", "off", "--console_output"])
        .arg(&ours)
        .arg("--")
        .arg(python);
    run.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/console/telemetry.py")).arg(folder.path());
    let finished = Process::start(&mut run).finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));

    let ours = fs::read_to_string(ours).expect("our output");
    let mut differences = BTreeSet::new();
    for (signal, key) in SIGNALS {
        let theirs = fs::read_to_string(folder.path().join(signal)).expect("their output");
        compare(signal, &theirs, &records(&ours, key), &mut differences);
    }
    let expected = DIFFERENCES.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    assert_eq!(differences, expected);
}

/// The records of one signal, without those that otel-run itself has measured.
fn records(text: &str, key: &str) -> String {
    let begin = format!("{{\n    \"{key}\": ");
    let records = text.split_inclusive("\n}\n");
    records.filter(|record| record.starts_with(&begin) && record.contains("na\\u00efve")).collect()
}

fn compare(signal: &str, theirs: &str, ours: &str, differences: &mut BTreeSet<(String, String)>) {
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
