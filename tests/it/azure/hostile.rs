//! Whatever comes in, what goes out is what the service wants, and nothing panics.

use super::golden::{Case, Collected, cases};
use otel_run::account::Loss;
use otel_run::export::azure::map::{Mapper, Sink};
use otel_run::otlp::{Batch, Signal, json};
use serde_json::{Value, json};

/// Counts items beside checking envelopes.
#[derive(Default)]
struct Counted {
    collected: Collected,
    items: u64,
}

impl Sink for Counted {
    fn envelope(&mut self, json: &[u8], items: u64) {
        self.items += items;
        self.collected.envelope(json, items);
    }

    fn left_out(&mut self, _: Loss, items: u64) {
        self.items += items;
    }
}

/// A generator of numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn spoiled(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match numbers.below(4) {
            0 => bytes[at] = numbers.below(256) as u8,
            1 => bytes[at] ^= 1 << numbers.below(8),
            2 => bytes[at] = [0, 0x7f, 0x80, 0xff][numbers.below(4)],
            _ => {
                let other = numbers.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    bytes
}

#[test]
fn spoiled_requests() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut mapped = 0;
    for name in cases() {
        let case = Case::read(&name);
        let (signal, bytes) = case.request();
        for _ in 0..20 {
            // What is no request at all the receiver has refused before.
            let Ok(batch) = Batch::from_protobuf(signal, spoiled(&bytes, &mut numbers).into()) else {
                continue;
            };
            let mut counted = Counted::default();
            Mapper::new(case.settings()).map(&batch, &mut counted);
            assert!(counted.items <= batch.items(), "{name}: {} of {}", counted.items, batch.items());
            mapped += 1;
        }
    }
    assert!(mapped > 300, "only {mapped} could be mapped");
}

fn mapped(span: Value) -> Vec<Value> {
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
    let bytes = json::decode(Signal::Traces, request.to_string().as_bytes()).expect("OTLP/JSON");
    let batch = Batch::from_protobuf(Signal::Traces, bytes).expect("a request");
    let mut counted = Counted::default();
    Mapper::new(Case::read("internal-tree").settings()).map(&batch, &mut counted);
    assert_eq!(counted.items, 1);
    counted.collected.0
}

fn attribute(key: &str, value: Value) -> Value {
    json!({"key": key, "value": value})
}

#[test]
fn spans_without_anything() {
    for kind in 0..=9 {
        let envelopes = mapped(json!({"kind": kind}));
        assert_eq!(envelopes.len(), 1);
        assert_eq!(envelopes[0]["data"]["baseData"]["id"], "0000000000000000");
        assert!(envelopes[0]["tags"].get("ai.operation.id").is_none());
    }
}

#[test]
fn spans_with_too_much() {
    let long = "é🙂\"\\\n".repeat(6_000);
    let names = [
        "http.request.method",
        "http.route",
        "url.full",
        "url.scheme",
        "server.address",
        "peer.service",
        "db.system.name",
        "db.namespace",
        "db.query.text",
        "messaging.system",
        "messaging.destination.name",
        "rpc.system",
        "rpc.grpc.status_code",
        "http.response.status_code",
        "gen_ai.system",
        "az.namespace",
        "session.id",
        "enduser.id",
        "user.id",
        "client.address",
        "user_agent.original",
        "ai.operation.id",
        "ai.operation.name",
        "ai.location.ip",
        "ai.session.isFirst",
        "_MS.ProcessedByMetricExtractors",
        "microsoft.custom_measurements",
        "gen_ai.input.messages",
    ];
    for kind in 1..=5 {
        for some in [&names[..], &names[6..], &names[9..], &names[11..]] {
            let mut attributes: Vec<Value> =
                some.iter().map(|name| attribute(name, json!({"stringValue": long}))).collect();
            attributes.push(attribute(&long, json!({"stringValue": long})));
            let event = json!({"name": long, "attributes": attributes.clone()});
            let exception = ["exception.type", "exception.message", "exception.stacktrace"]
                .map(|name| attribute(name, json!({"stringValue": long})));
            let span = json!({
                "traceId": "ab".repeat(300), "spanId": "cd".repeat(300), "parentSpanId": "ef", "kind": kind, "name": long,
                "startTimeUnixNano": u64::MAX.to_string(), "endTimeUnixNano": "1", "attributes": attributes,
                "events": [event, {"name": "exception", "attributes": exception}],
                "status": {"code": 2, "message": long}
            });
            assert_eq!(mapped(span).len(), 3);
        }
    }
}

#[test]
fn values_of_every_kind_where_text_is_meant() {
    let values = [
        json!({}),
        json!({"stringValue": ""}),
        json!({"boolValue": true}),
        json!({"intValue": i64::MIN.to_string()}),
        json!({"intValue": i64::MAX.to_string()}),
        json!({"doubleValue": "NaN"}),
        json!({"doubleValue": "Infinity"}),
        json!({"doubleValue": -1e300}),
        json!({"bytesValue": "AP8="}),
        json!({"arrayValue": {"values": [{"kvlistValue": {"values": [{"key": "k", "value": {}}]}}]}}),
    ];
    let names = [
        "http.request.method",
        "http.response.status_code",
        "url.full",
        "server.address",
        "server.port",
        "db.system",
        "messaging.system",
        "rpc.system",
        "rpc.grpc.status_code",
        "gen_ai.system",
        "az.namespace",
        "enduser.id",
        "client.address",
        "user_agent.original",
        "ai.operation.name",
        "microsoft.custom_measurements",
        "_MS.sampleRate",
        "microsoft.sample_rate",
        "exception.type",
        "exception.stacktrace",
        "microsoft.custom_event.name",
        "own",
    ];
    for value in &values {
        for kind in [2, 3] {
            let all: Vec<Value> = names.iter().map(|name| attribute(name, value.clone())).collect();
            for first in ["server.port", "rpc.grpc.status_code"] {
                // As the only one that is right beside what is wrong.
                let method = attribute("http.request.method", json!({"stringValue": "GET"}));
                let few = vec![method, attribute(first, value.clone())];
                mapped(json!({"kind": kind, "attributes": few}));
            }
            let events =
                json!([{"name": "exception", "attributes": all.clone()}, {"attributes": all.clone()}]);
            let link = json!({"traceId": "", "spanId": "ab", "attributes": [attribute("enqueuedTime", value.clone())]});
            let span = json!({"kind": kind, "attributes": all, "events": events, "links": [link], "traceState": "ot=th:zz"});
            assert_eq!(mapped(span).len(), 3);
        }
    }
}

/// A field of bytes in protobuf's wire format.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
    out
}

#[test]
fn values_nested_without_end() {
    for (container, member) in [(5, 1), (6, 2)] {
        let mut value = field(1, b"x");
        for _ in 0..5000 {
            let inner = field(member, &value);
            value = field(container, &if container == 5 { inner } else { field(1, &inner) });
        }
        let attribute = [field(1, b"microsoft.custom_measurements"), field(2, &value)].concat();
        let own = [field(1, b"own"), field(2, &value)].concat();
        let span = [field(9, &attribute), field(9, &own)].concat();
        let request = field(1, &field(2, &field(2, &span)));
        let batch = Batch::from_protobuf(Signal::Traces, request.into()).expect("a request");
        let mut counted = Counted::default();
        Mapper::new(Case::read("internal-tree").settings()).map(&batch, &mut counted);
        let properties = &counted.collected.0[0]["data"]["baseData"]["properties"];
        let text = properties["own"].as_str().expect("a property");
        assert!(text.len() < 1000 && serde_json::from_str::<Value>(text).is_ok(), "{text}");
    }
}
