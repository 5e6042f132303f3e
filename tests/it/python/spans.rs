//! What the built-in shim has sent, span by span.

use crate::support::sink::Seen;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use otel_run::otlp::Decoded;
use std::collections::BTreeMap;

pub(super) const INTERNAL: i32 = 1;
pub(super) const SERVER: i32 = 2;
pub(super) const CLIENT: i32 = 3;

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) scope: String,
    pub(super) kind: i32,
    pub(super) name: String,
    pub(super) service: String,
    /// In hexadecimal digits, as `traceparent` has them.
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) events: Vec<String>,
    start: u64,
}

impl Span {
    /// An attribute, or nothing.
    pub(super) fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }

    /// How it came out: the status of the answer, or the error that came instead.
    pub(super) fn outcome(&self) -> &str {
        let status = self.get("http.response.status_code");
        if status.is_empty() { self.get("error.type") } else { status }
    }
}

/// All spans, in the order in which they began.
pub(super) fn spans(seen: &Seen) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Traces(request) = request.batch.decoded().expect("OTLP") else { continue };
        for group in &request.resource_spans {
            let resource = attributes(&group.resource.as_ref().expect("a resource").attributes);
            let service = resource.get("service.name").cloned().unwrap_or_default();
            for scoped in &group.scope_spans {
                let scope = scoped.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
                spans.extend(scoped.spans.iter().map(|span| Span {
                    scope: scope.clone(),
                    kind: span.kind,
                    name: span.name.clone(),
                    service: service.clone(),
                    trace: hex(&span.trace_id),
                    id: hex(&span.span_id),
                    parent: hex(&span.parent_span_id),
                    attributes: attributes(&span.attributes),
                    events: span.events.iter().map(|event| event.name.clone()).collect(),
                    start: span.start_time_unix_nano,
                }));
            }
        }
    }
    spans.sort_by_key(|span| span.start);
    spans
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let pairs = pairs.iter().filter_map(|pair| Some((pair.key.clone(), text(pair.value.as_ref()?))));
    pairs.collect()
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
