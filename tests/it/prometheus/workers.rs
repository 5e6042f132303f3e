//! Metrics of several real processes, through the real program, read by Prometheus' own parsers.

use super::client::get;
use crate::support::free_port;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::venv;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SDK: &[&str] = &["opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"];
const NASTY: &str = "a \"quoted\"\nline \\ and \\n, a tab \t, \u{2028}, é and 🦀, {le=\"1\"} # {}";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/prometheus").join(name)
}

/// An address where nothing listens just now.
fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// What the parser of a format finds.
fn parse(format: &str, page: &str) -> Value {
    let python = venv("prometheus", &["prometheus-client==0.26.0"]).join("bin/python");
    let mut child = Command::new(python)
        .arg(script("parse.py"))
        .arg(format)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python");
    child.stdin.take().expect("stdin").write_all(page.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("an end");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{format}: {error}\n{page}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Samples of a family: name and labels, without those of the scope, and value.
fn samples(families: &Value, family: &str) -> BTreeMap<String, f64> {
    let all = families[family]["samples"].as_array().unwrap_or_else(|| panic!("no {family}"));
    let sample = |sample: &Value| {
        let labels = sample["labels"].as_object().expect("labels");
        let labels: Vec<String> = labels
            .iter()
            .filter(|(name, _)| !name.starts_with("otel_scope_"))
            .map(|(name, value)| format!("{name}={}", value.as_str().expect("text")))
            .collect();
        let value = sample["value"].as_str().and_then(|value| value.parse().ok()).expect("a number");
        (format!("{} {}", sample["name"].as_str().expect("a name"), labels.join(" ")), value)
    };
    all.iter().map(sample).filter(|(name, _)| !name.contains("_created")).collect()
}

fn pairs<'a>(expected: impl IntoIterator<Item = (&'a str, f64)>) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[test]
fn one_endpoint_for_three_workers() {
    let address = free();
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "none", "--logs_exporter", "none", "--metrics_exporter", "prometheus"]);
    run.args(["--exporter_prometheus_port", &address.port().to_string(), "--metric_export_interval", "100"]);
    run.args(["--shim", "off", "--"]).arg(venv("sdk", SDK).join("bin/python")).arg(script("workers.py"));
    let mut run = Process::start_with_stdin(&mut run, Stdio::piped());
    run.until_stdout("ready");

    let accept = "Accept: application/openmetrics-text;version=1.0.0\r\nAccept-Encoding: gzip\r\n";
    let openmetrics = parse("openmetrics", &get(address, accept).text());
    check(&openmetrics, "jobs", "cpu_time_seconds");
    let text = parse("text", &get(address, "").text());
    // Its parser calls the families of counters as OpenMetrics does.
    check(&text, "jobs", "cpu_time_seconds");

    // What only OpenMetrics has.
    assert_eq!(openmetrics["cpu_time_seconds"]["unit"], "seconds");
    assert_eq!(openmetrics["target"]["type"], "info");
    let with_exemplar = |family: &str, suffix: &str| {
        let samples = openmetrics[family]["samples"].as_array().expect("samples");
        samples
            .iter()
            .filter(|sample| sample["name"].as_str().is_some_and(|name| name.ends_with(suffix)))
            .filter(|sample| sample["exemplar"]["trace_id"].as_str().is_some_and(|id| id.len() == 32))
            .count()
    };
    assert_eq!(with_exemplar("jobs", "_total"), 1);
    assert_eq!(with_exemplar("wait_seconds", "_bucket"), 3);

    // Host and process figures are there as well.
    for family in ["system_memory_usage_bytes", "process_cpu_time_seconds", "target_info"] {
        assert!(text[family].is_object(), "{family}");
    }

    drop(run.stdin.take());
    let finished = run.finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    // Each worker's gauge with the counter's name.
    assert!(finished.stderr.contains("prometheus: 1 data points rejected"), "{}", finished.stderr);
    assert!(finished.stderr.contains("3 rejected (partial success)"), "{}", finished.stderr);
}

fn check(families: &Value, jobs: &str, cpu: &str) {
    // The worker that has gone keeps its part: 1 + 2 + 3.
    let name = format!("jobs_total http_method=GET path={NASTY}");
    assert_eq!(samples(families, jobs), pairs([(name.as_str(), 6.0)]));
    assert_eq!(families[jobs]["type"], "counter");
    assert_eq!(families[jobs]["help"], "Jobs \"done\"\nso far \\");
    let scope = &families[jobs]["samples"][0]["labels"];
    assert_eq!(scope["otel_scope_name"], "workers");
    assert_eq!(scope["otel_scope_version"], "1.0");
    assert_eq!(scope["otel_scope_schema_url"], "https://example.org/schema");
    assert_eq!(scope["otel_scope_mascot"], "bear");
    assert_eq!(samples(families, cpu), pairs([("cpu_time_seconds_total ", 4.5)]));

    // Only those that live: 2 + 3, and each of them its own.
    assert_eq!(samples(families, "in_flight"), pairs([("in_flight ", 5.0)]));
    assert_eq!(
        samples(families, "temperature_celsius"),
        pairs([
            ("temperature_celsius service_instance_id=worker-2", 22.5),
            ("temperature_celsius service_instance_id=worker-3", 23.5),
        ])
    );

    let wait = samples(families, "wait_seconds");
    assert_eq!(wait.len(), 16 + 2);
    let below = |le: f64| {
        let number = |name: &str| name.split_once(" le=")?.1.parse::<f64>().ok();
        wait.iter().find(|(name, _)| name.contains("exported_le=taken") && number(name) == Some(le))
    };
    for (le, count) in [(0.0, 0.0), (5.0, 7.0), (10.0, 9.0), (10_000.0, 9.0), (f64::INFINITY, 12.0)] {
        assert_eq!(below(le).map(|(_, count)| *count), Some(count), "{le} of {wait:?}");
    }
    assert_eq!(wait["wait_seconds_count exported_le=taken"], 12.0);

    let size = samples(families, "size_bytes");
    assert_eq!(size["size_bytes_count "], 12.0);
    assert_eq!(size["size_bytes_sum "], 6_006_006.0);
    let zero = size.iter().find(|(name, _)| name.ends_with(" le=0") || name.ends_with(" le=0.0"));
    assert_eq!(zero.map(|(_, count)| *count), Some(3.0), "{size:?}");
}
