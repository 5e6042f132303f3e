//! Data points of all kinds, each as one piece of text.

use crate::otlp::exponential::upper_bound;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
};
use std::fmt::Write;

pub(super) struct Point<'a> {
    pub(super) attributes: &'a [KeyValue],
    pub(super) time_unix_nano: u64,
    pub(super) value: String,
}

/// The points of a metric; histograms with or without their buckets.
pub(super) fn points(metric: &Metric, buckets: bool) -> Vec<Point<'_>> {
    match &metric.data {
        None => Vec::new(),
        Some(Data::Gauge(gauge)) => gauge.data_points.iter().map(number).collect(),
        Some(Data::Sum(sum)) => sum.data_points.iter().map(number).collect(),
        Some(Data::Histogram(histogram)) => {
            histogram.data_points.iter().map(|point| explicit(point, buckets)).collect()
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            histogram.data_points.iter().map(|point| exponential(point, buckets)).collect()
        }
        Some(Data::Summary(summary)) => summary.data_points.iter().map(quantiles).collect(),
    }
}

fn number(point: &NumberDataPoint) -> Point<'_> {
    let value = match point.value {
        Some(Value::AsInt(value)) => value.to_string(),
        Some(Value::AsDouble(value)) => format!("{value:?}"),
        None => "no value".into(),
    };
    Point { attributes: &point.attributes, time_unix_nano: point.time_unix_nano, value }
}

fn explicit(point: &HistogramDataPoint, buckets: bool) -> Point<'_> {
    let mut value = distribution(point.count, point.sum, point.min, point.max);
    if buckets {
        let bounds = point.explicit_bounds.iter().copied().chain([f64::INFINITY]);
        for (bound, count) in bounds.zip(&point.bucket_counts) {
            bucket(&mut value, bound, *count);
        }
    }
    Point { attributes: &point.attributes, time_unix_nano: point.time_unix_nano, value }
}

fn exponential(point: &ExponentialHistogramDataPoint, buckets: bool) -> Point<'_> {
    let mut value = distribution(point.count, point.sum, point.min, point.max);
    if buckets {
        if let Some(negative) = &point.negative {
            for (index, count) in negative.bucket_counts.iter().enumerate().rev() {
                // Mirrored: the bound that is nearer to zero is the upper one.
                let index = i64::from(negative.offset) + index as i64 - 1;
                bucket(&mut value, -upper_bound(point.scale, index), *count);
            }
        }
        if point.zero_count > 0 {
            push(&mut value, format_args!(" zero={}", point.zero_count));
        }
        if let Some(positive) = &point.positive {
            for (index, count) in (i64::from(positive.offset)..).zip(&positive.bucket_counts) {
                bucket(&mut value, upper_bound(point.scale, index), *count);
            }
        }
    }
    Point { attributes: &point.attributes, time_unix_nano: point.time_unix_nano, value }
}

fn quantiles(point: &SummaryDataPoint) -> Point<'_> {
    let mut value = format!("count={} sum={:?}", point.count, point.sum);
    for at in &point.quantile_values {
        push(&mut value, format_args!(" q{:?}={:?}", at.quantile, at.value));
    }
    Point { attributes: &point.attributes, time_unix_nano: point.time_unix_nano, value }
}

fn distribution(count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> String {
    let mut text = format!("count={count}");
    for (name, value) in [("sum", sum), ("min", min), ("max", max)] {
        if let Some(value) = value {
            push(&mut text, format_args!(" {name}={value:?}"));
        }
    }
    text
}

fn bucket(text: &mut String, bound: f64, count: u64) {
    push(text, format_args!(" le{bound:?}={count}"));
}

/// Writing to a string cannot fail.
fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}
