//! Metrics: one object for each export.

use super::common::{Resource, nanos, number};
use crate::export::value::Attributes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as OtlpBuckets;
use opentelemetry_proto::tonic::metrics::v1::{exemplar, metric, number_data_point};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Export<'a> {
    resource_metrics: Vec<ResourceMetrics<'a>>,
}

impl<'a> Export<'a> {
    pub(super) fn new(request: &'a ExportMetricsServiceRequest) -> Self {
        Export { resource_metrics: request.resource_metrics.iter().map(ResourceMetrics::new).collect() }
    }
}

#[derive(Serialize)]
struct ResourceMetrics<'a> {
    resource: Resource<'a>,
    scope_metrics: Vec<ScopeMetrics<'a>>,
    schema_url: &'a str,
}

impl<'a> ResourceMetrics<'a> {
    fn new(metrics: &'a otlp::ResourceMetrics) -> Self {
        ResourceMetrics {
            resource: Resource::new(metrics.resource.as_ref(), &metrics.schema_url),
            scope_metrics: metrics.scope_metrics.iter().map(ScopeMetrics::new).collect(),
            schema_url: &metrics.schema_url,
        }
    }
}

#[derive(Serialize)]
struct ScopeMetrics<'a> {
    scope: Scope<'a>,
    metrics: Vec<Metric<'a>>,
    schema_url: &'a str,
}

impl<'a> ScopeMetrics<'a> {
    fn new(metrics: &'a otlp::ScopeMetrics) -> Self {
        ScopeMetrics {
            scope: Scope::new(metrics.scope.as_ref(), &metrics.schema_url),
            metrics: metrics.metrics.iter().map(Metric::new).collect(),
            schema_url: &metrics.schema_url,
        }
    }
}

#[derive(Serialize)]
struct Scope<'a> {
    name: &'a str,
    version: &'a str,
    schema_url: &'a str,
    attributes: Option<Attributes<'a>>,
}

impl<'a> Scope<'a> {
    fn new(scope: Option<&'a InstrumentationScope>, schema_url: &'a str) -> Self {
        Scope {
            name: scope.map_or("", |scope| &scope.name),
            version: scope.map_or("", |scope| &scope.version),
            schema_url,
            attributes: scope.and_then(|scope| Attributes::or_null(&scope.attributes)),
        }
    }
}

#[derive(Serialize)]
struct Metric<'a> {
    name: &'a str,
    description: &'a str,
    unit: &'a str,
    data: Option<Data<'a>>,
}

impl<'a> Metric<'a> {
    fn new(metric: &'a otlp::Metric) -> Self {
        Metric {
            name: &metric.name,
            description: &metric.description,
            unit: &metric.unit,
            data: metric.data.as_ref().map(Data::new),
        }
    }
}

