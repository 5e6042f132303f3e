//! What a destination has received, as these tests look at it.

use crate::support::sink::Seen;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use otel_run::otlp::Decoded;
use std::collections::{BTreeMap, BTreeSet};

/// Kind of a server span.
const SERVER: i32 = 2;

/// A process that sent something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) pid: i64,
    pub(super) instance: String,
    pub(super) service: String,
}

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) origin: Origin,
    pub(super) name: String,
    pub(super) server: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) body: String,
    pub(super) trace: Vec<u8>,
}

/// Everything of the target (what otel-run measures itself is left out).
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    pub(super) spans: Vec<Span>,
    pub(super) logs: Vec<Log>,
    /// Points of histograms by process: name, and how many values it has.
    pub(super) counts: BTreeMap<(i64, String), u64>,
    pub(super) metrics: BTreeSet<String>,
    /// Processes that have sent metrics.
    pub(super) measured: BTreeSet<i64>,
    /// Of otel-run itself.
    pub(super) own_metrics: BTreeSet<String>,
    pub(super) own_logs: Vec<String>,
}

impl Received {
    pub(super) fn of(seen: &Seen) -> Received {
        let mut received = Received::default();
        for request in seen.requests.iter().filter(|request| request.accepted) {
            match request.batch.decoded().expect("OTLP") {
                Decoded::Traces(request) => {
                    for group in &request.resource_spans {
                        let origin = origin(&group.resource.as_ref().expect("a resource").attributes);
                        for span in group.scope_spans.iter().flat_map(|scope| &scope.spans) {
                            received.spans.push(Span {
                                origin: origin.clone(),
                                name: span.name.clone(),
                                server: span.kind == SERVER,
                            });
                        }
                    }
                }
                Decoded::Logs(request) => {
                    for group in &request.resource_logs {
                        let attributes = &group.resource.as_ref().expect("a resource").attributes;
                        for record in group.scope_logs.iter().flat_map(|scope| &scope.log_records) {
                            let body = record.body.as_ref().map(text).unwrap_or_default();
                            if ours(attributes) {
                                received.own_logs.push(body);
                                continue;
                            }
                            received.logs.push(Log { body, trace: record.trace_id.clone() });
                        }
                    }
                }
                Decoded::Metrics(request) => {
                    for group in &request.resource_metrics {
                        let attributes = &group.resource.as_ref().expect("a resource").attributes;
                        for metric in group.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
                            if ours(attributes) {
                                received.own_metrics.insert(metric.name.clone());
                            } else {
                                received.metric(origin(attributes).pid, metric);
                            }
                        }
                    }
                }
            }
        }
        received
    }

    fn metric(&mut self, pid: i64, metric: &Metric) {
        self.metrics.insert(metric.name.clone());
        self.measured.insert(pid);
        if let Some(Data::Histogram(histogram)) = &metric.data {
            let count = histogram.data_points.iter().map(|point| point.count).sum();
            // Cumulative: the last one counts.
            self.counts.insert((pid, metric.name.clone()), count);
        }
    }

    /// Spans of requests that a process served, by process.
    pub(super) fn server_spans(&self) -> BTreeMap<Origin, usize> {
        let mut spans = BTreeMap::new();
        for span in self.spans.iter().filter(|span| span.server) {
            *spans.entry(span.origin.clone()).or_default() += 1;
        }
        spans
    }

    /// How many requests the metrics of all processes count.
    pub(super) fn counted_requests(&self) -> u64 {
        self.counts
            .iter()
            .filter(|((_, name), _)| name == "http.server.request.duration")
            .map(|(_, n)| n)
            .sum()
    }
}

fn ours(attributes: &[KeyValue]) -> bool {
    attribute(attributes, "telemetry.distro.name") == "otel-run"
}

fn origin(attributes: &[KeyValue]) -> Origin {
    Origin {
        pid: attribute(attributes, "process.pid").parse().expect("a pid"),
        instance: attribute(attributes, "service.instance.id"),
        service: attribute(attributes, "service.name"),
    }
}

fn attribute(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|pair| pair.key == key);
    found.and_then(|pair| pair.value.as_ref()).map(text).unwrap_or_default()
}

pub(super) fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}
