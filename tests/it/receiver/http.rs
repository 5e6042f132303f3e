//! OTLP/HTTP.

use super::door::{Door, TOKEN};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otel_run::otlp::Signal;
use prost::Message;

/// A request of `count` spans.
pub(super) fn spans(count: usize) -> Vec<u8> {
    let span = |n: usize| Span {
        trace_id: vec![7; 16],
        span_id: (n as u64 + 1).to_be_bytes().to_vec(),
        name: format!("span {n}"),
        ..Span::default()
    };
    let scope = ScopeSpans { spans: (0..count).map(span).collect(), ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

#[test]
fn takes_protobuf_as_it_is() {
    let door = Door::open();
    let body = spans(3);
    let reply = door.post("/v1/traces", &[], &body);
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b""[..]));
    assert_eq!(reply.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(door.delivered(1), [(Signal::Traces, body)]);
    assert_eq!(door.account.lines()[0], "account: received 3 spans");
}

#[test]
fn takes_json() {
    let door = Door::open();
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"hello"}]}]}]}"#;
    let reply = door.post("/v1/traces", &[("content-type", "application/json; charset=utf-8")], json);
    assert_eq!((reply.status, reply.text().as_str()), (200, "{}"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let (_, bytes) = door.delivered(1).remove(0);
    let request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
    assert_eq!(request.resource_spans[0].scope_spans[0].spans[0].name, "hello");
}

#[test]
fn wants_the_token() {
    let door = Door::open();
    for token in ["-", "", &TOKEN[..31], &TOKEN.to_uppercase()] {
        let reply = door.post("/v1/traces", &[("x-otel-run-token", token)], &spans(1));
        assert_eq!(reply.status, 401, "{token}");
    }
    assert_eq!(door.account.lines(), ["account: refused 4 traces requests (wrong token)"]);
}

#[test]
fn a_full_queue_asks_to_come_again() {
    let door = Door::full();
    assert_eq!(door.post("/v1/traces", &[], &spans(1)).status, 200);
    let reply = door.post("/v1/traces", &[], &spans(1));
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
    let lines = door.account.lines();
    assert_eq!(lines[0], "account: received 1 spans");
    assert_eq!(lines[1], "account: refused 1 traces requests (queue full)");
}
