//! What a destination has received of an application, flattened for questions.

use crate::support::sink::Seen;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::resource::v1::Resource;
use otel_run::otlp::Decoded;
use std::collections::BTreeMap;

pub(crate) type Attributes = BTreeMap<String, String>;

/// Kinds and status codes of OTLP.
pub(crate) const SERVER: i32 = 2;
pub(crate) const CLIENT: i32 = 3;
pub(crate) const ERROR: i32 = 2;

#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) resource: Attributes,
    pub(crate) name: String,
    pub(crate) kind: i32,
    /// In hexadecimal digits, as in `traceparent`.
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    pub(crate) status: i32,
    pub(crate) attributes: Attributes,
    pub(crate) exceptions: Vec<Attributes>,
}

#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) scope: String,
    pub(crate) body: String,
    pub(crate) trace: String,
    pub(crate) span: String,
    pub(crate) attributes: Attributes,
}

/// A point of a histogram.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) metric: String,
    pub(crate) attributes: Attributes,
    pub(crate) count: u64,
}

/// Everything but what otel-run measures and says itself.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    pub(crate) spans: Vec<Span>,
    pub(crate) logs: Vec<Log>,
    pub(crate) points: Vec<Point>,
    /// Names of all metrics, those of host and processes among them.
    pub(crate) metrics: Vec<String>,
}

impl Span {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl Telemetry {
    pub(crate) fn of(seen: &Seen) -> Telemetry {
        let mut all = Telemetry::default();
        for request in seen.requests.iter().filter(|request| request.accepted) {
            match request.batch.decoded().expect("OTLP") {
                Decoded::Traces(request) => {
                    for group in &request.resource_spans {
                        let resource = of_resource(group.resource.as_ref());
                        for scope in &group.scope_spans {
                            let spans = scope.spans.iter();
                            all.spans.extend(spans.map(|span| {
                                Span {
                                    resource: resource.clone(),
                                    name: span.name.clone(),
                                    kind: span.kind,
                                    trace: hex(&span.trace_id),
                                    id: hex(&span.span_id),
                                    parent: hex(&span.parent_span_id),
                                    status: span.status.as_ref().map_or(0, |status| status.code),
                                    attributes: attributes(&span.attributes),
                                    exceptions: (span.events.iter())
                                        .filter(|event| event.name == "exception")
                                        .map(|event| attributes(&event.attributes))
                                        .collect(),
                                }
                            }));
                        }
                    }
                }
                Decoded::Logs(request) => {
                    for group in &request.resource_logs {
                        let scopes = group.scope_logs.iter();
                        for scope in scopes.filter(|scope| name(scope.scope.as_ref()) != "otel-run") {
                            let records = scope.log_records.iter();
                            all.logs.extend(records.map(|record| Log {
                                scope: name(scope.scope.as_ref()),
                                body: record.body.as_ref().map(text).unwrap_or_default(),
                                trace: hex(&record.trace_id),
                                span: hex(&record.span_id),
                                attributes: attributes(&record.attributes),
                            }));
                        }
                    }
                }
                Decoded::Metrics(request) => {
                    let scopes = request.resource_metrics.iter().flat_map(|group| &group.scope_metrics);
                    for metric in scopes.flat_map(|scope| &scope.metrics) {
                        all.metrics.push(metric.name.clone());
                        if let Some(Data::Histogram(histogram)) = &metric.data {
                            all.points.extend(histogram.data_points.iter().map(|point| Point {
                                metric: metric.name.clone(),
                                attributes: attributes(&point.attributes),
                                count: point.count,
                            }));
                        }
                    }
                }
            }
        }
        all
    }

    pub(crate) fn of_kind(&self, kind: i32) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.kind == kind).collect()
    }
}

fn of_resource(resource: Option<&Resource>) -> Attributes {
    resource.map(|resource| attributes(&resource.attributes)).unwrap_or_default()
}

fn name(scope: Option<&InstrumentationScope>) -> String {
    scope.map(|scope| scope.name.clone()).unwrap_or_default()
}

fn attributes(pairs: &[KeyValue]) -> Attributes {
    let text = |pair: &KeyValue| pair.value.as_ref().map(text).unwrap_or_default();
    pairs.iter().map(|pair| (pair.key.clone(), text(pair))).collect()
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
