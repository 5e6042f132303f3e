//! What prost writes, the views read.

use super::*;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::json;

fn group(bytes: &[u8]) -> (Resource<'_>, Scope<'_>, Vec<&[u8]>) {
    let group = groups(bytes).next().unwrap();
    let scope = group.scopes().next().unwrap();
    (group.resource().unwrap(), scope.scope().unwrap(), scope.items().collect())
}

#[test]
fn spans() {
    let request: ExportTraceServiceRequest = serde_json::from_value(json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{
            "scope": {"name": "fastapi", "version": "1.2"},
            "spans": [{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "parentSpanId": "00f067aa0ba902b7", "traceState": "a=b", "flags": 769, "name": "GET /", "kind": 2,
                "startTimeUnixNano": "5", "endTimeUnixNano": "12",
                "attributes": [
                    {"key": "n", "value": {"intValue": "-7"}},
                    {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "x"}, {"boolValue": true}]}}},
                    {"key": "map", "value": {"kvlistValue": {"values": [{"key": "d", "value": {"doubleValue": 1.5}}]}}}
                ],
                "events": [{"timeUnixNano": "6", "name": "e", "attributes": []}],
                "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "attributes": []}],
                "status": {"code": 2, "message": "no"}
            }]
        }]
    }]}))
    .unwrap();
    let bytes = request.encode_to_vec();
    let (resource, scope, items) = group(&bytes);
    assert_eq!(resource.attributes.get("service.name").and_then(Value::as_text), Some("shop"));
    assert_eq!((scope.name.as_ref(), scope.version.as_ref()), ("fastapi", "1.2"));
    let span = Span::read(items[0]).unwrap();
    assert_eq!((span.trace_id.len(), span.span_id.len(), span.is_root()), (16, 8, false));
    assert_eq!((span.name.as_ref(), span.kind, span.duration()), ("GET /", SpanKind::Server, 7));
    assert_eq!((span.flags & 1, span.parent_is_remote(), span.is_local_root()), (1, Some(true), true));
    assert_eq!((span.status, span.status_message.as_ref()), (Status::Error, "no"));
    assert_eq!(span.attributes.get("n"), Some(&Value::Int(-7)));
    let Some(Value::Array(list)) = span.attributes.get("list") else { panic!("{:?}", span.attributes) };
    assert_eq!(elements(list).collect::<Vec<_>>(), [Value::Text("x".into()), Value::Bool(true)]);
    let Some(Value::Map(map)) = span.attributes.get("map") else { panic!("{:?}", span.attributes) };
    assert_eq!(entries(map).collect::<Vec<_>>(), [("d".into(), Value::Double(1.5))]);
    let event = Event::read(span.events[0]).unwrap();
    assert_eq!((event.time, event.name.as_ref()), (6, "e"));
    assert_eq!(Link::read(span.links[0]).unwrap().span_id, span.span_id);
}

#[test]
fn log_records() {
    let request: ExportLogsServiceRequest = serde_json::from_value(json!({"resourceLogs": [{
        "resource": {"attributes": []},
        "scopeLogs": [{"logRecords": [{
            "timeUnixNano": "3", "observedTimeUnixNano": "4", "severityNumber": 17, "severityText": "ERROR",
            "body": {"stringValue": "no"}, "attributes": [{"key": "k", "value": {"boolValue": false}}],
            "flags": 1, "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
            "eventName": "checkout"
        }]}]
    }]}))
    .unwrap();
    let bytes = request.encode_to_vec();
    let record = LogRecord::read(group(&bytes).2[0]).unwrap();
    assert_eq!((record.time, record.observed, record.severity, record.flags), (3, 4, 17, 1));
    assert_eq!((record.body.as_text(), record.event_name.as_ref()), (Some("no"), "checkout"));
    assert_eq!((record.trace_id.len(), record.span_id.len()), (16, 8));
    assert_eq!(record.attributes.get("k"), Some(&Value::Bool(false)));
}

#[test]
fn metrics() {
    let attributes = json!([{"key": "k", "value": {"stringValue": "v"}}]);
    let request: ExportMetricsServiceRequest = serde_json::from_value(json!({"resourceMetrics": [{
        "resource": {"attributes": []},
        "scopeMetrics": [{"metrics": [
            {"name": "g", "unit": "s", "gauge": {"dataPoints": [{"asDouble": 0.5, "timeUnixNano": "9", "attributes": attributes}]}},
            {"name": "s", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [
                {"asInt": "-3", "startTimeUnixNano": "8", "timeUnixNano": "9", "attributes": attributes}]}},
            {"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [
                {"count": "2", "sum": 3.0, "min": 1.0, "max": 2.0, "bucketCounts": ["2"], "explicitBounds": [],
                 "timeUnixNano": "9", "attributes": attributes, "flags": 1}]}},
            {"name": "e", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [
                {"count": "2", "sum": 3.0, "min": 1.0, "max": 2.0, "scale": 3, "zeroCount": "0", "zeroThreshold": 0.0,
                 "positive": {"offset": 1, "bucketCounts": ["1"]}, "negative": {"offset": 0, "bucketCounts": []},
                 "timeUnixNano": "9", "attributes": attributes}]}},
            {"name": "q", "summary": {"dataPoints": [
                {"count": "2", "sum": 3.0, "quantileValues": [{"quantile": 0.0, "value": 1.0}, {"quantile": 1.0, "value": 2.0}],
                 "timeUnixNano": "9", "attributes": attributes}]}}
        ]}]
    }]}))
    .unwrap();
    let bytes = request.encode_to_vec();
    let metrics: Vec<_> = group(&bytes).2.into_iter().map(|message| Metric::read(message).unwrap()).collect();
    let distribution = Figure::Distribution { count: 2, sum: Some(3.0), min: Some(1.0), max: Some(2.0) };
    use {MetricKind::*, Temporality::*};
    for (metric, (name, kind, temporality, figure, stale)) in metrics.iter().zip([
        ("g", Gauge, Unspecified, Figure::Double(0.5), false),
        ("s", Sum, Cumulative, Figure::Int(-3), false),
        ("h", Histogram, Delta, distribution, true),
        ("e", ExponentialHistogram, Delta, distribution, false),
        ("q", Summary, Unspecified, distribution, false),
    ]) {
        let point = metric.points().next().unwrap().unwrap();
        assert_eq!((metric.name.as_ref(), metric.kind, metric.temporality), (name, kind, temporality));
        assert_eq!((point.figure, point.time, point.stale), (figure, 9, stale), "{name}");
        assert_eq!(point.attributes.get("k").and_then(Value::as_text), Some("v"), "{name}");
    }
    assert!(metrics[1].monotonic && metrics[0].unit == "s" && metrics.len() == 5);
}

#[test]
fn malformed_items_are_errors() {
    assert!(Span::read(b"\x2a\x7f").is_err());
    assert!(Span::read(b"\x28\x01").is_err());
    assert!(LogRecord::read(b"\x2a\x02\x0a\x05").is_err());
    assert!(Metric::read(b"\x0a").is_err());
    assert_eq!(Value::read(b"\x0a\x01\xff").unwrap(), Value::Text("\u{fffd}".into()));
}
