//! The whole without a network: items in, data points out, the clock under our hand.

use super::configuration::{Complaint, Configuration};
use super::filter::Filter;
use super::identity::Identity;
use super::item::{Field, Item, Kind};
use super::run::{Failure, Reply, Service, run};
use super::state::Mode;
use super::{Live, Vitals};
use crate::export::azure::map::meaning::{Known, Meaning};
use crate::otlp::view::{LogRecord, Span, groups};
use crate::settings;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// An item of a test: its fields, and its attributes as OTLP's JSON.
#[derive(Clone)]
struct Sample {
    kind: Kind,
    weight: f64,
    milliseconds: f64,
    success: bool,
    texts: Vec<(Field, String)>,
    attributes: Vec<(String, Value)>,
}

impl Sample {
    fn new(kind: Kind) -> Sample {
        let texts = Vec::new();
        Sample { kind, weight: 1.0, milliseconds: 0.0, success: true, texts, attributes: Vec::new() }
    }

    fn request(name: &str, milliseconds: f64, code: u16) -> Sample {
        let mut sample = Sample::new(Kind::Request).text(Field::Name, name);
        sample = sample.text(Field::Code, &code.to_string()).text(Field::Url, "http://shop.example/a?b=c");
        Sample { milliseconds, success: code < 400, ..sample }
    }

    fn text(mut self, field: Field, text: &str) -> Sample {
        self.texts.push((field, text.to_owned()));
        self
    }

    fn attribute(mut self, key: &str, value: Value) -> Sample {
        self.attributes.push((key.to_owned(), value));
        self
    }

    /// Does something with the item, which borrows its attributes from encoded bytes.
    fn with<T>(&self, act: impl FnOnce(&Item<'_>) -> T) -> T {
        let attributes: Vec<Value> =
            self.attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let request: ExportLogsServiceRequest = serde_json::from_value(json!({
            "resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": attributes}]}]}]
        }))
        .unwrap();
        let bytes = request.encode_to_vec();
        let message = groups(&bytes).next().unwrap().scopes().next().unwrap().items().next().unwrap();
        let record = LogRecord::read(message).unwrap();
        let text = |wanted: Field| {
            let found = self.texts.iter().find(|(field, _)| *field == wanted);
            found.map(|(_, text)| Cow::Borrowed(text.as_str()))
        };
        act(&Item {
            kind: self.kind,
            weight: self.weight,
            duration: (self.milliseconds * 1e6) as u64,
            success: self.success,
            text: &text,
            attributes: &record.attributes,
            told: &|key| key == "http.route",
        })
    }
}

