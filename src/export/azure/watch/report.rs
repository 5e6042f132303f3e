//! What was counted in an interval, as an OTLP request.

use super::role::Role;
use super::standard::Series;
use super::tally::Tally;
use crate::otlp::{Batch, Signal};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, metric::Data, number_data_point,
};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use std::collections::BTreeMap;

const REQUESTS_PER_SECOND: &str = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec";
const EXECUTION_TIME: &str = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time";
const EXCEPTIONS_PER_SECOND: &str = r"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec";

/// An interval: nanoseconds since 1970, and its length for rates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) seconds: f64,
}

/// What is told at the end of an interval.
#[derive(Debug, Default)]
pub(super) struct Report {
    request: Vec<u8>,
}

impl Report {
    /// Adds what a role has counted, and forgets it there. `counters`: the performance counters
    /// too, though they be 0.
    pub(super) fn add(&mut self, role: &mut Role, interval: Interval, counters: bool) {
        let mut metrics: BTreeMap<&str, Vec<HistogramDataPoint>> = BTreeMap::new();
        for series in role.standard.take() {
            metrics.entry(series.metric).or_default().push(standard(series, role, interval));
        }
        let mut metrics: Vec<Metric> =
            metrics.into_iter().map(|(name, points)| histogram(name, points)).collect();
        let (requests, exceptions) = role.counters.take();
        if counters {
            metrics.push(gauge(REQUESTS_PER_SECOND, requests.count / interval.seconds, interval));
            if !requests.is_empty() {
                metrics.push(histogram(EXECUTION_TIME, vec![point(requests, Vec::new(), interval)]));
            }
            metrics.push(gauge(EXCEPTIONS_PER_SECOND, exceptions / interval.seconds, interval));
        }
        if !metrics.is_empty() {
            let scope = InstrumentationScope {
                name: "otel-run".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Default::default()
            };
            let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..Default::default() }];
            self.push(&role.resource, &ResourceMetrics { scope_metrics, ..Default::default() });
        }
    }

    /// Adds a group, with its resource as it was sent.
    fn push(&mut self, resource: &[u8], group: &ResourceMetrics) {
        let mut message = Vec::with_capacity(resource.len() + 16);
        field(&mut message, 1, resource);
        group.encode_raw(&mut message);
        field(&mut self.request, 1, &message);
    }

    /// `None` when there is nothing to tell.
    pub(super) fn batch(self) -> Option<Batch> {
        // What was written above is a request.
        Batch::from_protobuf(Signal::Metrics, self.request.into()).ok().filter(|batch| batch.items() > 0)
    }
}

fn field(out: &mut Vec<u8>, number: u32, message: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(message.len() as u64, out);
    out.extend_from_slice(message);
}

fn standard(series: Series, role: &Role, interval: Interval) -> HistogramDataPoint {
    let all = [
        ("_MS.MetricId", series.metric),
        ("_MS.IsAutocollected", "True"),
        ("cloud/roleName", &role.name),
        ("cloud/roleInstance", &role.instance),
    ];
    let own = series.dimensions.iter().map(|(key, value)| (*key, value.as_str()));
    let attributes = all.into_iter().chain(own).filter(|(_, value)| !value.is_empty()).map(attribute);
    point(series.tally, attributes.collect(), interval)
}

fn attribute((key, value): (&str, &str)) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

fn point(tally: Tally, attributes: Vec<KeyValue>, interval: Interval) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes,
        start_time_unix_nano: interval.start,
        time_unix_nano: interval.end,
        count: tally.whole_count(),
        sum: Some(tally.sum),
        min: Some(tally.min),
        max: Some(tally.max),
        ..Default::default()
    }
}

fn histogram(name: &str, data_points: Vec<HistogramDataPoint>) -> Metric {
    let aggregation_temporality = AggregationTemporality::Delta.into();
    let data = Some(Data::Histogram(Histogram { data_points, aggregation_temporality }));
    Metric { name: name.to_owned(), unit: "ms".to_owned(), data, ..Default::default() }
}

fn gauge(name: &str, value: f64, interval: Interval) -> Metric {
    let point = NumberDataPoint {
        start_time_unix_nano: interval.start,
        time_unix_nano: interval.end,
        value: Some(number_data_point::Value::AsDouble(value)),
        ..Default::default()
    };
    let data = Some(Data::Gauge(Gauge { data_points: vec![point] }));
    Metric { name: name.to_owned(), data, ..Default::default() }
}
