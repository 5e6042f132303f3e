//! Figures that the launcher counts itself, with the real program: standard metrics, counters of
//! requests, and cumulative metrics across the death of an agent.

use crate::support::process::{Finished, OTEL_RUN, Process, bare, children, name_of};
use crate::support::recorder::{Recorder, Seen};
use nix::sys::signal::{Signal as Sign, kill};
use nix::unistd::Pid;
use otel_run::otlp::{Signal, json};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A program that sends these requests, one whenever it is told to, under otel-run.
struct Program {
    recorder: Recorder,
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Program {
    fn new(requests: &[(Signal, Value)]) -> Program {
        let folder = TempDir::new().expect("a folder");
        let write = |(number, (signal, request)): (usize, &(Signal, Value))| {
            let path = folder.path().join(format!("{}-{number}", signal.name()));
            let bytes = json::decode(*signal, request.to_string().as_bytes()).expect("OTLP/JSON");
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let files = requests.iter().enumerate().map(write).collect();
        Program { recorder: Recorder::start(), folder, files }
    }

    fn start(&self, flags: &[&str]) -> Process {
        let send = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py");
        let script = r#"send=$1; shift; for file; do read go; python3 "$send" "$file"; done"#;
        let mut command = bare([OTEL_RUN]);
        command.current_dir(self.folder.path()).args(["--shim", "off", "--host_metrics", "off"]);
        command.args(["--connection_string", &self.recorder.connection_string()]);
        command.args(["--service_name", "shop"]).args(flags);
        command.args(["--", "sh", "-c", script, "sh", send]).args(&self.files);
        Process::start_with_stdin(&mut command, Stdio::piped())
    }

    /// Sends everything, one after the other.
    fn run(&self, flags: &[&str]) -> Finished {
        let mut process = self.start(flags);
        go(&mut process, self.files.len());
        process.finish()
    }

    /// The metrics that arrived.
    fn metrics(&self, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
        let seen = self.recorder.seen();
        assert_eq!(seen.faults(), Vec::<&str>::new());
        metrics(&seen, wanted)
    }
}

fn go(process: &mut Process, times: usize) {
    let stdin = process.stdin.as_mut().expect("a pipe");
    stdin.write_all("\n".repeat(times).as_bytes()).expect("it reads");
}

/// Data points whose names are wanted, each with its properties.
fn metrics(seen: &Seen, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let data = seen.of("MetricData").into_iter().map(|envelope| &envelope["data"]["baseData"]);
    data.map(|data| {
        let mut point = data["metrics"][0].clone();
        point["properties"] = data["properties"].clone();
        point
    })
    .filter(|point| point["name"].as_str().is_some_and(&wanted))
    .collect()
}

fn attributes(pairs: &[(&str, Value)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn resource() -> Value {
    json!({"attributes": attributes(&[
        ("service.name", json!({"stringValue": "shop"})), ("service.instance.id", json!({"stringValue": "one"})),
    ])})
}

/// Server spans of 10 ms each, every tenth of them failed; and for each a call of a database.
fn spans(count: u64) -> Value {
    let span = |number: u64, kind: u64, pairs: &[(&str, Value)]| {
        json!({
            // Spread like the ids of life.
            "traceId": format!("{:032x}", u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128)),
            "spanId": format!("{:016x}", number * 2 + kind), "name": "s", "kind": kind,
            "startTimeUnixNano": "1795000000000000000", "endTimeUnixNano": "1795000000010000000",
            "attributes": attributes(pairs),
        })
    };
    let pair = |number: u64| {
        let code = if number.is_multiple_of(10) { "500" } else { "200" };
        let text = |value: &str| json!({"stringValue": value});
        let server =
            [("http.request.method", text("GET")), ("http.response.status_code", json!({"intValue": code}))];
        let client = [("db.system.name", text("postgresql")), ("server.address", text("db"))];
        [span(number, 2, &server), span(number, 3, &client)]
    };
    let spans: Vec<Value> = (0..count).flat_map(pair).collect();
    json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [{"spans": spans}]}]})
}

fn of_metric(metric: Value) -> Value {
    json!({"resourceMetrics": [{"resource": resource(), "scopeMetrics": [{"metrics": [metric]}]}]})
}

fn is_standard(name: &str) -> bool {
    matches!(name, "requests/duration" | "dependencies/duration")
}

fn total<'a>(points: impl IntoIterator<Item = &'a Value>, field: &str) -> f64 {
    points.into_iter().map(|point| point[field].as_f64().expect("a number")).sum()
}

#[test]
fn charts_are_exact_though_spans_are_sampled() {
    let program = Program::new(&[(Signal::Traces, spans(300)), (Signal::Traces, spans(100))]);
    let sampled = ["--traces_sampler", "microsoft.fixed_percentage", "--traces_sampler_arg", "0.25"];
    let finished = program.run(&sampled);
    assert!(finished.status.success(), "{finished:?}");
    let points = program.metrics(is_standard);
    let of = |metric: &str, success: &str| {
        let is = |point: &&Value| {
            let properties = &point["properties"];
            let said = properties.get("Request.Success").or(properties.get("Dependency.Success"));
            properties["_MS.MetricId"] == metric && said == Some(&json!(success))
        };
        let points: Vec<&Value> = points.iter().filter(is).collect();
        (total(points.iter().copied(), "count"), total(points.iter().copied(), "value"))
    };
    assert_eq!(of("requests/duration", "True"), (360.0, 3600.0));
    assert_eq!(of("requests/duration", "False"), (40.0, 400.0));
    assert_eq!(of("dependencies/duration", "True"), (400.0, 4000.0));
    for point in &points {
        let properties = &point["properties"];
        assert_eq!(
            [
                &properties["cloud/roleName"],
                &properties["cloud/roleInstance"],
                &properties["_MS.IsAutocollected"]
            ],
            [&json!("shop"), &json!("one"), &json!("True")]
        );
    }
    let seen = program.recorder.seen();
    let requests = seen.of("RequestData");
    assert!((1..200).contains(&requests.len()), "sampled: {}", requests.len());
    for request in requests {
        // The service does not count them once more.
        let mark = &request["data"]["baseData"]["properties"]["_MS.ProcessedByMetricExtractors"];
        assert!(mark.is_string(), "{request}");
        assert_eq!(request["sampleRate"], 25);
    }
}

