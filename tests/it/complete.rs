//! What a built-in shim sends, by hand, through the front door of the real program: what comes out
//! behind it, and what is counted.

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::recorder::Recorder;
use crate::support::sink::Sink;
use otel_run::otlp::{Batch, Decoded, Signal, json};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// Flags of a span that is sampled, and of one that is not.
const SAMPLED: u64 = 0x101;
const UNSAMPLED: u64 = 0x100;

/// A program that sends requests under otel-run, and ends.
struct Program {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Program {
    fn new() -> Program {
        Program { folder: TempDir::new().expect("a folder"), files: Vec::new() }
    }

    /// Spans as a shim sends them.
    fn raw(self, spans: &[Value]) -> Program {
        self.with("traces-raw", &request("otel_run.asgi", spans))
    }

    /// The same bytes, from somebody else.
    fn plain(self, spans: &[Value]) -> Program {
        self.with("traces", &request("otel_run.asgi", spans))
    }

    fn with(mut self, name: &str, bytes: &[u8]) -> Program {
        let path = self.folder.path().join(format!("{name}-{}", self.files.len()));
        std::fs::write(&path, bytes).expect("written");
        self.files.push(path);
        self
    }

    fn run(&self, flags: &[&str]) -> Finished {
        let send = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py");
        let mut command =
            bare([OTEL_RUN, "--shim", "off", "--host_metrics", "off", "--logs_exporter", "none"]);
        command.args(flags).args(["--", "python3", send]).args(&self.files);
        let finished = Process::start(&mut command).finish();
        assert!(finished.status.success(), "{finished:?}");
        finished
    }
}

fn request(scope: &str, spans: &[Value]) -> Vec<u8> {
    let resource =
        json!({"attributes": attributes(&json!({"service.name": "shop", "service.instance.id": "one"}))});
    let scopes = json!([{"scope": {"name": scope}, "spans": spans}]);
    let request = json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]});
    json::decode(Signal::Traces, request.to_string().as_bytes()).expect("OTLP/JSON").to_vec()
}

fn attributes(map: &Value) -> Value {
    let pairs = map.as_object().expect("a map").iter();
    pairs
        .map(|(key, value)| match value {
            Value::Number(number) => json!({"key": key, "value": {"intValue": number}}),
            value => json!({"key": key, "value": {"stringValue": value}}),
        })
        .collect()
}

/// A span of 30 ms without a name. Spread like the ids of life.
fn span(number: u64, kind: u64, flags: u64, map: &Value) -> Value {
    let trace = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128);
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{:016x}", number + 1), "kind": kind, "flags": flags,
        "startTimeUnixNano": "1795000000000000000", "endTimeUnixNano": "1795000000030000000",
        "attributes": attributes(map),
    })
}

fn order(number: u64, flags: u64) -> Value {
    let raw = json!({
        "http.request.method": "GET", "url.path": "/orders/7", "url.scheme": "http", "http.route": "/orders/{id}",
        "http.response.status_code": 200, "network.protocol.version": "1.1", "network.peer.address": "127.0.0.1",
        "otel_run.host": "shop.example", "otel_run.x_forwarded_for": "192.0.2.7",
    });
    span(number, SERVER, flags, &raw)
}

fn query(number: u64) -> Value {
    let raw =
        json!({"db.system.name": "sqlite", "db.query.text": "SELECT * FROM orders WHERE note = 'secret'"});
    span(number, CLIENT, SAMPLED, &raw)
}

/// The documents that a console prints, one after the other, without what the program says.
fn documents(text: &str) -> Vec<Value> {
    let text = text.replace("sent\n", "");
    serde_json::Deserializer::from_str(&text).into_iter().map(|document| document.expect("JSON")).collect()
}

/// The points of our metrics: their names, attributes and counts.
fn points(documents: &[Value]) -> Vec<(String, Value, u64)> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let groups = documents.iter().flat_map(|document| list(document, "resource_metrics"));
    let scopes = groups.flat_map(|group| list(&group, "scope_metrics"));
    let ours = scopes.filter(|scope| scope["scope"]["name"] == "otel_run.requests");
    let metrics = ours.flat_map(|scope| list(&scope, "metrics"));
    let points = metrics.flat_map(|metric| {
        let name = metric["name"].as_str().expect("a name").to_owned();
        let points = list(&metric["data"], "data_points").into_iter();
        points.map(move |point| {
            (name.clone(), point["attributes"].clone(), point["count"].as_u64().expect("a count"))
        })
    });
    points.collect()
}

