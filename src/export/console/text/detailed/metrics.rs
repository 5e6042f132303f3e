//! Metrics, point by point.

use super::{attributes, entry};
use crate::export::console::text::value::Hex;
use crate::export::console::time::stamp;
use crate::otlp::exponential::upper_bound;
use crate::plain::Plain;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint, SummaryDataPoint, exemplar, number_data_point,
};
use std::io::{self, Write};

pub(super) fn metric(out: &mut Vec<u8>, index: usize, metric: &Metric) -> io::Result<()> {
    writeln!(out, "Metric #{index}")?;
    writeln!(out, "Descriptor:")?;
    entry(out, "Name", Plain(&metric.name))?;
    entry(out, "Description", Plain(&metric.description))?;
    entry(out, "Unit", Plain(&metric.unit))?;
    let name = match &metric.data {
        None => "Empty",
        Some(Data::Gauge(_)) => "Gauge",
        Some(Data::Sum(_)) => "Sum",
        Some(Data::Histogram(_)) => "Histogram",
        Some(Data::ExponentialHistogram(_)) => "ExponentialHistogram",
        Some(Data::Summary(_)) => "Summary",
    };
    entry(out, "DataType", name)?;
    attributes(out, "     -> Metadata", "     ", &metric.metadata)?;
    match &metric.data {
        None => Ok(()),
        Some(Data::Gauge(gauge)) => each(out, &gauge.data_points, number),
        Some(Data::Sum(sum)) => {
            entry(out, "IsMonotonic", sum.is_monotonic)?;
            temporality(out, sum.aggregation_temporality())?;
            each(out, &sum.data_points, number)
        }
        Some(Data::Histogram(histogram)) => {
            temporality(out, histogram.aggregation_temporality())?;
            each(out, &histogram.data_points, explicit)
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            temporality(out, histogram.aggregation_temporality())?;
            each(out, &histogram.data_points, exponential)
        }
        Some(Data::Summary(summary)) => each(out, &summary.data_points, quantiles),
    }
}

fn temporality(out: &mut Vec<u8>, temporality: AggregationTemporality) -> io::Result<()> {
    entry(out, "AggregationTemporality", format!("{temporality:?}"))
}

fn each<P>(
    out: &mut Vec<u8>,
    points: &[P],
    write: fn(&mut Vec<u8>, usize, &P) -> io::Result<()>,
) -> io::Result<()> {
    points.iter().enumerate().try_for_each(|(index, point)| write(out, index, point))
}

fn number(out: &mut Vec<u8>, index: usize, point: &NumberDataPoint) -> io::Result<()> {
    begin(out, "Number", index, &point.attributes, point.start_time_unix_nano, point.time_unix_nano)?;
    match point.value {
        Some(number_data_point::Value::AsInt(value)) => writeln!(out, "Value: {value}")?,
        Some(number_data_point::Value::AsDouble(value)) => writeln!(out, "Value: {value:?}")?,
        None => {}
    }
    exemplars(out, &point.exemplars)
}

fn explicit(out: &mut Vec<u8>, index: usize, point: &HistogramDataPoint) -> io::Result<()> {
    begin(out, "Histogram", index, &point.attributes, point.start_time_unix_nano, point.time_unix_nano)?;
    distribution(out, point.count, point.sum, point.min, point.max)?;
    for (index, bound) in point.explicit_bounds.iter().enumerate() {
        writeln!(out, "ExplicitBounds #{index}: {bound:?}")?;
    }
    for (index, count) in point.bucket_counts.iter().enumerate() {
        writeln!(out, "Buckets #{index}, Count: {count}")?;
    }
    exemplars(out, &point.exemplars)
}

fn exponential(out: &mut Vec<u8>, index: usize, point: &ExponentialHistogramDataPoint) -> io::Result<()> {
    let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
    begin(out, "ExponentialHistogram", index, &point.attributes, start, time)?;
    distribution(out, point.count, point.sum, point.min, point.max)?;
    let bounds = |offset: i32, index: usize| {
        let index = i64::from(offset) + index as i64;
        (upper_bound(point.scale, index - 1), upper_bound(point.scale, index))
    };
    let negative = point.negative.clone().unwrap_or_default();
    for (index, count) in negative.bucket_counts.iter().enumerate().rev() {
        let (lower, upper) = bounds(negative.offset, index);
        writeln!(out, "Bucket [{:?}, {:?}), Count: {count}", -upper, -lower)?;
    }
    if point.zero_count != 0 {
        let threshold = point.zero_threshold;
        writeln!(out, "Bucket [{:?}, {threshold:?}], Count: {}", 0.0 - threshold, point.zero_count)?;
    }
    let positive = point.positive.clone().unwrap_or_default();
    for (index, count) in positive.bucket_counts.iter().enumerate() {
        let (lower, upper) = bounds(positive.offset, index);
        writeln!(out, "Bucket ({lower:?}, {upper:?}], Count: {count}")?;
    }
    exemplars(out, &point.exemplars)
}

fn quantiles(out: &mut Vec<u8>, index: usize, point: &SummaryDataPoint) -> io::Result<()> {
    begin(out, "Summary", index, &point.attributes, point.start_time_unix_nano, point.time_unix_nano)?;
    distribution(out, point.count, Some(point.sum), None, None)?;
    for (index, at) in point.quantile_values.iter().enumerate() {
        let (quantile, value) = (at.quantile, at.value);
        writeln!(out, "QuantileValue #{index}: Quantile {quantile:?}, Value {value:?}")?;
    }
    Ok(())
}

fn begin(
    out: &mut Vec<u8>,
    kind: &str,
    index: usize,
    pairs: &[KeyValue],
    start_unix_nano: u64,
    time_unix_nano: u64,
) -> io::Result<()> {
    writeln!(out, "{kind}DataPoints #{index}")?;
    attributes(out, "Data point attributes", "", pairs)?;
    writeln!(out, "StartTimestamp: {}", stamp(start_unix_nano))?;
    writeln!(out, "Timestamp: {}", stamp(time_unix_nano))
}

fn distribution(
    out: &mut Vec<u8>,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
) -> io::Result<()> {
    writeln!(out, "Count: {count}")?;
    for (name, value) in [("Sum", sum), ("Min", min), ("Max", max)] {
        if let Some(value) = value {
            writeln!(out, "{name}: {value:?}")?;
        }
    }
    Ok(())
}

fn exemplars(out: &mut Vec<u8>, exemplars: &[Exemplar]) -> io::Result<()> {
    if !exemplars.is_empty() {
        writeln!(out, "Exemplars:")?;
    }
    for (index, exemplar) in exemplars.iter().enumerate() {
        writeln!(out, "Exemplar #{index}")?;
        entry(out, "Trace ID", Hex(&exemplar.trace_id))?;
        entry(out, "Span ID", Hex(&exemplar.span_id))?;
        entry(out, "Timestamp", stamp(exemplar.time_unix_nano))?;
        match exemplar.value {
            Some(exemplar::Value::AsInt(value)) => entry(out, "Value", value)?,
            Some(exemplar::Value::AsDouble(value)) => entry(out, "Value", format!("{value:?}"))?,
            None => {}
        }
        attributes(out, "     -> FilteredAttributes", "     ", &exemplar.filtered_attributes)?;
    }
    Ok(())
}