#[test]
fn requests_are_counted_for_the_performance_counters() {
    let program = Program::new(&[(Signal::Traces, spans(50))]);
    assert!(program.run(&[]).status.success());
    let time = program.metrics(|name| name.ends_with(r"\Request Execution Time"));
    assert_eq!((total(&time, "count"), total(&time, "value")), (50.0, 500.0));
    let rates = program.metrics(|name| name.ends_with(r"\Requests/Sec"));
    assert!(total(&rates, "value") > 0.0, "{rates:?}");
    assert!(rates.iter().all(|rate| rate["properties"] == json!({})), "{rates:?}");
}

#[test]
fn nothing_is_counted_when_it_is_switched_off() {
    uncounted(&["--standard_metrics", "off", "--perf_counters", "off"]);
}

/// Who samples and does not say how much would be counted wrong.
#[test]
fn nothing_is_counted_when_nobody_knows_what_was_left_out() {
    uncounted(&["--traces_sampler", "xray", "--perf_counters", "off"]);
}

fn uncounted(flags: &[&str]) {
    let program = Program::new(&[(Signal::Traces, spans(10))]);
    assert!(program.run(flags).status.success());
    let ours = |name: &str| is_standard(name) || name.starts_with('\\');
    assert_eq!(program.metrics(ours), Vec::<Value>::new());
    let seen = program.recorder.seen();
    let requests = seen.of("RequestData");
    assert_eq!(requests.len(), 10);
    for request in requests {
        let properties = &request["data"]["baseData"]["properties"];
        assert!(properties.get("_MS.ProcessedByMetricExtractors").is_none(), "the service counts them");
    }
}

#[test]
fn without_spans_sdks_have_measured() {
    let point = json!({
        "timeUnixNano": "1795000000000000000", "count": "3", "sum": 0.75, "min": 0.1, "max": 0.5,
        "attributes": attributes(&[("http.response.status_code", json!({"intValue": "404"}))]),
    });
    let histogram = json!({"aggregationTemporality": 1, "dataPoints": [point]});
    let metric = json!({"name": "http.server.request.duration", "unit": "s", "histogram": histogram});
    let program = Program::new(&[(Signal::Metrics, of_metric(metric))]);
    assert!(program.run(&["--traces_exporter", "none", "--perf_counters", "off"]).status.success());
    let is_http = |name: &str| name.starts_with("http.");
    let points = program.metrics(is_http);
    assert_eq!(points.len(), 1);
    assert_eq!((&points[0]["value"], &points[0]["count"]), (&json!(750), &json!(3)));
    assert_eq!(points[0]["properties"]["_MS.MetricId"], "requests/duration");
    assert_eq!(points[0]["properties"]["Request.Success"], "False");
    // With spans it is a metric like any other.
    let flags = ["--perf_counters", "off", "--resource_detectors", "none"];
    assert!(program.run(&flags).status.success());
    let points = program.metrics(is_http);
    assert_eq!(points.len(), 2);
    assert_eq!(points[1]["value"], 0.75);
    assert_eq!(points[1]["properties"], json!({"http.response.status_code": "404"}));
}

/// What the first agent has told, the second does not tell again.
#[test]
fn an_agent_that_dies_costs_no_counter_its_meaning() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let start = now - Duration::from_secs(60);
    let counter = |number: u64, value: u64| {
        let time = now + Duration::from_secs(number);
        let point = json!({
            "startTimeUnixNano": start.as_nanos().to_string(), "timeUnixNano": time.as_nanos().to_string(),
            "asInt": value.to_string(),
        });
        let sum = json!({"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point]});
        (Signal::Metrics, of_metric(json!({"name": "orders", "sum": sum})))
    };
    let program = Program::new(&[counter(1, 1000), counter(2, 1003), counter(3, 1010)]);
    let mut process = program.start(&["--perf_counters", "off"]);
    let is_orders = |name: &str| name == "orders";
    go(&mut process, 1);
    drop(program.recorder.wait(|seen| metrics(seen, is_orders).len() == 1));
    let agent = children(process.pid).into_iter().find(|child| name_of(*child) == "otel-agent");
    kill(Pid::from_raw(agent.expect("an agent")), Sign::SIGKILL).expect("killed");
    process.until_stderr("the agent was restarted");
    go(&mut process, 2);
    let finished = process.finish();
    let values: Vec<f64> =
        program.metrics(is_orders).iter().filter_map(|point| point["value"].as_f64()).collect();
    assert_eq!(values, [1000.0, 7.0], "{}", finished.stderr);
}
