//! Metrics: an envelope for each data point.

mod deltas;
mod names;
mod standard;

use super::{Around, Sink, value};
use crate::account::Loss;
use crate::clock::unix_nano;
use crate::export::azure::envelope::Type;
use crate::export::azure::json;
use crate::otlp::view::{Attributes, Figure, Metric, MetricKind, Point, Scope, Temporality};
use crate::otlp::wire::{self, WireError};
use deltas::Deltas;
use standard::Standard;

/// Longest name of a metric, in UTF-16 units.
const NAME: usize = 1024;
/// Longest namespace.
const NAMESPACE: usize = 256;

const STALE: Loss = Loss::LeftOut("end of a series");
const EMPTY: Loss = Loss::LeftOut("nothing measured");
const NOT_FINITE: Loss = Loss::Dropped("not a finite number");
const WITHOUT_SUM: Loss = Loss::Dropped("histogram without a sum");
const HTTP: Loss = Loss::LeftOut("told by standard metrics");

/// What metrics need to remember from one batch to the next.
pub(super) struct Series {
    deltas: Deltas,
    /// The resource of the group that is being mapped.
    resource: [u64; 2],
    /// Standard metrics are made of the HTTP instruments, because there are no spans.
    from_http: bool,
}

impl Series {
    /// Cumulative series that began before `since` (nanoseconds since 1970) are told from their
    /// second point on.
    pub(super) fn new(since: u64, from_http: bool) -> Series {
        Series { deltas: Deltas::new(since), resource: [0; 2], from_http }
    }

    /// What follows comes from this resource.
    pub(super) fn enter(&mut self, resource: &[u8]) {
        self.resource = self.deltas.part(resource);
    }
}

/// What a point says, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measured {
    /// The value, or the sum of `count` values.
    value: f64,
    count: u64,
    min: Option<f64>,
    max: Option<f64>,
}

impl Measured {
    /// A whole point as it is.
    fn of(figure: Figure) -> Result<Measured, Loss> {
        let (value, count, min, max) = match figure {
            // As if it were the default of the protocol.
            Figure::Empty => (0.0, 1, None, None),
            Figure::Int(value) => (value as f64, 1, None, None),
            Figure::Double(value) => (value, 1, None, None),
            Figure::Distribution { count: 0, .. } => return Err(EMPTY),
            Figure::Distribution { sum: None, .. } => return Err(WITHOUT_SUM),
            Figure::Distribution { count, sum: Some(sum), min, max } => (sum, count, min, max),
        };
        if !value.is_finite() {
            return Err(NOT_FINITE);
        }
        let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
        Ok(Measured { value, count, min: finite(min), max: finite(max) })
    }

    fn times(self, factor: f64) -> Measured {
        let times = |bound: Option<f64>| bound.map(|bound| bound * factor);
        Measured { value: self.value * factor, min: times(self.min), max: times(self.max), ..self }
    }
}

pub(super) fn write(
    around: &Around<'_>,
    series: &mut Series,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let items = wire::count_points(item)?;
    let mut seen = 0;
    let Ok(metric) = Metric::read(item) else {
        sink.left_out(super::MALFORMED, items);
        return Ok(());
    };
    let standard = if series.from_http { Standard::of(&metric) } else { None };
    let scope = series.deltas.part((&around.scope.name, &around.scope.version));
    let arrival = unix_nano();
    for point in metric.points() {
        seen += 1;
        let point = match point {
            Ok(point) => point,
            Err(_) => {
                sink.left_out(super::MALFORMED, 1);
                continue;
            }
        };
        if standard == Some(Standard::Told) {
            sink.left_out(HTTP, 1);
            continue;
        }
        let time = if point.time > 0 { point.time } else { arrival };
        match measured(series, scope, &metric, &point, time, arrival) {
            Ok(measured) => {
                envelope(around, line, &metric, &point, time, measured, standard);
                sink.envelope(line, 1);
            }
            Err(loss) => sink.left_out(loss, 1),
        }
    }
    // A metric is of one kind; points of another one that came along have no meaning.
    if items > seen {
        sink.left_out(super::MALFORMED, items - seen);
    }
    Ok(())
}

