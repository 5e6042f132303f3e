use super::*;
use crate::account::Account;
use crate::export::azure::map::Mapper;
use crate::export::azure::map::fixture::{self, Collected};
use crate::export::{Exporter, Outcome, Parcel};
use crate::settings::QueueSettings;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const MINUTE: Duration = Duration::from_secs(60);

/// Hands on what a sender delivers.
struct Hand(UnboundedSender<Batch>);

impl Exporter for Hand {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        parcel.batches.iter().for_each(|batch| self.0.send(batch.clone()).expect("the test listens"));
        Outcome::DELIVERED
    }
}

/// A watch, and what it tells as metrics.
struct Told {
    watch: Arc<Watch>,
    told: UnboundedReceiver<Batch>,
}

impl Told {
    fn start(settings: AzureSettings) -> Told {
        let (hand, told) = unbounded_channel();
        let queue = QueueSettings {
            max_bytes: 1 << 20,
            max_items: None,
            parcel_bytes: 1 << 20,
            parcel_items: None,
            delay: Duration::ZERO,
        };
        let watch = Watch::start(settings, None, MINUTE);
        watch.tell_to(Sender::start(Hand(hand), queue, Account::new().ledger("azure")));
        Told { watch, told }
    }

    /// Without performance counters.
    fn standard() -> Told {
        Told::start(AzureSettings { perf_counters: false, ..fixture::settings() })
    }

    /// Without standard metrics.
    fn counters() -> Told {
        Told::start(AzureSettings { standard_metrics: false, ..fixture::settings() })
    }

    fn see(&self, signal: Signal, request: &Json) {
        self.watch.observe(&fixture::batch(signal, request));
    }

    /// The next that is told, as its envelopes: name, numbers, properties; in the order of their text.
    async fn next(&mut self) -> Vec<Json> {
        let batch = self.told.recv().await.expect("the sender is there");
        let mut collected = Collected::default();
        Mapper::new(fixture::settings()).map(&batch, &mut collected);
        assert_eq!(collected.left_out, []);
        let point = |envelope: &Json| {
            let data = &envelope["data"]["baseData"];
            let mut point = data["metrics"][0].clone();
            point["properties"] = data["properties"].clone();
            point
        };
        let mut points: Vec<Json> = collected.envelopes.iter().map(point).collect();
        points.sort_by_key(Json::to_string);
        points
    }

    /// Nothing is told within an hour.
    async fn nothing(&mut self) -> bool {
        tokio::time::timeout(60 * MINUTE, self.told.recv()).await.is_err()
    }
}

/// A request of spans of one resource.
fn spans(service: &str, spans: Json) -> Json {
    let resource = fixture::attributes(json!({"service.name": service, "service.instance.id": "i"}));
    json!({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": spans}]}]})
}

/// A span of so many milliseconds.
fn span(kind: u64, milliseconds: u64, attributes: Json) -> Json {
    json!({
        "traceId": "00000000000000000000000000000001", "spanId": "0000000000000002", "name": "s", "kind": kind,
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": (1_000_000_000 + milliseconds * 1_000_000).to_string(),
        "attributes": fixture::attributes(attributes),
    })
}

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

fn http(code: u64) -> Json {
    json!({"http.request.method": "GET", "http.response.status_code": code})
}

fn requests(code: &str, success: &str, [count, value, min, max]: [f64; 4]) -> Json {
    json!({
        "name": "requests/duration", "count": count as u64, "value": whole(value), "min": whole(min), "max": whole(max),
        "properties": {
            "_MS.MetricId": "requests/duration", "_MS.IsAutocollected": "True", "cloud/roleName": "shop",
            "cloud/roleInstance": "i", "request/resultCode": code, "Request.Success": success,
        },
    })
}

/// As it is written: whole numbers without a fraction.
fn whole(value: f64) -> Json {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}

#[tokio::test(start_paused = true)]
async fn durations_by_result() {
    let mut told = Told::standard();
    told.see(
        Signal::Traces,
        &spans("shop", json!([span(SERVER, 10, http(200)), span(SERVER, 500, http(503))])),
    );
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 31, http(200))])));
    let expected = [
        requests("503", "False", [1.0, 500.0, 500.0, 500.0]),
        requests("200", "True", [2.0, 41.0, 10.0, 31.0]),
    ];
    assert_eq!(told.next().await, expected);
    // Each is told once, and silence not at all.
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 7, http(200))])));
    assert_eq!(told.next().await, [requests("200", "True", [1.0, 7.0, 7.0, 7.0])]);
    assert!(told.nothing().await);
}

