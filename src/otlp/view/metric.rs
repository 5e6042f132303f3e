//! Metrics and their data points.

use super::value::Attributes;
use super::{bytes, double, fixed64, messages, text, varint};
use crate::otlp::wire::{Fields, Value, WireError};
use std::borrow::Cow;

/// `Metric`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric<'a> {
    pub name: Cow<'a, str>,
    pub unit: Cow<'a, str>,
    pub kind: MetricKind,
    pub temporality: Temporality,
    /// Of a sum.
    pub monotonic: bool,
    data: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// No data, or of a kind that does not exist yet.
    Empty,
    Gauge,
    Sum,
    Histogram,
    ExponentialHistogram,
    Summary,
}

/// `AggregationTemporality`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporality {
    Unspecified,
    Delta,
    Cumulative,
}

/// A data point of any kind, without its buckets and exemplars.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    pub attributes: Attributes<'a>,
    /// Nanoseconds since 1970; 0 when unknown.
    pub start: u64,
    pub time: u64,
    /// `NO_RECORDED_VALUE`: the series has ended.
    pub stale: bool,
    pub figure: Figure,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// Neither integer nor double was set.
    Empty,
    Int(i64),
    Double(f64),
    /// Of histograms and summaries. For a summary `min` and `max` are its quantiles 0 and 1.
    Distribution {
        count: u64,
        sum: Option<f64>,
        min: Option<f64>,
        max: Option<f64>,
    },
}

impl<'a> Metric<'a> {
    pub fn read(message: &'a [u8]) -> Result<Metric<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut metric = Metric {
            name: Cow::Borrowed(""),
            unit: Cow::Borrowed(""),
            kind: MetricKind::Empty,
            temporality: Temporality::Unspecified,
            monotonic: false,
            data: &[],
        };
        while let Some((number, value)) = fields.next_field()? {
            let kind = match number {
                1 => {
                    metric.name = text(1, value)?;
                    continue;
                }
                3 => {
                    metric.unit = text(3, value)?;
                    continue;
                }
                5 => MetricKind::Gauge,
                7 => MetricKind::Sum,
                9 => MetricKind::Histogram,
                10 => MetricKind::ExponentialHistogram,
                11 => MetricKind::Summary,
                _ => continue,
            };
            metric.kind = kind;
            metric.data = bytes(number, value)?;
        }
        let mut fields = Fields::new(metric.data);
        while let Some((number, value)) = fields.next_field()? {
            match (number, value) {
                (2, Value::Varint(1)) => metric.temporality = Temporality::Delta,
                (2, Value::Varint(2)) => metric.temporality = Temporality::Cumulative,
                (3, Value::Varint(n)) => metric.monotonic = n != 0,
                _ => {}
            }
        }
        Ok(metric)
    }

    pub fn points(&self) -> impl Iterator<Item = Result<Point<'a>, WireError>> + use<'a> {
        let kind = self.kind;
        messages(self.data, 1).map(move |message| Point::read(kind, message))
    }
}

impl<'a> Point<'a> {
    fn read(kind: MetricKind, message: &'a [u8]) -> Result<Point<'a>, WireError> {
        match kind {
            MetricKind::Empty | MetricKind::Gauge | MetricKind::Sum => Point::number(message),
            MetricKind::Histogram => Point::distribution(message, 9, [11, 12]),
            MetricKind::ExponentialHistogram => Point::distribution(message, 1, [12, 13]),
            MetricKind::Summary => Point::distribution(message, 7, [0, 0]),
        }
    }

    fn new(figure: Figure) -> Point<'a> {
        Point { attributes: Attributes::default(), start: 0, time: 0, stale: false, figure }
    }

    fn number(message: &'a [u8]) -> Result<Point<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut point = Point::new(Figure::Empty);
        while let Some((number, value)) = fields.next_field()? {
            match number {
                2 => point.start = fixed64(2, value)?,
                3 => point.time = fixed64(3, value)?,
                4 => point.figure = Figure::Double(double(4, value)?),
                6 => point.figure = Figure::Int(fixed64(6, value)? as i64),
                7 => point.attributes.push(bytes(7, value)?)?,
                8 => point.stale = varint(8, value)? & 1 != 0,
                _ => {}
            }
        }
        Ok(point)
    }

    /// `attributes` and `bounds` are the numbers of these fields, which the three kinds do not
    /// share; a summary's bounds are in its quantiles.
    fn distribution(message: &'a [u8], attributes: u32, bounds: [u32; 2]) -> Result<Point<'a>, WireError> {
        let summary = bounds == [0, 0];
        let mut fields = Fields::new(message);
        let mut point = Point::new(Figure::Empty);
        let (mut count, mut sum, mut least, mut most) = (0, None, None, None);
        while let Some((number, value)) = fields.next_field()? {
            match number {
                2 => point.start = fixed64(2, value)?,
                3 => point.time = fixed64(3, value)?,
                4 => count = fixed64(4, value)?,
                5 => sum = Some(double(5, value)?),
                6 if summary => match quantile(bytes(6, value)?)? {
                    (0.0, value) => least = Some(value),
                    (1.0, value) => most = Some(value),
                    _ => {}
                },
                n if n == attributes => point.attributes.push(bytes(n, value)?)?,
                n if n == bounds[0] => least = Some(double(n, value)?),
                n if n == bounds[1] => most = Some(double(n, value)?),
                8 if summary => point.stale = varint(8, value)? & 1 != 0,
                10 => point.stale = varint(10, value)? & 1 != 0,
                _ => {}
            }
        }
        point.figure = Figure::Distribution { count, sum, min: least, max: most };
        Ok(point)
    }
}

/// A quantile, 0 to 1, and its value.
fn quantile(message: &[u8]) -> Result<(f64, f64), WireError> {
    let mut fields = Fields::new(message);
    let (mut quantile, mut at) = (0.0, 0.0);
    while let Some((number, value)) = fields.next_field()? {
        match number {
            1 => quantile = double(1, value)?,
            2 => at = double(2, value)?,
            _ => {}
        }
    }
    Ok((quantile, at))
}
