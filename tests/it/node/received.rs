//! What a destination has received of the application, as these tests look at it.

use crate::support::sink::{Seen, Sink};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, metric::Data, number_data_point};
use otel_run::otlp::Decoded;
use std::collections::BTreeMap;

pub(super) type Attributes = BTreeMap<String, String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Server,
    Client,
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) scope: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// In hexadecimal digits.
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) attributes: Attributes,
    /// `exception.type` of its events.
    pub(super) exceptions: Vec<String>,
    pub(super) resource: Attributes,
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) scope: String,
    pub(super) body: String,
    pub(super) severity: i32,
    pub(super) event: String,
    pub(super) trace: String,
    pub(super) span: String,
    pub(super) attributes: Attributes,
}

impl Span {
    pub(super) fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

/// All spans that have arrived.
pub(super) fn spans(seen: &Seen) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Traces(request) = request.batch.decoded().expect("OTLP") else { continue };
        for group in &request.resource_spans {
            let resource = map(&group.resource.as_ref().expect("a resource").attributes);
            for scoped in &group.scope_spans {
                let scope = scoped.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
                spans.extend(scoped.spans.iter().map(|span| {
                    Span {
                        scope: scope.clone(),
                        name: span.name.clone(),
                        kind: match span.kind {
                            2 => Kind::Server,
                            3 => Kind::Client,
                            _ => Kind::Other,
                        },
                        trace: hex(&span.trace_id),
                        id: hex(&span.span_id),
                        parent: hex(&span.parent_span_id),
                        attributes: map(&span.attributes),
                        exceptions: span
                            .events
                            .iter()
                            .filter_map(|event| map(&event.attributes).remove("exception.type"))
                            .collect(),
                        resource: resource.clone(),
                    }
                }));
            }
        }
    }
    spans
}

/// All log records of the application that have arrived.
pub(super) fn logs(seen: &Seen) -> Vec<Log> {
    let mut logs = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Logs(request) = request.batch.decoded().expect("OTLP") else { continue };
        for group in &request.resource_logs {
            let resource = map(&group.resource.as_ref().expect("a resource").attributes);
            if resource.get("telemetry.distro.name").is_some_and(|name| name == "otel-run") {
                continue; // what otel-run says itself
            }
            for scoped in &group.scope_logs {
                let scope = scoped.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
                logs.extend(scoped.log_records.iter().map(|record| Log {
                    scope: scope.clone(),
                    body: record.body.as_ref().map(text).unwrap_or_default(),
                    severity: record.severity_number,
                    event: record.event_name.clone(),
                    trace: hex(&record.trace_id),
                    span: hex(&record.span_id),
                    attributes: map(&record.attributes),
                }));
            }
        }
    }
    logs
}

/// A metric with its first point in words.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    pub(super) scope: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// All metrics that have arrived.
pub(super) fn metrics(seen: &Seen) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Metrics(request) = request.batch.decoded().expect("OTLP") else { continue };
        for scoped in request.resource_metrics.iter().flat_map(|group| &group.scope_metrics) {
            let scope = scoped.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            for metric in &scoped.metrics {
                let value = in_words(metric.data.as_ref().expect("data"));
                metrics.push(Metric { scope: scope.clone(), name: metric.name.clone(), value });
            }
        }
    }
    metrics
}

fn in_words(data: &Data) -> String {
    let of = |attributes: &[KeyValue]| {
        let pairs: Vec<_> =
            map(attributes).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("of [{}]", pairs.join(" "))
    };
    let number = |point: &NumberDataPoint| match point.value {
        Some(number_data_point::Value::AsInt(value)) => format!("{value} {}", of(&point.attributes)),
        Some(number_data_point::Value::AsDouble(value)) => format!("{value} {}", of(&point.attributes)),
        None => String::new(),
    };
    match data {
        Data::Gauge(gauge) => number(&gauge.data_points[0]),
        Data::Sum(sum) => format!("sum {}", number(&sum.data_points[0])),
        Data::Histogram(histogram) => {
            let point = &histogram.data_points[0];
            format!(
                "{} values, sum {}, {:?} within {:?} {}",
                point.count,
                point.sum.unwrap_or_default(),
                point.bucket_counts,
                point.explicit_bounds,
                of(&point.attributes)
            )
        }
        other => format!("{other:?}"),
    }
}

/// Waits for `count` spans for which `wanted` holds.
pub(super) fn wait_for(sink: &Sink, count: usize, wanted: impl Fn(&Span) -> bool) -> Vec<Span> {
    let seen = sink.wait(|seen| spans(seen).iter().filter(|span| wanted(span)).count() >= count);
    spans(&seen).into_iter().filter(|span| wanted(span)).collect()
}

/// The one span for which `wanted` holds.
pub(super) fn only(spans: &[Span], wanted: impl Fn(&Span) -> bool) -> &Span {
    let found: Vec<&Span> = spans.iter().filter(|span| wanted(span)).collect();
    assert_eq!(found.len(), 1, "{found:#?} of {spans:#?}");
    found[0]
}

fn map(pairs: &[KeyValue]) -> Attributes {
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
