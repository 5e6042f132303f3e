//! Metrics: an envelope for each data point.

use super::{Around, Sink};
use crate::export::azure::envelope::{Envelope, Type};
use crate::export::azure::json;
use crate::otlp::view::{Figure, Metric};
use crate::otlp::wire::WireError;

pub(super) fn write(
    around: &Around<'_>,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let metric = Metric::read(item)?;
    for point in metric.points() {
        let point = point?;
        let value = match point.figure {
            Figure::Int(value) => value as f64,
            Figure::Double(value) => value,
            Figure::Distribution { sum, .. } => sum.unwrap_or_default(),
            Figure::Empty => 0.0,
        };
        let mut envelope = around.begin(line, Type::Metric, point.time, 100.0);
        envelope.data();
        point_of(&mut envelope, &metric.name, value);
        envelope.end();
        sink.envelope(line, 1);
    }
    Ok(())
}

fn point_of(envelope: &mut Envelope<'_>, name: &str, value: f64) {
    envelope.json("metrics", |out| {
        out.extend_from_slice(b"[{\"name\":");
        json::text_cut(out, name, 1024);
        out.extend_from_slice(b",\"value\":");
        json::number(out, value);
        out.extend_from_slice(b"}]");
    });
}