#[tokio::test(start_paused = true)]
async fn dependencies_by_target_and_type() {
    let mut told = Told::standard();
    let query = json!({"db.system.name": "postgresql", "server.address": "db", "db.namespace": "shop"});
    told.see(Signal::Traces, &spans("shop", json!([span(CLIENT, 4, query.clone()), span(CLIENT, 2, query)])));
    let expected = json!([{
        "name": "dependencies/duration", "count": 2, "value": 6, "min": 2, "max": 4,
        "properties": {
            "_MS.MetricId": "dependencies/duration", "_MS.IsAutocollected": "True", "cloud/roleName": "shop",
            "cloud/roleInstance": "i", "dependency/resultCode": "0", "Dependency.Success": "True",
            "Dependency.Type": "postgresql", "dependency/target": "db|shop",
        },
    }]);
    assert_eq!(json!(told.next().await), expected);
}

#[tokio::test(start_paused = true)]
async fn robots_are_told_apart() {
    let mut told = Told::standard();
    let mut attributes = http(200);
    attributes["user_agent.synthetic.type"] = json!("bot");
    told.see(
        Signal::Traces,
        &spans("shop", json!([span(SERVER, 1, attributes), span(SERVER, 1, http(200))])),
    );
    let synthetic: Vec<Json> =
        told.next().await.iter().map(|point| point["properties"]["operation/synthetic"].clone()).collect();
    assert_eq!(synthetic.len(), 2);
    assert!(synthetic.contains(&json!("True")) && synthetic.contains(&Json::Null));
}

#[tokio::test(start_paused = true)]
async fn what_an_sdk_left_out_counts_too() {
    let mut told = Told::standard();
    let mut attributes = http(200);
    attributes["_MS.sampleRate"] = json!(25.0);
    told.see(
        Signal::Traces,
        &spans("shop", json!([span(SERVER, 10, attributes), span(SERVER, 20, http(200))])),
    );
    assert_eq!(told.next().await, [requests("200", "True", [5.0, 60.0, 10.0, 20.0])]);
}

#[tokio::test(start_paused = true)]
async fn roles_are_told_apart_and_processes_of_one_role_are_not() {
    let mut told = Told::standard();
    for service in ["shop", "bank"] {
        told.see(Signal::Traces, &spans(service, json!([span(SERVER, 1, http(200))])));
    }
    // Another process of the same role and instance.
    let mut other = spans("shop", json!([span(SERVER, 1, http(200))]));
    let process = fixture::attributes(json!({"process.pid": 7}));
    let attributes = other["resourceSpans"][0]["resource"]["attributes"].as_array_mut().unwrap();
    attributes.extend(process.as_array().unwrap().iter().cloned());
    told.see(Signal::Traces, &other);
    let counts: Vec<(Json, Json)> = told
        .next()
        .await
        .iter()
        .map(|point| (point["properties"]["cloud/roleName"].clone(), point["count"].clone()))
        .collect();
    assert_eq!(counts.len(), 2);
    assert!(counts.contains(&(json!("bank"), json!(1))) && counts.contains(&(json!("shop"), json!(2))));
}