/// Feeds spans and log records, given as OTLP's JSON.
fn feed(live: &Live, spans: &Value, records: &Value) {
    let settings = settings::fixture::settings(&[(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "InstrumentationKey=11111111-2222-3333-4444-555555555555",
    )]);
    let azure = settings.azure.unwrap();
    let request: ExportTraceServiceRequest =
        serde_json::from_value(json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})).unwrap();
    let bytes = request.encode_to_vec();
    for message in groups(&bytes).flat_map(|group| group.scopes()).flat_map(|scope| scope.items()) {
        let span = Span::read(message).unwrap();
        let known = Known::of(&span.attributes);
        live.span(&span, &known, &Meaning::of(&span, &known, &azure), 1.0);
    }
    let request: ExportLogsServiceRequest =
        serde_json::from_value(json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})).unwrap();
    let bytes = request.encode_to_vec();
    for message in groups(&bytes).flat_map(|group| group.scopes()).flat_map(|scope| scope.items()) {
        live.log(&LogRecord::read(message).unwrap(), &azure, 1.0);
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

#[tokio::test(start_paused = true)]
async fn spans_and_log_records_become_items() {
    let live = live();
    live.watch().await;
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let failed = json!({"code": 2});
    let exception = attributes(&[
        ("exception.type", "ValueError"),
        ("exception.message", "no"),
        ("exception.stacktrace", "at"),
        ("colour", "red"),
    ]);
    let request = json!({"traceId": trace, "spanId": span, "name": "GET /a/{id}", "kind": 2, "status": failed,
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1250000000",
        "attributes": attributes(&[("http.request.method", "GET"), ("http.route", "/a/{id}"), ("url.scheme", "http"),
            ("server.address", "shop.example"), ("url.path", "/a/1"), ("http.response.status_code", "500"),
            ("_MS.sampleRate", "100"), ("tenant", "blue")]),
        "events": [{"name": "exception", "attributes": exception}, {"name": "other", "attributes": exception}]});
    let dependency = json!({"traceId": trace, "spanId": "b7ad6b7169203332", "name": "SELECT shop", "kind": 3,
        "status": failed, "startTimeUnixNano": "5", "endTimeUnixNano": "6",
        "attributes": attributes(&[("db.system.name", "postgresql"), ("db.query.text", "SELECT 1"),
            ("server.address", "db.example"), ("db.namespace", "shop")])});
    let records = json!([
        {"traceId": trace, "spanId": span, "body": {"stringValue": "failed"}, "attributes": exception},
        {"body": {"stringValue": " hello "}, "attributes": attributes(&[("k", "v")])},
        {"attributes": attributes(&[("microsoft.custom_event.name", "checkout"), ("k", "v")])},
        {"body": {"stringValue": "failed otherwise"}, "attributes": attributes(&[("exception.type", "OSError")])},
        {"attributes": attributes(&[("microsoft.availability.id", "1"), ("microsoft.availability.name", "a"),
            ("microsoft.availability.duration", "0.0:0:1"), ("microsoft.availability.success", "true")])},
    ]);
    feed(&live, &json!([request, dependency]), &records);
    tokio::time::advance(Duration::from_secs(1)).await;
    let point = take(&live, None);
    assert_eq!(metric(&point, r"\ApplicationInsights\Exceptions/Sec"), Some((2.0, 1)), "one was told twice");
    assert_eq!(metric(&point, r"\ApplicationInsights\Requests Failed/Sec"), Some((1.0, 1)));
    assert_eq!(metric(&point, r"\ApplicationInsights\Dependency Calls Failed/Sec"), Some((1.0, 1)));
    let properties = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    };
    let documents = point["Documents"].as_array().unwrap();
    let expected = [
        json!({"DocumentType": "Request", "Name": "GET /a/{id}", "Url": "http://shop.example/a/1",
            "ResponseCode": "500", "Duration": "PT0.25S", "Properties": properties(&[("tenant", "blue")])}),
        json!({"DocumentType": "Exception", "ExceptionType": "ValueError", "ExceptionMessage": "no",
            "Properties": properties(&[("colour", "red")])}),
        json!({"DocumentType": "RemoteDependency", "Name": "SELECT shop", "CommandName": "SELECT 1",
            "ResultCode": "0", "Duration": "PT0S", "Properties": []}),
        json!({"DocumentType": "Exception", "ExceptionType": "OSError", "ExceptionMessage": "failed otherwise",
            "Properties": []}),
        json!({"DocumentType": "Trace", "Message": "hello", "Properties": properties(&[("k", "v")])}),
        json!({"DocumentType": "Event", "Name": "checkout", "Properties": properties(&[("k", "v")])}),
    ];
    for (document, mut expected) in documents.iter().zip(expected.clone()) {
        expected["DocumentStreamIds"] = json!([]);
        assert_eq!(*document, expected);
    }
    assert_eq!(documents.len(), expected.len());
    live.unwatch();
    feed(&live, &json!([request]), &records);
    assert_eq!(take(&live, None)["Documents"], json!([]));
}

fn live() -> Arc<Live> {
    Live::new(Identity {
        version: "otelrun0".to_owned(),
        instance: "one".to_owned(),
        role: "shop".to_owned(),
        machine: "host".to_owned(),
        stream: "0123456789abcdef0123456789abcdef".to_owned(),
        web_app: false,
    })
}

fn see(live: &Live, samples: &[Sample]) {
    samples.iter().for_each(|sample| sample.with(|item| live.observe(item)));
}

fn take(live: &Live, vitals: Option<&Vitals>) -> Value {
    let mut points: Vec<Value> = serde_json::from_slice(&live.take(0, vitals)).unwrap();
    assert_eq!(points.len(), 1);
    points.remove(0)
}

/// Value and weight of a metric.
fn metric(point: &Value, name: &str) -> Option<(f64, i64)> {
    let metrics = point["Metrics"].as_array().unwrap();
    let found = metrics.iter().find(|metric| metric["Name"] == name)?;
    Some((found["Value"].as_f64().unwrap(), found["Weight"].as_i64().unwrap()))
}