fn server_attributes() -> Value {
    json!({
        "http.request.method": "GET", "url.scheme": "http", "http.route": "/orders/{id}",
        "http.response.status_code": 200, "network.protocol.version": "1.1",
    })
}

fn query_attributes() -> Value {
    json!({
        "db.system.name": "sqlite", "db.collection.name": "orders", "db.operation.name": "SELECT",
        "db.query.summary": "SELECT orders",
    })
}

#[test]
fn raw_spans_are_completed_and_counted() {
    let spans = [order(1, SAMPLED), order(2, UNSAMPLED), query(3)];
    let program = Program::new().raw(&spans).raw(&[order(4, UNSAMPLED)]);
    let finished = program.run(&["--traces_exporter", "console", "--metrics_exporter", "console", "-v"]);
    let documents = documents(&finished.stdout);
    let spans: Vec<&Value> = documents.iter().filter(|document| document.get("kind").is_some()).collect();
    let [request, query] = spans.as_slice() else { panic!("two are sampled: {spans:?}") };
    assert_eq!(request["name"], "GET /orders/{id}");
    let expected = json!({
        "http.request.method": "GET", "url.path": "/orders/7", "url.scheme": "http", "http.route": "/orders/{id}",
        "http.response.status_code": 200, "network.protocol.version": "1.1", "network.peer.address": "127.0.0.1",
        "server.address": "shop.example", "server.port": 80, "client.address": "192.0.2.7",
    });
    assert_eq!(request["attributes"], expected);
    assert_eq!(query["name"], "SELECT orders");
    assert_eq!(query["attributes"]["db.query.text"], "SELECT * FROM orders WHERE note = ?");
    assert!(!finished.stdout.contains("secret"));

    let mut points = points(&documents);
    points.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("db.client.operation.duration".to_owned(), query_attributes(), 1),
        ("http.server.request.duration".to_owned(), server_attributes(), 3),
    ];
    assert_eq!(points, expected);
    let account = finished.stderr;
    assert!(account.contains("account: received 4 spans\n"), "{account}");
    assert!(account.contains("console: 2 of 4 spans delivered, 2 left out (not sampled)\n"), "{account}");
}

#[test]
fn they_are_counted_where_nobody_wants_spans() {
    let program = Program::new().raw(&[order(1, SAMPLED), order(2, UNSAMPLED)]);
    let finished = program.run(&["--traces_exporter", "none", "--metrics_exporter", "console", "-v"]);
    let expected = [("http.server.request.duration".to_owned(), server_attributes(), 2)];
    assert_eq!(points(&documents(&finished.stdout)), expected);
    assert!(finished.stderr.contains("account: received 2 spans\n"), "{}", finished.stderr);
    // And nothing at all where nobody wants metrics either.
    let finished = program.run(&["--traces_exporter", "none", "--metrics_exporter", "none"]);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("sent\n", ""));
}

#[test]
fn figures_go_on_from_report_to_report() {
    let program = Program::new().raw(&[order(1, SAMPLED)]);
    for (preference, again) in [("cumulative", true), ("delta", false)] {
        let flags = [
            "--traces_exporter",
            "none",
            "--metrics_exporter",
            "console",
            "--metric_export_interval",
            "100",
            "--exporter_otlp_metrics_temporality_preference",
            preference,
        ];
        let send = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py");
        let mut command =
            bare([OTEL_RUN, "--shim", "off", "--host_metrics", "off", "--logs_exporter", "none"]);
        command
            .args(flags)
            .args(["--", "sh", "-c", "python3 \"$0\" \"$1\"; read go", send])
            .args(&program.files);
        let mut process = Process::start_with_stdin(&mut command, std::process::Stdio::piped());
        process.until_stdout("http.server.request.duration");
        let lines = process.until_stdout("\n}\n").matches('\n').count();
        // Nothing new: a cumulative figure is told again.
        if again {
            process.until_lines(2 * lines);
        }
        drop(process.stdin.take());
        let points = points(&documents(&process.finish().stdout));
        assert!(points.iter().all(|(_, _, count)| *count == 1), "{points:?}");
        assert_eq!(points.len() > 1, again, "{preference}: {points:?}");
    }
}