#[tokio::test(start_paused = true)]
async fn too_many_series_are_one() {
    let mut told = Told::standard();
    let many = |range: std::ops::Range<u64>| -> Json {
        range.map(|n| span(CLIENT, 1, json!({"peer.service": format!("service-{n}")}))).collect()
    };
    told.see(Signal::Traces, &spans("shop", many(0..1500)));
    let points = told.next().await;
    assert_eq!(points.len(), 1001);
    let other: Vec<&Json> =
        points.iter().filter(|point| point["properties"]["dependency/target"] == "other").collect();
    assert_eq!(other.len(), 1);
    assert_eq!(
        (&other[0]["count"], &other[0]["properties"]["Dependency.Type"]),
        (&json!(500), &json!("other"))
    );
    // The next interval has room again.
    told.see(Signal::Traces, &spans("shop", many(1400..1500)));
    assert_eq!(told.next().await.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_last_interval_is_told_at_the_end_and_nothing_after_it() {
    let mut told = Told::standard();
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 5, http(200))])));
    told.watch.finish();
    assert_eq!(told.next().await, [requests("200", "True", [1.0, 5.0, 5.0, 5.0])]);
    told.watch.finish();
    assert!(told.nothing().await);
}

#[tokio::test(start_paused = true)]
async fn an_end_without_anything_new_tells_nothing() {
    let mut told = Told::counters();
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 5, http(200))])));
    told.next().await;
    told.watch.finish();
    assert!(told.nothing().await);
}

fn figure<'a>(points: &'a [Json], name: &str) -> Option<&'a Json> {
    points.iter().find(|point| point["name"].as_str().is_some_and(|known| known.ends_with(name)))
}

