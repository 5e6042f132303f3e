//! What it costs to make complete telemetry of what a built-in shim sends, and to count it.

use super::SPANS;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otel_run::otlp::{Batch, Signal};
use otel_run::process::complete::Completion;
use otel_run::settings::RequestMetrics;
use prost::Message;

#[divan::bench(args = ["server", "client", "sql"])]
fn complete(bencher: Bencher, kind: &str) {
    let completion = Completion::new(&[], Some(RequestMetrics::default()));
    let batch = Batch::from_protobuf(Signal::Traces, request(kind).into()).expect("a request");
    let bencher = bencher.counter(ItemsCount::new(SPANS)).counter(BytesCount::new(batch.bytes().len()));
    bencher.bench_local(|| {
        let completed = completion.complete(black_box(&batch));
        completed.sampled.iter().for_each(|batch| completion.count(batch));
        completed
    });
}

fn request(kind: &str) -> Vec<u8> {
    let spans = (0..SPANS as u64).map(|number| span(kind, number)).collect();
    let scope = InstrumentationScope { name: format!("otel_run.{kind}"), ..Default::default() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn span(kind: &str, number: u64) -> Span {
    let attributes = match kind {
        "server" => vec![
            text("http.request.method", "GET"),
            text("url.scheme", "http"),
            text("network.protocol.version", "1.1"),
            text("http.route", "/customers/{customer_id}/invoices"),
            int("http.response.status_code", if number.is_multiple_of(16) { 503 } else { 200 }),
            text("url.path", &format!("/customers/{number}/invoices")),
            text("url.query", "page=3&sort=date"),
            text("network.peer.address", "10.4.0.17"),
            int("network.peer.port", 40_000 + number as i64),
            text("user_agent.original", "python-httpx/0.28.1"),
            text("otel_run.host", "shop.example.com"),
            text("otel_run.x_forwarded_for", "203.0.113.7, 10.4.0.1"),
            text("otel_run.x_forwarded_proto", "https"),
        ],
        "client" => vec![
            text("http.request.method", "POST"),
            text("url.full", &format!("https://payments.example.com/v1/charges/{number}?expand=card")),
            int("http.response.status_code", 201),
            text("network.protocol.version", "1.1"),
        ],
        _ => vec![
            text("db.system.name", "postgresql"),
            text(
                "db.query.text",
                &format!(
                    "SELECT o.id, o.total, c.name FROM orders AS o JOIN customers c ON c.id = o.customer_id \
                     WHERE o.state = 'open' AND o.id IN ({number}, 2, 3) ORDER BY o.created_at LIMIT 50"
                ),
            ),
            text("db.namespace", "shop"),
            text("server.address", "db.example.com"),
            int("server.port", 5432),
        ],
    };
    Span {
        trace_id: [number.to_be_bytes(), number.to_le_bytes()].concat(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        flags: 0x101,
        kind: if kind == "server" { 2 } else { 3 },
        start_time_unix_nano: 1_795_000_000_000_000_000,
        end_time_unix_nano: 1_795_000_000_000_000_000 + number * 100_000,
        attributes,
        ..Span::default()
    }
}

fn text(key: &str, text: &str) -> KeyValue {
    attribute(key, Value::StringValue(text.to_owned()))
}

fn int(key: &str, number: i64) -> KeyValue {
    attribute(key, Value::IntValue(number))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