/// What is sent of a point, or why nothing is.
fn measured(
    series: &mut Series,
    scope: [u64; 2],
    metric: &Metric<'_>,
    point: &Point<'_>,
    time: u64,
    now: u64,
) -> Result<Measured, Loss> {
    if point.stale {
        return Err(STALE);
    }
    let cumulative = match metric.kind {
        MetricKind::Sum => metric.monotonic && metric.temporality == Temporality::Cumulative,
        MetricKind::Histogram | MetricKind::ExponentialHistogram => {
            metric.temporality == Temporality::Cumulative
        }
        // They know nothing else.
        MetricKind::Summary => true,
        MetricKind::Gauge | MetricKind::Empty => false,
    };
    if !cumulative {
        return Measured::of(point.figure);
    }
    // What cannot be sent must not be what the next point is compared with.
    match Measured::of(point.figure) {
        Err(EMPTY) | Ok(_) => {}
        Err(loss) => return Err(loss),
    }
    let key = series.deltas.key([series.resource, scope], metric, &point.attributes, point.start);
    series.deltas.take(key, time, point.figure, now)
}

fn envelope(
    around: &Around<'_>,
    line: &mut Vec<u8>,
    metric: &Metric<'_>,
    point: &Point<'_>,
    time: u64,
    measured: Measured,
    standard: Option<Standard>,
) {
    let mut envelope = around.begin(line, Type::Metric, time, 100.0);
    let synthetic = is_synthetic(&point.attributes);
    if synthetic {
        envelope.tag("ai.operation.syntheticSource", "True", 1024);
    }
    envelope.data();
    let namespace = if around.settings.metric_namespace { around.scope } else { &Scope::default() };
    let name = names::performance_counter(&metric.name).unwrap_or(&metric.name);
    let factor = standard.map_or(1.0, |_| standard::factor(metric));
    envelope.json("metrics", |out| data_point(out, name, &namespace.name, measured.times(factor)));
    envelope.object("properties");
    match standard {
        Some(standard) => standard.properties(&mut envelope, around.context, &point.attributes, synthetic),
        None => {
            for (key, value) in point.attributes.iter() {
                value::property(&mut envelope, key, value);
            }
            if !is_predefined(name, &point.attributes) {
                around.context.properties.write(&mut envelope, &point.attributes);
            }
        }
    }
    envelope.end_object();
    envelope.end();
}

/// The one element of `metrics`: the service stores no more than the first.
fn data_point(out: &mut Vec<u8>, name: &str, namespace: &str, measured: Measured) {
    out.extend_from_slice(b"[{");
    if !namespace.is_empty() {
        out.extend_from_slice(b"\"ns\":");
        json::text_cut(out, namespace, NAMESPACE);
        out.push(b',');
    }
    out.extend_from_slice(b"\"name\":");
    json::text_cut(out, name, NAME);
    out.extend_from_slice(b",\"value\":");
    json::number(out, measured.value);
    out.extend_from_slice(b",\"count\":");
    json::integer(out, measured.count.min(i32::MAX as u64) as i64);
    for (field, bound) in [(",\"min\":", measured.min), (",\"max\":", measured.max)] {
        if let Some(bound) = bound {
            out.extend_from_slice(field.as_bytes());
            json::number(out, bound);
        }
    }
    out.extend_from_slice(b"}]");
}

/// Whether the service knows the metric and its dimensions: further ones would split its charts.
fn is_predefined(name: &str, attributes: &Attributes<'_>) -> bool {
    name.starts_with('\\') || attributes.get("_MS.MetricId").is_some()
}

/// Whether a robot or a test caused it.
fn is_synthetic(attributes: &Attributes<'_>) -> bool {
    attributes.iter().any(|(key, value)| match (key, value.as_text()) {
        ("user_agent.synthetic.type", Some(kind)) => matches!(kind, "bot" | "test"),
        ("user_agent.original" | "http.user_agent", Some(agent)) => agent.contains("AlwaysOn"),
        ("operation/synthetic", Some(said)) => said == "True",
        _ => false,
    })
}

#[cfg(test)]
mod tests;
