//! OTLP requests as a FastAPI service sends them: server spans with twelve attributes. The
//! same seed makes the same bytes; other seeds differ in ids, times, paths and peers, so that
//! a compressor finds no more repetition than in life.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// Requests that differ, sent in turn.
pub(crate) const VARIANTS: u64 = 8;

const START: u64 = 1_795_000_000_000_000_000;
const SERVER: i32 = 2;

const ROUTES: [(&str, &str, u64); 6] = [
    ("GET", "/products/{product_id}", 200),
    ("GET", "/customers/{customer_id}/invoices", 200),
    ("POST", "/invoices", 201),
    ("GET", "/ready", 204),
    ("PATCH", "/baskets/{basket_id}/items/{item_id}", 200),
    ("DELETE", "/tokens/{token_id}", 404),
];

const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "python-httpx/0.28.1",
    "Go-http-client/2.0",
];

/// A generator of numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn id(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|_| self.next() as u8).collect()
    }
}

/// An encoded request of `spans` spans.
pub(crate) fn traces(spans: usize, seed: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let spans = (0..spans as u64).map(|place| span(&mut numbers, place)).collect();
    let scope = InstrumentationScope {
        name: "opentelemetry.instrumentation.fastapi".into(),
        version: "0.60b1".into(),
        ..Default::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: resource(), ..Default::default() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans, ..Default::default() }],
            ..Default::default()
        }],
    }
    .encode_to_vec()
}

fn span(numbers: &mut Numbers, place: u64) -> Span {
    let (method, route, status) = ROUTES[numbers.below(ROUTES.len() as u64) as usize];
    let path = path(route, numbers);
    let (client, port) =
        (format!("10.4.{}.{}", numbers.below(256), numbers.below(256)), 32_768 + numbers.below(28_000));
    let begin = START + place * 1_730_000 + numbers.below(900_000);
    Span {
        trace_id: numbers.id(16),
        span_id: numbers.id(8),
        parent_span_id: if numbers.below(2) == 0 { numbers.id(8) } else { Vec::new() },
        flags: 0x101,
        name: format!("{method} {route}"),
        kind: SERVER,
        start_time_unix_nano: begin,
        end_time_unix_nano: begin + 400_000 + numbers.below(30_000_000),
        attributes: vec![
            text("http.scheme", "http"),
            text("http.host", "10.4.0.17:8000"),
            number("net.host.port", 8000),
            text("http.flavor", "1.1"),
            text("http.target", &path),
            text("http.url", &format!("http://shop.example.com{path}")),
            text("http.method", method),
            text("http.server_name", "shop.example.com"),
            text("http.user_agent", AGENTS[numbers.below(3) as usize]),
            text("net.peer.ip", &client),
            number("net.peer.port", port),
            number("http.status_code", status),
        ],
        status: Some(Status::default()),
        ..Default::default()
    }
}

fn path(route: &str, numbers: &mut Numbers) -> String {
    let parts = route.split('/').map(|part| match part.starts_with('{') {
        true => numbers.below(100_000).to_string(),
        false => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn resource() -> Vec<KeyValue> {
    vec![
        text("telemetry.sdk.language", "python"),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.version", "1.39.1"),
        text("telemetry.auto.version", "0.60b1"),
        text("service.name", "shop"),
        text("service.instance.id", "0b1f4a0e-6a0c-4f55-9a8e-3c1d5e7f9a2b"),
        text("host.name", "web-3"),
        number("process.pid", 4242),
    ]
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(value as i64))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}