/// The histograms of requests follow the same settings as those of the program's SDK.
#[test]
fn histograms_and_exemplars_are_of_the_kind_that_is_wanted() {
    let program = Program::new().raw(&[order(1, SAMPLED), order(2, UNSAMPLED)]);
    let metric = |flags: &[&str]| {
        let finished = program
            .run(&[&["--traces_exporter", "none", "--metrics_exporter", "otlp/stdout"], flags].concat());
        let line = finished.stdout.lines().find(|line| line.starts_with('{')).expect("a line").to_owned();
        let request: Value = serde_json::from_str(&line).expect("JSON");
        request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0].clone()
    };
    let traces = |point: &Value| -> Vec<String> {
        let exemplars = point["exemplars"].as_array().cloned().unwrap_or_default();
        exemplars.iter().map(|exemplar| exemplar["spanId"].as_str().expect("an id").to_owned()).collect()
    };
    let plain = &metric(&[])["histogram"]["dataPoints"][0];
    assert_eq!((&plain["count"], traces(plain)), (&json!("2"), vec!["0000000000000002".to_owned()]));
    assert_eq!(plain["explicitBounds"].as_array().map(Vec::len), Some(14));

    let aggregation = "--exporter_otlp_metrics_default_histogram_aggregation";
    let wanted = metric(&[
        aggregation,
        "base2_exponential_bucket_histogram",
        "--metrics_exemplar_filter",
        "always_on",
    ]);
    let point = &wanted["exponentialHistogram"]["dataPoints"][0];
    assert_eq!((&wanted["unit"], &point["count"], &point["scale"]), (&json!("s"), &json!("2"), &json!(20)));
    assert_eq!(point["positive"]["bucketCounts"], json!(["2"]));
    assert_eq!(traces(point), ["0000000000000002", "0000000000000003"]);
    let silent = metric(&["--metrics_exemplar_filter", "always_off"]);
    assert_eq!(traces(&silent["histogram"]["dataPoints"][0]), Vec::<String>::new());
}

/// What another one sends is nobody's business here, though it look like a shim's.
#[test]
fn without_the_header_everything_passes_byte_for_byte() {
    let sink = Sink::start();
    let url = sink.url();
    let flags = "--traces_exporter otlp --metrics_exporter console --resource_detectors none".split(' ');
    let flags: Vec<&str> = flags.chain(["--exporter_otlp_endpoint", &url]).collect();
    let spans = [order(1, SAMPLED), order(2, UNSAMPLED), query(3)];
    let finished = Program::new().plain(&spans).run(&flags);
    assert_eq!(points(&documents(&finished.stdout)), [], "nothing is counted");
    let sent = request("otel_run.asgi", &spans);
    let [arrived] = sink.seen().requests.clone().try_into().map_err(|_| "one").expect("one request");
    assert_eq!(arrived.plain, sent);
}

/// The application's own scopes are only asked whether their spans are sampled.
#[test]
fn the_applications_own_spans_pass_beside_those_of_the_shim() {
    let sink = Sink::start();
    let url = sink.url();
    let flags = ["--traces_exporter", "otlp", "--exporter_otlp_endpoint", &url, "--metrics_exporter", "none"];
    let own = request("checkout", &[order(1, SAMPLED), order(2, UNSAMPLED)]);
    let both = [own.as_slice(), &request("otel_run.wsgi", &[order(3, SAMPLED)])].concat();
    Program::new().with("traces-raw", &both).run(&flags);
    let [arrived] = sink.seen().requests.clone().try_into().map_err(|_| "one").expect("one request");
    let Ok(Decoded::Traces(request)) = arrived.batch.decoded() else { panic!("not traces") };
    let names: Vec<(&str, Vec<&str>)> = request
        .resource_spans
        .iter()
        .flat_map(|group| &group.scope_spans)
        .map(|scope| {
            let name = scope.scope.as_ref().map_or("", |scope| scope.name.as_str());
            (name, scope.spans.iter().map(|span| span.name.as_str()).collect())
        })
        .collect();
    assert_eq!(names, [("checkout", vec![""]), ("otel_run.wsgi", vec!["GET /orders/{id}"])]);
}