#[derive(Serialize)]
struct Data<'a> {
    data_points: Points<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregation_temporality: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_monotonic: Option<bool>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Points<'a> {
    Number(Vec<NumberPoint<'a>>),
    Histogram(Vec<HistogramPoint<'a>>),
    Exponential(Vec<ExponentialPoint<'a>>),
    Summary(Vec<SummaryPoint<'a>>),
}

impl<'a> Data<'a> {
    fn new(data: &'a metric::Data) -> Self {
        let (data_points, aggregation_temporality, is_monotonic) = match data {
            metric::Data::Gauge(gauge) => (numbers(&gauge.data_points), None, None),
            metric::Data::Sum(sum) => {
                (numbers(&sum.data_points), Some(sum.aggregation_temporality), Some(sum.is_monotonic))
            }
            metric::Data::Histogram(histogram) => {
                let points = histogram.data_points.iter().map(HistogramPoint::new).collect();
                (Points::Histogram(points), Some(histogram.aggregation_temporality), None)
            }
            metric::Data::ExponentialHistogram(histogram) => {
                let points = histogram.data_points.iter().map(ExponentialPoint::new).collect();
                (Points::Exponential(points), Some(histogram.aggregation_temporality), None)
            }
            metric::Data::Summary(summary) => {
                (Points::Summary(summary.data_points.iter().map(SummaryPoint::new).collect()), None, None)
            }
        };
        Data { data_points, aggregation_temporality, is_monotonic }
    }
}

fn numbers(points: &[otlp::NumberDataPoint]) -> Points<'_> {
    Points::Number(points.iter().map(NumberPoint::new).collect())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Int(i64),
    Double(f64),
}

#[derive(Serialize)]
struct NumberPoint<'a> {
    attributes: Attributes<'a>,
    start_time_unix_nano: Option<u64>,
    time_unix_nano: Option<u64>,
    value: Option<Number>,
    exemplars: Vec<Exemplar<'a>>,
}

impl<'a> NumberPoint<'a> {
    fn new(point: &'a otlp::NumberDataPoint) -> Self {
        NumberPoint {
            attributes: Attributes(&point.attributes),
            start_time_unix_nano: nanos(point.start_time_unix_nano),
            time_unix_nano: nanos(point.time_unix_nano),
            value: point.value.map(|value| match value {
                number_data_point::Value::AsInt(value) => Number::Int(value),
                number_data_point::Value::AsDouble(value) => Number::Double(value),
            }),
            exemplars: point.exemplars.iter().map(Exemplar::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct HistogramPoint<'a> {
    attributes: Attributes<'a>,
    start_time_unix_nano: Option<u64>,
    time_unix_nano: Option<u64>,
    count: u64,
    sum: Option<f64>,
    bucket_counts: &'a [u64],
    explicit_bounds: &'a [f64],
    min: Option<f64>,
    max: Option<f64>,
    exemplars: Vec<Exemplar<'a>>,
}

impl<'a> HistogramPoint<'a> {
    fn new(point: &'a otlp::HistogramDataPoint) -> Self {
        HistogramPoint {
            attributes: Attributes(&point.attributes),
            start_time_unix_nano: nanos(point.start_time_unix_nano),
            time_unix_nano: nanos(point.time_unix_nano),
            count: point.count,
            sum: point.sum,
            bucket_counts: &point.bucket_counts,
            explicit_bounds: &point.explicit_bounds,
            min: point.min,
            max: point.max,
            exemplars: point.exemplars.iter().map(Exemplar::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct ExponentialPoint<'a> {
    attributes: Attributes<'a>,
    start_time_unix_nano: Option<u64>,
    time_unix_nano: Option<u64>,
    count: u64,
    sum: Option<f64>,
    scale: i32,
    zero_count: u64,
    positive: Buckets<'a>,
    negative: Buckets<'a>,
    flags: u32,
    min: Option<f64>,
    max: Option<f64>,
    exemplars: Vec<Exemplar<'a>>,
}

impl<'a> ExponentialPoint<'a> {
    fn new(point: &'a otlp::ExponentialHistogramDataPoint) -> Self {
        ExponentialPoint {
            attributes: Attributes(&point.attributes),
            start_time_unix_nano: nanos(point.start_time_unix_nano),
            time_unix_nano: nanos(point.time_unix_nano),
            count: point.count,
            sum: point.sum,
            scale: point.scale,
            zero_count: point.zero_count,
            positive: Buckets::new(point.positive.as_ref()),
            negative: Buckets::new(point.negative.as_ref()),
            flags: point.flags,
            min: point.min,
            max: point.max,
            exemplars: point.exemplars.iter().map(Exemplar::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct Buckets<'a> {
    offset: i32,
    bucket_counts: &'a [u64],
}

impl<'a> Buckets<'a> {
    fn new(buckets: Option<&'a OtlpBuckets>) -> Self {
        Buckets {
            offset: buckets.map_or(0, |buckets| buckets.offset),
            bucket_counts: buckets.map_or(&[], |buckets| &buckets.bucket_counts),
        }
    }
}

/// The SDK knows no summaries; they come from other places and look like the rest.
#[derive(Serialize)]
struct SummaryPoint<'a> {
    attributes: Attributes<'a>,
    start_time_unix_nano: Option<u64>,
    time_unix_nano: Option<u64>,
    count: u64,
    sum: f64,
    quantile_values: Vec<Quantile>,
}

#[derive(Serialize)]
struct Quantile {
    quantile: f64,
    value: f64,
}

impl<'a> SummaryPoint<'a> {
    fn new(point: &'a otlp::SummaryDataPoint) -> Self {
        SummaryPoint {
            attributes: Attributes(&point.attributes),
            start_time_unix_nano: nanos(point.start_time_unix_nano),
            time_unix_nano: nanos(point.time_unix_nano),
            count: point.count,
            sum: point.sum,
            quantile_values: point
                .quantile_values
                .iter()
                .map(|at| Quantile { quantile: at.quantile, value: at.value })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct Exemplar<'a> {
    filtered_attributes: Attributes<'a>,
    value: Option<Number>,
    time_unix_nano: Option<u64>,
    span_id: Option<u128>,
    trace_id: Option<u128>,
}

impl<'a> Exemplar<'a> {
    fn new(exemplar: &'a otlp::Exemplar) -> Self {
        Exemplar {
            filtered_attributes: Attributes(&exemplar.filtered_attributes),
            value: exemplar.value.map(|value| match value {
                exemplar::Value::AsInt(value) => Number::Int(value),
                exemplar::Value::AsDouble(value) => Number::Double(value),
            }),
            time_unix_nano: nanos(exemplar.time_unix_nano),
            span_id: number(&exemplar.span_id),
            trace_id: number(&exemplar.trace_id),
        }
    }
}
