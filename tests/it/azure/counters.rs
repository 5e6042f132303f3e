//! Performance counters of the real program, as they arrive at Azure Monitor.

use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::recorder::{Recorder, Seen};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;

const CONNECTION: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const MACHINE: &str = r"\Processor(_Total)\% Processor Time";
const PROCESSOR: &str = r"\Process(??APP_WIN32_PROC??)\% Processor Time";
const NORMALIZED: &str = r"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized";
const PRIVATE: &str = r"\Process(??APP_WIN32_PROC??)\Private Bytes";
const STORAGE: &str = r"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec";
const AVAILABLE: &str = r"\Memory\Available Bytes";

/// `command` under otel-run, whose metrics go to the recorder every half second.
fn watched(recorder: &Recorder, flags: &[&str], command: &[&str]) -> Process {
    let mut run = bare([OTEL_RUN]);
    run.env(CONNECTION, recorder.connection_string());
    run.args(["--metric_export_interval", "500", "--service_name", "watched"]).args(flags);
    Process::start(run.arg("--").args(command))
}

/// All values of each performance counter.
fn counters(seen: &Seen) -> BTreeMap<String, Vec<f64>> {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for envelope in seen.of("MetricData") {
        let metric = &envelope["data"]["baseData"]["metrics"][0];
        let name = metric["name"].as_str().expect("a name");
        if name.starts_with('\\') {
            assert!(matches!(metric["count"].as_u64(), None | Some(1)), "{metric}");
            assert_eq!(envelope["data"]["baseData"]["properties"].as_object().map_or(0, |all| all.len()), 0);
            values.entry(name.to_owned()).or_default().push(metric["value"].as_f64().expect("a value"));
        }
    }
    values
}

fn tag<'a>(envelope: &'a Value, name: &str) -> &'a str {
    envelope["tags"][name].as_str().unwrap_or_default()
}

#[test]
fn a_target_that_works_and_forks() {
    let recorder = Recorder::start();
    let script = "while :; do sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done'; done";
    let run = watched(&recorder, &[], &["sh", "-c", script]);
    let values = counters(&recorder.wait(|seen| counters(seen).get(PROCESSOR).map_or(0, Vec::len) >= 3));
    run.signal(Signal::SIGTERM);
    run.finish();
    // Requests have counters of their own.
    for name in [AVAILABLE, NORMALIZED, PROCESSOR, PRIVATE, MACHINE, STORAGE] {
        assert!(values.contains_key(name), "{name}: {:?}", values.keys());
    }
    assert!(values[PROCESSOR][1..].iter().all(|percent| *percent > 0.0 && *percent < 200.0), "{values:?}");
    for (one, all) in values[PROCESSOR].iter().zip(&values[NORMALIZED]) {
        assert!(all <= one && *all >= 0.0 && *all <= 100.0, "{values:?}");
    }
    assert!(values[MACHINE].iter().all(|percent| (0.0..=100.0).contains(percent)), "{values:?}");
    assert!(values[PRIVATE].iter().all(|bytes| (10_000.0..1e9).contains(bytes)), "{values:?}");
    assert!(values[AVAILABLE].iter().all(|bytes| *bytes > 1e6), "{values:?}");
    assert!(values[STORAGE].iter().all(|rate| *rate >= 0.0), "{values:?}");
}

#[test]
fn a_short_target_has_one_value_of_each_and_nothing_else() {
    let recorder = Recorder::start();
    let ended = watched(&recorder, &[], &["true"]).finish();
    assert!(ended.status.success(), "{ended:?}");
    let seen = recorder.seen();
    let values = counters(&seen);
    assert!(values.contains_key(PROCESSOR) && values.contains_key(PRIVATE), "{values:?}");
    let own = [AVAILABLE, NORMALIZED, PROCESSOR, PRIVATE, MACHINE, STORAGE];
    assert!(own.iter().all(|name| values.get(*name).map_or(0, Vec::len) <= 1), "{values:?}");
    assert_eq!(seen.faults(), Vec::<&str>::new());
    let names =
        seen.of("MetricData").into_iter().map(|envelope| &envelope["data"]["baseData"]["metrics"][0]["name"]);
    let others: Vec<&Value> =
        names.filter(|name| !name.as_str().is_some_and(|name| name.starts_with('\\'))).collect();
    assert_eq!(others, Vec::<&Value>::new(), "no other metrics");
}

#[test]
fn they_may_be_switched_off() {
    let recorder = Recorder::start();
    watched(&recorder, &["--perf_counters", "off"], &["true"]).finish();
    assert_eq!(counters(&recorder.seen()), BTreeMap::new());
}

/// A program that sends one span as SDKs do, with a number of its own as instance.
const SENDER: &str = r#"
import json, os, urllib.request, uuid
name, _, token = os.environ["OTEL_EXPORTER_OTLP_HEADERS"].partition("=")
attribute = lambda key, value: {"key": key, "value": {"stringValue": value}}
pairs = [pair.partition("=") for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",") if pair]
given = {key: value for key, _, value in pairs}
resource = {"service.instance.id": str(uuid.uuid4()), **given, "service.name": os.environ["OTEL_SERVICE_NAME"]}
span = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1800000000000000000", "endTimeUnixNano": "1800000000001000000"}
body = {"resourceSpans": [{"resource": {"attributes": [attribute(*pair) for pair in resource.items()]},
        "scopeSpans": [{"spans": [span]}]}]}
headers = {name: token, "Content-Type": "application/json"}
url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=10).read()
"#;

/// Otherwise the portal shows two instances, one with requests, and one with counters.
#[test]
fn role_and_instance_are_those_of_the_programs_own_telemetry() {
    for flags in [
        &[][..],
        &["--resource_attributes", "service.namespace=shop,host.name=h"],
        &["--resource_attributes", "service.instance.id=one"],
    ] {
        let recorder = Recorder::start();
        let ended = watched(&recorder, flags, &["python3", "-c", SENDER]).finish();
        assert!(ended.status.success(), "{ended:?}");
        let seen = recorder.seen();
        let [request] = seen.of("RequestData")[..] else { panic!("{:?}", seen.envelopes()) };
        let metrics = seen.of("MetricData");
        assert!(metrics.len() >= 3, "{metrics:?}");
        for name in ["ai.cloud.role", "ai.cloud.roleInstance"] {
            assert!(!tag(request, name).is_empty());
            for metric in &metrics {
                assert_eq!(tag(metric, name), tag(request, name), "{flags:?} {metric}");
            }
        }
    }
}