#[tokio::test(start_paused = true)]
async fn requests_per_second_and_their_time() {
    let mut told = Told::counters();
    let of_spans: Json = (0..30).map(|n| span(SERVER, n, http(200))).collect();
    told.see(Signal::Traces, &spans("shop", of_spans));
    told.see(Signal::Traces, &spans("shop", json!([span(CLIENT, 1000, http(200))])));
    let points = told.next().await;
    assert_eq!(points.len(), 3);
    let rate = figure(&points, r"\Requests/Sec").unwrap();
    assert_eq!(
        (&rate["name"], &rate["value"]),
        (&json!(r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"), &json!(0.5))
    );
    assert_eq!(rate["properties"], json!({}));
    let time = figure(&points, r"\Request Execution Time").unwrap();
    assert_eq!(
        (&time["value"], &time["count"], &time["min"], &time["max"]),
        (&json!(435), &json!(30), &json!(0), &json!(29))
    );
    let exceptions = figure(&points, r"\# of Exceps Thrown / sec").unwrap();
    assert_eq!(exceptions["name"], r"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec");
    assert_eq!(exceptions["value"], 0);
    // A server without requests has a rate too, but no time.
    let points = told.next().await;
    assert_eq!(figure(&points, r"\Requests/Sec").unwrap()["value"], 0);
    assert!(figure(&points, r"\Request Execution Time").is_none());
}

#[tokio::test(start_paused = true)]
async fn exceptions_per_second() {
    let mut told = Told::counters();
    let thrown = |kind: &str| fixture::attributes(json!({"exception.type": kind, "exception.message": "m"}));
    let mut failed = span(SERVER, 1, http(500));
    failed["events"] = json!([
        {"name": "exception", "attributes": thrown("A")},
        {"name": "exception", "attributes": thrown("B")},
        {"name": "other", "attributes": thrown("C")},
    ]);
    told.see(Signal::Traces, &spans("shop", json!([failed])));
    let trace = "00000000000000000000000000000001";
    let record =
        |span: &str, kind: &str| json!({"traceId": trace, "spanId": span, "attributes": thrown(kind)});
    told.see(Signal::Logs, &json!({"resourceLogs": [{
        "resource": {"attributes": fixture::attributes(json!({"service.name": "shop", "service.instance.id": "i"}))},
        "scopeLogs": [{"logRecords": [
            // Told by the event already.
            record("0000000000000002", "A"),
            record("0000000000000003", "A"),
            record("", "A"), record("", "A"),
            {"body": {"stringValue": "no exception"}},
        ]}],
    }]}));
    let points = told.next().await;
    assert_eq!(figure(&points, r"\# of Exceps Thrown / sec").unwrap()["value"], whole(5.0 / 60.0));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_an_interval_has_its_own_rate() {
    let mut told = Told::counters();
    tokio::time::sleep(Duration::from_secs(10)).await;
    told.see(Signal::Traces, &spans("shop", (0..30).map(|_| span(SERVER, 1, http(200))).collect()));
    told.watch.finish();
    assert_eq!(figure(&told.next().await, r"\Requests/Sec").unwrap()["value"], 3);
}

#[tokio::test(start_paused = true)]
async fn counters_of_a_role_end_when_it_is_silent_for_long() {
    let mut told = Told::counters();
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 5, http(200))])));
    let mut intervals = 0;
    while tokio::time::timeout(10 * MINUTE, told.told.recv()).await.is_ok() {
        intervals += 1;
    }
    assert_eq!(intervals, 61);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_counted_when_nothing_is_wanted() {
    let nothing = AzureSettings { standard_metrics: false, perf_counters: false, ..fixture::settings() };
    let mut told = Told::start(nothing);
    told.see(Signal::Traces, &spans("shop", json!([span(SERVER, 5, http(200))])));
    told.watch.finish();
    assert!(told.nothing().await);
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_passed_over() {
    let mut told = Told::standard();
    // Ends before it starts, has an impossible rate, and a code that is none.
    let mut strange = span(
        SERVER,
        1,
        json!({
            "http.request.method": "GET", "http.response.status_code": "teapot", "_MS.sampleRate": -5.0,
        }),
    );
    strange["endTimeUnixNano"] = json!("1");
    told.see(Signal::Traces, &spans("shop", json!([strange])));
    let points = told.next().await;
    assert_eq!((&points[0]["count"], &points[0]["value"]), (&json!(1), &json!(0)));
    let broken = Batch::from_protobuf(Signal::Traces, vec![10, 6, 18, 4, 18, 2, 56, 1].into()).unwrap();
    assert_eq!(broken.items(), 1);
    told.watch.observe(&broken);
    assert!(told.nothing().await);
}

#[tokio::test(start_paused = true)]
async fn roles_are_bounded_and_so_is_what_they_say_of_themselves() {
    let mut told = Told::standard();
    told.see(Signal::Traces, &spans(&"long".repeat(1000), json!([span(SERVER, 1, http(200))])));
    let name = told.next().await[0]["properties"]["cloud/roleName"].as_str().unwrap().len();
    assert_eq!(name, 256);
    told.see(Signal::Traces, &spans(&"x".repeat(100_000), json!([span(SERVER, 1, http(200))])));
    for number in 0..300 {
        told.see(Signal::Traces, &spans(&format!("role-{number}"), json!([span(SERVER, 1, http(200))])));
    }
    assert_eq!(told.next().await.len(), 250);
    // Those that were too many are not, in the next interval.
    told.see(Signal::Traces, &spans("role-299", json!([span(SERVER, 1, http(200))])));
    assert_eq!(told.next().await.len(), 1);
}

/// What is read to count a span is enough: it is counted as it is exported.
#[test]
fn what_is_needed_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/azure");
    let settings = fixture::settings();
    let brief = AzureSettings { raw_path_names: false, ..settings.clone() };
    let mut spans = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if !path.to_string_lossy().ends_with(".otlp.json") {
            continue;
        }
        let request: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        if request.get("resourceSpans").is_none() {
            continue;
        }
        let batch = fixture::batch(Signal::Traces, &request);
        let scopes = view::groups(batch.bytes()).flat_map(|group| group.scopes());
        for item in scopes.flat_map(|scope| scope.items()) {
            let counted = |span: Span<'_>, settings: &AzureSettings| {
                let known = Known::of(&span.attributes);
                let meaning = Meaning::of(&span, &known, settings);
                let rate = applied_rate(&span.attributes, &span.trace_state);
                let seen = Seen { span: &span, known: &known, meaning: &meaning, weight: 100.0 / rate };
                let mut standard = standard::Standard::default();
                standard.add(&seen, &mut 0);
                (standard.take().collect::<Vec<_>>(), span.events.len())
            };
            let whole = counted(Span::read(item).unwrap(), &settings);
            assert_eq!(
                counted(Span::read_some(item, is_needed).unwrap(), &brief),
                whole,
                "{}",
                path.display()
            );
            spans += 1;
        }
    }
    assert!(spans > 100, "{spans}");
}