/// In Azure Monitor: what requests and dependencies there were, from spans, once; the histogram of
/// the conventions is a metric of its own.
#[test]
fn azure_counts_them_once_and_samples_them_itself() {
    let spans: Vec<Value> =
        (0..100).map(|number| order(number, if number < 40 { UNSAMPLED } else { SAMPLED })).collect();
    let program = Program::new().raw(&spans);
    let figures = |flags: &[&str]| {
        let recorder = Recorder::start();
        let connection = recorder.connection_string();
        let mut all = vec!["--connection_string", &connection];
        all.extend(flags);
        let finished = program.run(&all);
        let seen = recorder.seen();
        assert_eq!(seen.faults(), Vec::<&str>::new(), "{}", finished.stderr);
        let metrics = seen.of("MetricData").into_iter().map(|envelope| &envelope["data"]["baseData"]);
        let counts: Vec<(String, u64)> = metrics
            .map(|data| {
                let name = data["properties"].get("_MS.MetricId").unwrap_or(&data["metrics"][0]["name"]);
                (
                    name.as_str().unwrap_or_default().to_owned(),
                    data["metrics"][0]["count"].as_u64().unwrap_or(1),
                )
            })
            .collect();
        let count = |wanted: &str| {
            let of = counts.iter().filter(|(name, _)| name.ends_with(wanted)).map(|(_, count)| count);
            of.sum::<u64>()
        };
        let requests = seen.of("RequestData");
        if let Some(request) = requests.first() {
            let data = &request["data"]["baseData"];
            assert_eq!(data["name"], "GET /orders/{id}");
            assert_eq!(data["url"], "http://shop.example/orders/7");
            assert_eq!(request["tags"]["ai.location.ip"], "192.0.2.7");
        }
        [
            requests.len() as u64,
            count("requests/duration"),
            count(r"\Request Execution Time"),
            count("http.server.request.duration"),
        ]
    };
    assert_eq!(figures(&[]), [60, 100, 100, 100]);
    let [kept, counted, executed, _] =
        figures(&["--traces_sampler", "microsoft.fixed_percentage", "--traces_sampler_arg", "0.25"]);
    assert!((1..50).contains(&kept), "{kept}");
    assert_eq!((counted, executed), (100, 100));
    // Without spans, the standard metric is made of the histogram.
    assert_eq!(figures(&["--traces_exporter", "none"]), [0, 100, 0, 0]);
    assert_eq!(figures(&["--metrics_exporter", "none"]), [60, 0, 0, 0]);
}

/// Nobody knows what is in a span that cannot be read: it is not passed on, and costs no other one.
#[test]
fn what_cannot_be_read_is_dropped_and_told() {
    let sink = Sink::start();
    let url = sink.url();
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8], bytes].concat();
    // The attribute's key claims to be longer than what is there.
    let span = field(9, b"\x0a\x7furl.full https://ann:hunter2@h/");
    let scope = [field(1, &field(1, b"otel_run.wsgi")), field(2, &span)].concat();
    let broken = field(1, &field(2, &scope));
    let both = [request("otel_run.asgi", &[order(1, SAMPLED)]), broken].concat();
    let flags =
        ["--traces_exporter", "otlp", "--exporter_otlp_endpoint", &url, "--metrics_exporter", "none", "-v"];
    let finished = Program::new().with("traces-raw", &both).run(&flags);
    let [arrived] = sink.seen().requests.clone().try_into().map_err(|_| "one").expect("one request");
    assert_eq!(arrived.batch.items(), 1);
    assert!(!String::from_utf8_lossy(&arrived.plain).contains("hunter2"));
    let told = finished.stderr;
    assert!(told.contains("account: received 2 spans\n"), "{told}");
    assert!(told.contains("otlp: 1 of 2 spans delivered, 1 dropped (malformed)\n"), "{told}");
    assert!(told.contains("1 spans of a shim cannot be read and are dropped"), "{told}");
}

/// A request is refused for what is wrong with it, whoever sends it.
#[test]
fn what_is_malformed_is_refused() {
    let send = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py");
    let mut bytes = request("otel_run.asgi", &[order(1, SAMPLED)]);
    bytes.truncate(bytes.len() - 1);
    assert!(Batch::from_protobuf(Signal::Traces, bytes.clone().into()).is_err());
    let program = Program::new().with("traces-raw", &bytes);
    let mut command =
        bare([OTEL_RUN, "--shim", "off", "--traces_exporter", "console", "--metrics_exporter", "none"]);
    command.args(["--logs_exporter", "none", "--", "python3", send]).args(&program.files);
    let finished = Process::start(&mut command).finish();
    assert!(!finished.status.success());
    assert!(finished.stderr.contains("HTTP Error 400"), "{}", finished.stderr);
    assert_eq!(finished.stdout, "");
}
