//! Spans and log records as a destination has received them.

use crate::support::sink::Seen;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use otel_run::otlp::Decoded;
use std::collections::BTreeMap;

type Attributes = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) id: String,
    /// Empty for a root.
    pub(super) parent: String,
    pub(super) state: String,
    pub(super) flags: u32,
    pub(super) server: bool,
    pub(super) seconds: f64,
    pub(super) attributes: Attributes,
    pub(super) exceptions: Vec<Attributes>,
    pub(super) resource: Attributes,
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) body: String,
    pub(super) scope: String,
    pub(super) event: String,
    pub(super) severity: (i32, String),
    pub(super) trace: String,
    pub(super) span: String,
    pub(super) attributes: Attributes,
}

/// Everything of the target.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) spans: Vec<Span>,
    pub(super) logs: Vec<Log>,
}

impl Told {
    pub(super) fn of(seen: &Seen) -> Told {
        let mut told = Told::default();
        for request in seen.requests.iter().filter(|request| request.accepted) {
            match request.batch.decoded().expect("OTLP") {
                Decoded::Traces(request) => {
                    for group in &request.resource_spans {
                        let resource = attributes(&group.resource.as_ref().expect("a resource").attributes);
                        let spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
                        told.spans.extend(spans.map(|span| {
                            Span {
                                trace: hex(&span.trace_id),
                                id: hex(&span.span_id),
                                parent: hex(&span.parent_span_id),
                                state: span.trace_state.clone(),
                                flags: span.flags,
                                server: span.kind == 2,
                                seconds: (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9,
                                attributes: attributes(&span.attributes),
                                exceptions: span
                                    .events
                                    .iter()
                                    .filter(|event| event.name == "exception")
                                    .map(|event| attributes(&event.attributes))
                                    .collect(),
                                resource: resource.clone(),
                            }
                        }));
                    }
                }
                Decoded::Logs(request) => {
                    for group in &request.resource_logs {
                        let resource = attributes(&group.resource.as_ref().expect("a resource").attributes);
                        if resource.get("telemetry.sdk.language").is_none_or(|language| language != "python")
                        {
                            continue; // of otel-run itself
                        }
                        for scope in &group.scope_logs {
                            let name =
                                scope.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
                            told.logs.extend(scope.log_records.iter().map(|record| Log {
                                body: record.body.as_ref().map(text).unwrap_or_default(),
                                scope: name.clone(),
                                event: record.event_name.clone(),
                                severity: (record.severity_number, record.severity_text.clone()),
                                trace: hex(&record.trace_id),
                                span: hex(&record.span_id),
                                attributes: attributes(&record.attributes),
                            }));
                        }
                    }
                }
                Decoded::Metrics(_) => {}
            }
        }
        told
    }

    /// Spans of requests that were answered here.
    pub(super) fn served(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| span.server)
    }

    /// The one server span of this path.
    pub(super) fn path(&self, path: &str) -> &Span {
        let found: Vec<_> = self.served().filter(|span| span.get("url.path") == path).collect();
        assert_eq!(found.len(), 1, "spans of {path} among {:#?}", self.spans);
        found[0]
    }

    /// The one log record with this text.
    pub(super) fn log(&self, body: &str) -> &Log {
        let found: Vec<_> = self.logs.iter().filter(|log| log.body == body).collect();
        assert_eq!(found.len(), 1, "records {body:?} among {:#?}", self.logs);
        found[0]
    }
}

impl Span {
    /// An attribute, empty if there is none.
    pub(super) fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map(String::as_str).unwrap_or_default()
    }

    /// Route and status.
    pub(super) fn answer(&self) -> (&str, &str) {
        (self.get("http.route"), self.get("http.response.status_code"))
    }
}

fn attributes(pairs: &[KeyValue]) -> Attributes {
    pairs.iter().map(|pair| (pair.key.clone(), pair.value.as_ref().map(text).unwrap_or_default())).collect()
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