#[tokio::test(start_paused = true)]
async fn figures_are_rates_and_means_in_their_units() {
    let live = live();
    see(&live, &[Sample::request("unseen", 1.0, 500)]);
    live.watch().await;
    let mut sampled = Sample::request("sampled", 40.0, 200);
    sampled.weight = 4.0;
    let mut failed = Sample::new(Kind::Dependency).text(Field::Name, "SELECT");
    (failed.success, failed.milliseconds) = (false, 7.0);
    see(&live, &[Sample::request("a", 10.0, 200), Sample::request("b", 30.0, 404), sampled, failed]);
    see(&live, &[Sample::new(Kind::Exception), Sample::new(Kind::Trace), Sample::new(Kind::Event)]);
    tokio::time::advance(Duration::from_secs(2)).await;
    let vitals = Vitals { resident_bytes: 5000, cpu_percent: 12.5, top: vec![("python".to_owned(), 25)] };
    let point = take(&live, Some(&vitals));
    for (name, value, weight) in [
        (r"\ApplicationInsights\Requests/Sec", 3.0, 1),
        (r"\ApplicationInsights\Requests Failed/Sec", 0.5, 1),
        (r"\ApplicationInsights\Request Duration", (10.0 + 30.0 + 160.0) / 6.0, 6),
        (r"\ApplicationInsights\Dependency Calls/Sec", 0.5, 1),
        (r"\ApplicationInsights\Dependency Calls Failed/Sec", 0.5, 1),
        (r"\ApplicationInsights\Dependency Call Duration", 7.0, 1),
        (r"\ApplicationInsights\Exceptions/Sec", 0.5, 1),
        (r"\Memory\Committed Bytes", 5000.0, 1),
        (r"\Process\Physical Bytes", 5000.0, 1),
        (r"\Processor(_Total)\% Processor Time", 12.5, 1),
        (r"\% Process\Processor Time Normalized", 12.5, 1),
    ] {
        assert_eq!(metric(&point, name), Some((value, weight)), "{name}");
    }
    assert_eq!(point["TopCpuProcesses"], json!([{"ProcessName": "python", "CpuPercentage": 25}]));
    assert_eq!(point["PerformanceCollectionSupported"], true);

    let quiet = take(&live, None);
    assert_eq!(metric(&quiet, r"\ApplicationInsights\Requests/Sec"), Some((0.0, 1)));
    assert_eq!(metric(&quiet, r"\ApplicationInsights\Request Duration"), Some((0.0, 0)));
    assert_eq!(metric(&quiet, r"\Process\Physical Bytes"), None);
    assert_eq!(quiet["PerformanceCollectionSupported"], false);
    assert_eq!(quiet["Documents"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn who_we_are_is_said_in_every_body() {
    let live = live();
    let ping: Value = serde_json::from_slice(&live.greeting(1_795_222_667_094_789_999)).unwrap();
    let expected = json!({
        "InvariantVersion": 5, "Version": "otelrun0", "Instance": "one", "RoleName": "shop",
        "MachineName": "host", "StreamId": "0123456789abcdef0123456789abcdef",
        "Timestamp": "2026-11-21T00:57:47.094789Z", "TransmissionTime": "2026-11-21T00:57:47.094789Z",
        "IsWebApp": false, "PerformanceCollectionSupported": true
    });
    assert_eq!(ping, expected);
    let post = take(&live, None);
    for key in ["InvariantVersion", "Version", "Instance", "RoleName", "MachineName", "StreamId"] {
        assert_eq!(post[key], expected[key]);
    }
}

#[tokio::test(start_paused = true)]
async fn documents_of_every_kind() {
    let live = live();
    live.watch().await;
    let request = Sample::request("GET /a", 250.0, 503).attribute("http.route", json!({"stringValue": "/a"}));
    let mut request = request.attribute("", json!({"stringValue": "nameless"}));
    for number in 0..12 {
        request = request.attribute(&format!("n{number}"), json!({"intValue": number}));
    }
    let mut dependency = Sample::new(Kind::Dependency)
        .text(Field::Name, "GET /b")
        .text(Field::Data, "http://b.example/b")
        .text(Field::Code, "500");
    (dependency.success, dependency.milliseconds) = (false, 61_000.0);
    let exception = Sample::new(Kind::Exception)
        .text(Field::ExceptionType, "ValueError")
        .text(Field::Message, &"🙂".repeat(20_000))
        .text(Field::StackTrace, "line 1");
    let trace = Sample::new(Kind::Trace).text(Field::Message, "hello \"you\"\u{0}");
    let event =
        Sample::new(Kind::Event).text(Field::Name, "checkout").attribute("ok", json!({"boolValue": true}));
    let good = Sample::request("good", 1.0, 200);
    see(&live, &[event, trace, good, request, dependency, exception]);
    let point = take(&live, None);
    let documents = point["Documents"].as_array().unwrap();
    let properties: Vec<Value> =
        (0..10).map(|n| json!({"key": format!("n{n}"), "value": n.to_string()})).collect();
    assert_eq!(
        documents[0],
        json!({"DocumentType": "Request", "DocumentStreamIds": [], "Name": "GET /a",
            "Url": "http://shop.example/a?b=c", "ResponseCode": "503", "Duration": "PT0.25S", "Properties": properties})
    );
    assert_eq!(
        documents[1],
        json!({"DocumentType": "RemoteDependency", "DocumentStreamIds": [], "Name": "GET /b",
            "CommandName": "http://b.example/b", "ResultCode": "500", "Duration": "PT61S", "Properties": []})
    );
    assert_eq!(documents[2]["DocumentType"], "Exception");
    assert_eq!(documents[2]["ExceptionType"], "ValueError");
    assert_eq!(documents[2]["ExceptionMessage"], "🙂".repeat(16_384));
    assert_eq!(
        documents[3],
        json!({"DocumentType": "Event", "DocumentStreamIds": [], "Name": "checkout",
            "Properties": [{"key": "ok", "value": "true"}]})
    );
    assert_eq!(documents[4]["Message"], "hello \"you\"\u{0}");
    assert_eq!(documents.len(), 5, "a request that went well is not shown");
}

#[tokio::test(start_paused = true)]
async fn the_newest_twenty_failures_first() {
    let live = live();
    live.watch().await;
    let trace = |n: usize| Sample::new(Kind::Trace).text(Field::Message, &format!("t{n}"));
    let failure = |n: usize| Sample::request(&format!("f{n}"), 1.0, 500);
    let samples: Vec<Sample> =
        (0..50).flat_map(|n| [Some(trace(n)), (n % 10 == 0).then(|| failure(n))]).flatten().collect();
    see(&live, &samples);
    let names = |point: &Value| -> Vec<String> {
        let documents = point["Documents"].as_array().unwrap().iter();
        documents
            .map(|document| document["Name"].as_str().or(document["Message"].as_str()).unwrap().to_owned())
            .collect()
    };
    let expected: Vec<String> = ["f0", "f10", "f20", "f30", "f40"]
        .map(str::to_owned)
        .into_iter()
        .chain((35..50).map(|n| format!("t{n}")))
        .collect();
    assert_eq!(names(&take(&live, None)), expected);
    see(&live, &(0..50).map(failure).collect::<Vec<_>>());
    see(&live, &[trace(0)]);
    assert_eq!(names(&take(&live, None)), (30..50).map(|n| format!("f{n}")).collect::<Vec<_>>());
}

#[test]
fn filters() {
    let request = Sample::request("GET /Shop/{id}", 1500.0, 404)
        .attribute("tenant", json!({"stringValue": "Blue"}))
        .attribute("size", json!({"doubleValue": 1.5}))
        .attribute("list", json!({"arrayValue": {"values": [{"stringValue": "needle"}]}}));
    let dependency = Sample::new(Kind::Dependency)
        .text(Field::Target, "db.example|shop")
        .text(Field::Type, "SQL")
        .text(Field::Data, "SELECT 1")
        .text(Field::Code, "0");
    let exception =
        Sample::new(Kind::Exception).text(Field::Message, "no Ärger").text(Field::StackTrace, "at line 7");
    let trace = Sample::new(Kind::Trace).text(Field::Message, "hello");
    let event = Sample::new(Kind::Event).text(Field::Name, "checkout");
    for (sample, field, predicate, comparand, expected) in [
        (&request, "Name", "Equal", "get /shop/{ID}", Some(true)),
        (&request, "Name", "NotEqual", "GET /shop/{id}", Some(false)),
        (&request, "Name", "Contains", "SHOP", Some(true)),
        (&request, "Name", "Contains", "", Some(true)),
        (&request, "Name", "DoesNotContain", "shop", Some(false)),
        (&request, "Url", "Contains", "shop.example", Some(true)),
        (&request, "Url", "Contains", &"x".repeat(1024), Some(false)),
        (&request, "Url", "Contains", &"x".repeat(1025), None),
        (&request, "ResponseCode", "Equal", "404", Some(true)),
        (&request, "ResponseCode", "GreaterThanOrEqual", "400", Some(true)),
        (&request, "ResponseCode", "LessThan", "404", Some(false)),
        (&request, "ResponseCode", "LessThan", "four", None),
        (&request, "ResponseCode", "LessThan", "NaN", None),
        (&request, "Success", "Equal", "False", Some(true)),
        (&request, "Success", "NotEqual", "false", Some(false)),
        (&request, "Success", "Equal", "maybe", None),
        (&request, "Success", "Contains", "true", None),
        (&request, "Duration", "GreaterThan", "0.0:0:1.4", Some(true)),
        (&request, "Duration", "Equal", "0.00:00:01.5000000", Some(true)),
        (&request, "Duration", "LessThanOrEqual", "00:00:01", Some(false)),
        (&request, "Duration", "NotEqual", "14.6:56:7.89", Some(true)),
        (&request, "Duration", "LessThan", "99999999999999.0:0:0", None),
        (&request, "Duration", "LessThan", "1000", None),
        (&request, "Duration", "LessThan", "-0.0:0:1", None),
        (&request, "Duration", "LessThan", "0.0:0:", None),
        (&request, "Duration", "LessThan", "0:0:0:0", None),
        (&request, "Duration", "Contains", "0.0:0:1", None),
        (&request, "CustomDimensions.tenant", "Equal", "blue", Some(true)),
        (&request, "CustomDimensions.Tenant", "Contains", "lu", Some(true)),
        (&request, "CustomDimensions.size", "GreaterThan", "1", Some(true)),
        (&request, "CustomDimensions.tenant", "GreaterThan", "1", Some(false)),
        (&request, "CustomDimensions.missing", "Equal", "x", Some(false)),
        (&request, "CustomDimensions.missing", "NotEqual", "x", Some(true)),
        (&request, "CustomDimensions.missing", "DoesNotContain", "x", Some(true)),
        (&request, "CustomDimensions.missing", "LessThan", "1", Some(false)),
        (&request, "CustomDimensions.", "Equal", "x", None),
        (&request, "CustomMetrics.size", "Equal", "1", None),
        (&request, "*", "Contains", "bLUE", Some(true)),
        (&request, "*", "Contains", "shop.example", Some(true)),
        (&request, "*", "Contains", "needle", Some(true)),
        (&request, "*", "Contains", "nowhere", Some(false)),
        (&request, "*", "DoesNotContain", "blue", Some(false)),
        (&request, "*", "DoesNotContain", "nowhere", Some(true)),
        (&request, "*", "Equal", "Blue", None),
        (&request, "Target", "Equal", "x", None),
        (&request, "Name", "Like", "x", None),
        (&request, "", "Equal", "x", None),
        (&dependency, "Target", "Contains", "|shop", Some(true)),
        (&dependency, "Type", "Equal", "sql", Some(true)),
        (&dependency, "Data", "Contains", "select", Some(true)),
        (&dependency, "ResultCode", "Equal", "0", Some(true)),
        (&dependency, "ResponseCode", "Equal", "0", None),
        (&dependency, "Success", "Equal", "true", Some(true)),
        (&exception, "Exception.Message", "Contains", "äRGER", Some(true)),
        (&exception, "Message", "Equal", "NO ÄRGER", Some(true)),
        (&exception, "Exception.StackTrace", "Contains", "line 7", Some(true)),
        (&exception, "Duration", "GreaterThan", "0:0:0", None),
        (&trace, "Message", "Equal", "Hello", Some(true)),
        (&trace, "Name", "Equal", "x", None),
        (&event, "Name", "NotEqual", "checkin", Some(true)),
    ] {
        let matches = Filter::new(sample.kind, field, predicate, comparand)
            .ok()
            .map(|filter| sample.with(|item| filter.matches(item)));
        assert_eq!(matches, expected, "{field} {predicate} {comparand}");
    }
}

fn filter(field: &str, predicate: &str, comparand: &str) -> Value {
    json!({"FieldName": field, "Predicate": predicate, "Comparand": comparand})
}

fn derived(id: &str, kind: &str, groups: &Value, projection: &str, aggregation: &str) -> Value {
    json!({"Id": id, "TelemetryType": kind, "FilterGroups": groups, "Projection": projection,
        "Aggregation": aggregation, "BackEndAggregation": aggregation})
}

fn configure(live: &Live, etag: &str, configuration: &Value) {
    live.configure(etag, configuration.to_string().as_bytes());
}

#[tokio::test(start_paused = true)]
async fn metrics_of_the_users_own() {
    let live = live();
    live.watch().await;
    let slow = json!([{"Filters": [filter("Duration", "GreaterThan", "0.0:0:0.015"), filter("Success", "Equal", "true")]},
        {"Filters": [filter("Name", "Equal", "b")]}]);
    configure(
        &live,
        "1",
        &json!({"ETag": "1", "QuotaInfo": null, "DocumentStreams": null, "Metrics": [
            derived("count", "Request", &json!([]), "Count()", "Sum"),
            derived("groups", "Request", &slow, "Count()", "Sum"),
            derived("avg", "Request", &json!([{"Filters": []}]), "Duration", "Avg"),
            derived("min", "Request", &Value::Null, "Duration", "Min"),
            derived("max", "Request", &json!([]), "Duration", "Max"),
            derived("size", "Request", &json!([]), "CustomDimensions.size", "Sum"),
            derived("traces", "Trace", &json!([]), "Count()", "Sum"),
            derived("none", "Event", &json!([]), "Count()", "Avg"),
        ]}),
    );
    let mut sampled = Sample::request("a", 40.0, 200).attribute("size", json!({"stringValue": " 2.5 "}));
    sampled.weight = 3.0;
    see(
        &live,
        &[
            sampled,
            Sample::request("b", 20.0, 500).attribute("size", json!({"intValue": 4})),
            Sample::request("c", 10.0, 200).attribute("size", json!({"stringValue": "large"})),
            Sample::request("d", 16.0, 500),
            Sample::new(Kind::Trace),
        ],
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    let point = take(&live, None);
    for (id, value, weight) in [
        ("count", 6.0, 6),
        ("groups", 4.0, 4),
        ("avg", (120.0 + 20.0 + 10.0 + 16.0) / 6.0, 6),
        ("min", 10.0, 6),
        ("max", 40.0, 6),
        ("size", 11.5, 4),
        ("traces", 1.0, 1),
        ("none", 0.0, 0),
    ] {
        assert_eq!(metric(&point, id), Some((value, weight)), "{id}");
    }
    assert_eq!(point["CollectionConfigurationErrors"], json!([]));
    assert_eq!(point["Documents"], json!([]), "no stream, no documents");
    // The same again is nothing new, and nothing is lost; another one begins afresh.
    see(&live, &[Sample::request("a", 1.0, 200)]);
    configure(&live, "1", &json!({"Metrics": []}));
    assert_eq!(metric(&take(&live, None), "count"), Some((1.0, 1)));
    see(&live, &[Sample::request("a", 1.0, 200)]);
    configure(&live, "2", &json!({"Metrics": [derived("new", "Request", &json!([]), "Count()", "Sum")]}));
    let point = take(&live, None);
    assert_eq!((metric(&point, "count"), metric(&point, "new")), (None, Some((0.0, 0))));
    assert_eq!(live.etag(), "2");
    live.unwatch();
    assert_eq!(live.etag(), "");
}

#[tokio::test(start_paused = true)]
async fn documents_go_to_the_streams_that_want_them() {
    let live = live();
    live.watch().await;
    let group =
        |kind: &str, filters: &[Value]| json!({"TelemetryType": kind, "Filters": {"Filters": filters}});
    configure(
        &live,
        "1",
        &json!({"DocumentStreams": [
            {"Id": "failed", "DocumentFilterGroups": [
                group("Request", &[filter("Success", "Equal", "false")]),
                group("Exception", &[])]},
            {"Id": "slow or b", "DocumentFilterGroups": [
                group("Request", &[filter("Duration", "GreaterThan", "0.0:0:1")]),
                group("Request", &[filter("Name", "Equal", "b")])]},
            {"Id": "nothing", "DocumentFilterGroups": [
                group("Request", &[filter("Name", "Equal", "b"), filter("Colour", "Equal", "red")])]},
        ]}),
    );
    see(
        &live,
        &[
            Sample::request("a", 1.0, 200),
            Sample::request("b", 1.0, 500),
            Sample::request("c", 2000.0, 200),
            Sample::new(Kind::Exception),
            Sample::new(Kind::Trace),
        ],
    );
    let point = take(&live, None);
    let documents = point["Documents"].as_array().unwrap().iter();
    let ids: Vec<(Option<&str>, &Value)> =
        documents.map(|d| (d["Name"].as_str(), &d["DocumentStreamIds"])).collect();
    assert_eq!(
        ids,
        [
            (Some("b"), &json!(["failed", "slow or b"])),
            (None, &json!(["failed"])),
            (Some("c"), &json!(["slow or b"]))
        ]
    );
    let errors = point["CollectionConfigurationErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0],
        json!({"CollectionConfigurationErrorType": "DocumentStreamFailureToCreateFilterUnexpected",
            "Message": "no field \"Colour\" in telemetry of type Request", "FullException": "",
            "Data": [{"key": "DocumentStreamInfoId", "value": "nothing"}, {"key": "ETag", "value": "1"}]})
    );
}

#[test]
fn what_cannot_be_applied_is_told_and_the_rest_holds() {
    let good = derived("good", "Request", &json!([]), "Count()", "Sum");
    let bad_filter = json!([{"Filters": [filter("*", "Equal", "x")]}]);
    let stream = |id: &str, kind: &str| json!({"Id": id, "DocumentFilterGroups": [{"TelemetryType": kind, "Filters": null}]});
    let parsed = Configuration::parse(
        "7",
        json!({"ETag": "7", "Metrics": [
            good,
            derived("good", "Request", &json!([]), "Count()", "Sum"),
            derived("counter", "PerformanceCounter", &json!([]), "Count()", "Sum"),
            derived("custom", "Request", &json!([]), "CustomMetrics.x", "Sum"),
            derived("duration", "Trace", &json!([]), "Duration", "Sum"),
            derived("median", "Request", &json!([]), "Count()", "Median"),
            derived("any", "Request", &bad_filter, "Count()", "Sum"),
            derived("", "Request", &json!([]), "Count()", "Sum"),
        ], "DocumentStreams": [
            stream("s", "Request"), stream("s", "Trace"), stream("t", "Metric"), stream(&"x".repeat(300), "Trace"),
        ]})
        .to_string()
        .as_bytes(),
    );
    let kinds: Vec<(&str, &str)> =
        parsed.errors.iter().map(|error| (error.kind, error.about.as_ref().unwrap().1.as_str())).collect();
    let long = "x".repeat(64);
    assert_eq!(
        kinds,
        [
            ("MetricDuplicateIds", "good"),
            ("MetricTelemetryTypeUnsupported", "counter"),
            ("MetricFailureToCreate", "custom"),
            ("MetricFailureToCreate", "duration"),
            ("MetricFailureToCreate", "median"),
            ("MetricFailureToCreateFilterUnexpected", "any"),
            ("MetricFailureToCreate", ""),
            ("DocumentStreamDuplicateIds", "s"),
            ("DocumentStreamFailureToCreate", "t"),
            ("DocumentStreamFailureToCreate", &long),
        ]
    );
    assert_eq!(parsed.metrics.iter().map(|metric| metric.id.as_str()).collect::<Vec<_>>(), ["good"]);
    let streams: Vec<String> = parsed.streams.unwrap().into_iter().map(|stream| stream.id).collect();
    assert_eq!(streams, ["s", "t"]);
}

#[test]
fn nothing_that_is_sent_harms() {
    for body in ["", "null", "\"x\"", "{\"Metrics\": 5}", "{\"Metrics\": [5]}", "{", "\u{0}"] {
        let parsed = Configuration::parse("e", body.as_bytes());
        let [Complaint { kind, about: None, .. }] = &parsed.errors[..] else { panic!("{body}: {parsed:?}") };
        assert_eq!(*kind, "CollectionConfigurationFailureToCreateUnexpected");
        assert_eq!((parsed.etag.as_str(), parsed.metrics.len()), ("e", 0));
    }
    let nothing = Configuration::parse("e", b"{\"Metrics\":null,\"DocumentStreams\":null,\"Unknown\":{}}");
    assert_eq!((nothing.errors.len(), nothing.streams), (0, Some(Vec::new())));
    let deep = format!("{{\"Metrics\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Configuration::parse("e", deep.as_bytes()).errors.len(), 1);
    let filters = |count: usize| json!([{"Filters": vec![filter("Name", "Equal", "x"); count]}]);
    let metrics: Vec<Value> =
        (0..1000).map(|n| derived(&n.to_string(), "Request", &filters(20), "Count()", "Sum")).collect();
    let many = Configuration::parse("e", json!({ "Metrics": metrics }).to_string().as_bytes());
    assert_eq!((many.metrics.len(), many.errors.len()), (512 / 21, 32));
    let metrics: Vec<Value> =
        (0..1000).map(|n| derived(&n.to_string(), "Request", &json!([]), "Count()", "Sum")).collect();
    let many = Configuration::parse("e", json!({ "Metrics": metrics }).to_string().as_bytes());
    assert_eq!((many.metrics.len(), many.errors.len()), (64, 1));
}

/// A service that answers by a script, and remembers when it was asked what.
struct Script {
    answers: VecDeque<Option<Reply>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Asked {
    /// Since the start, in milliseconds.
    at: u128,
    mode: Mode,
    etag: String,
    body: Bytes,
}

impl Service for (Script, Instant) {
    async fn exchange(&mut self, mode: Mode, etag: &str, body: Bytes) -> Result<Reply, Failure> {
        let (script, start) = self;
        let asked = Asked { at: start.elapsed().as_millis(), mode, etag: etag.to_owned(), body };
        script.asked.lock().unwrap().push(asked);
        match script.answers.pop_front() {
            Some(answer) => answer.ok_or_else(|| Failure::new("no".to_owned())),
            // The script is at its end.
            None => std::future::pending().await,
        }
    }
}

fn said(subscribed: bool, etag: &str, body: &str) -> Option<Reply> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Some(Reply { subscribed, etag: Some(etag.to_owned()), hint: None, body })
}

/// Runs a script to its end. `at_post` happens at each post but the first, before it is made.
async fn play(answers: Vec<Option<Reply>>, live: &Arc<Live>) -> Vec<Asked> {
    let wanted = answers.len() + 1;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let script = Script { answers: answers.into(), asked: asked.clone() };
    let task = tokio::spawn(run(live.clone(), (script, Instant::now())));
    while asked.lock().unwrap().len() < wanted {
        tokio::time::sleep(Duration::from_millis(100)).await;
        see(live, &[Sample::request("steady", 100.0, 200)]);
    }
    task.abort();
    let asked = asked.lock().unwrap();
    asked.clone()
}

#[tokio::test(start_paused = true)]
async fn somebody_comes_wishes_and_leaves() {
    let live = live();
    let wish = json!({"Metrics": [derived("mine", "Request", &json!([]), "Count()", "Sum")]}).to_string();
    let asked = play(
        vec![
            said(false, "0", "not looked at"),
            said(true, "1", &wish),
            said(true, "1", ""),
            said(true, "2", ""),
            said(true, "2", "{}"),
            said(false, "2", ""),
        ],
        &live,
    )
    .await;
    let times: Vec<(u128, Mode, &str)> = asked.iter().map(|a| (a.at, a.mode, a.etag.as_str())).collect();
    assert_eq!(
        times,
        [
            (0, Mode::Ping, ""),
            (5000, Mode::Ping, ""),
            (6000, Mode::Post, "1"),
            (7000, Mode::Post, "1"),
            // An etag without its configuration was not taken.
            (8000, Mode::Post, "1"),
            (9000, Mode::Post, "2"),
            (14_000, Mode::Ping, ""),
        ]
    );
    for (post, mine) in [(2, true), (3, true), (4, true), (5, false)] {
        let points: Vec<Value> = serde_json::from_slice(&asked[post].body).unwrap();
        let (rate, _) = metric(&points[0], r"\ApplicationInsights\Requests/Sec").unwrap();
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        assert_eq!(metric(&points[0], r"\ApplicationInsights\Request Duration").unwrap().0, 100.0);
        assert_eq!(metric(&points[0], "mine").is_some(), mine);
    }
    assert!(!live.is_watched());
    let ping: Value = serde_json::from_slice(&asked[6].body).unwrap();
    assert!(ping.get("Metrics").is_none() && ping.get("Documents").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_away_is_asked_less_and_less_and_found_again() {
    let live = live();
    let mut answers = vec![said(true, "1", "{}")];
    answers.extend(vec![None; 40]);
    answers.push(said(true, "1", "{}"));
    answers.push(said(true, "1", ""));
    let asked = play(answers, &live).await;
    let seconds: Vec<u128> = asked.iter().map(|a| a.at / 1000).collect();
    // Posts each second until second 20, pings each five until second 60, then each minute.
    let mut expected = vec![0];
    expected.extend(1..=20);
    expected.extend((25..=60).step_by(5));
    let mut at = 60;
    while expected.len() < asked.len() - 2 {
        at += 60;
        expected.push(at);
    }
    expected.extend([at + 1, at + 2]);
    assert_eq!(seconds, expected);
    assert!(asked[1..=20].iter().all(|a| a.mode == Mode::Post && a.etag == "1"));
    assert!(asked[21..=41].iter().all(|a| a.mode == Mode::Ping && a.etag.is_empty()));
    assert_eq!(asked[42].mode, Mode::Post);
    assert!(live.is_watched());
    live.stop();
    assert!(!live.is_watched());
}

#[tokio::test(start_paused = true)]
async fn the_processes_are_looked_at_only_while_somebody_watches() {
    let live = live();
    let looks = Arc::new(Mutex::new(0));
    let counted = looks.clone();
    live.look_with(move || {
        *counted.lock().unwrap() += 1;
        Some(Vitals { resident_bytes: 1, ..Vitals::default() })
    });
    play(vec![said(false, "", ""); 3], &live).await;
    assert_eq!(*looks.lock().unwrap(), 0);
    let asked =
        play(vec![said(true, "", ""), said(true, "", ""), said(false, "", ""), said(false, "", "")], &live)
            .await;
    // One to begin with, and one for each of two posts.
    assert_eq!(*looks.lock().unwrap(), 3);
    let points: Vec<Value> = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(metric(&points[0], r"\Process\Physical Bytes"), Some((1.0, 1)));
}

#[tokio::test]
async fn a_look_that_hangs_or_fails_holds_nothing_up() {
    let live = live();
    let (release, held) = std::sync::mpsc::channel::<()>();
    live.look_with(move || {
        let _ = held.recv();
        None
    });
    assert_eq!(live.vitals().await, None);
    assert_eq!(live.vitals().await, None);
    drop(release);
    let live = super::tests::live();
    live.look_with(|| panic!("a mistake"));
    assert_eq!(live.vitals().await, None);
    assert_eq!(live.vitals().await, None);
}
