//! Links: other traces that a span continues, and how long messages waited for it.

use crate::export::azure::envelope::Envelope;
use crate::export::azure::json;
use crate::otlp::view::{Link, Span, Value};

/// How many links one property of 8192 characters can hold whole: the portal parses it.
const MOST: usize = 100;

fn links<'a>(span: &Span<'a>) -> impl Iterator<Item = Link<'a>> {
    span.links.iter().filter_map(|link| Link::read(link).ok())
}

/// Writes the property `_MS.links`.
pub(super) fn write(envelope: &mut Envelope<'_>, span: &Span<'_>) {
    let valid = |link: &Link<'_>| link.trace_id.len() == 16 && link.span_id.len() == 8;
    let mut links = links(span).filter(valid).take(MOST).peekable();
    if links.peek().is_none() {
        return;
    }
    envelope.property_json("_MS.links", |out| {
        for (at, link) in links.enumerate() {
            out.extend_from_slice(if at == 0 { b"\"[{" } else { b",{" });
            out.extend_from_slice(br#"\"operation_Id\":\""#);
            json::hex(out, link.trace_id);
            out.extend_from_slice(br#"\",\"id\":\""#);
            json::hex(out, link.span_id);
            out.extend_from_slice(br#"\"}"#);
        }
        out.extend_from_slice(b"]\"");
    });
}

/// Milliseconds that the messages of the links waited, on average: from `enqueuedTime` of each
/// (milliseconds since 1970) to the start of the span.
pub(super) fn time_since_enqueued(span: &Span<'_>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for link in links(span) {
        let enqueued = match link.attributes.get("enqueuedTime") {
            Some(Value::Int(time)) => *time,
            // Beyond the range of the type it is the nearest number within.
            Some(Value::Double(time)) if time.is_finite() => *time as i64,
            Some(Value::Text(time)) => match time.trim().parse() {
                Ok(time) => time,
                Err(_) => continue,
            },
            _ => continue,
        };
        let waited = i128::from(span.start) - i128::from(enqueued) * 1_000_000;
        sum += waited.max(0) as f64 / 1e6;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}
