//! Ids of traces and spans, where a line has them.

/// What an id stands behind, in text.
const TRACES: [&str; 6] = ["trace_id", "traceId", "trace.id", "traceID", "otelTraceID", "TraceId"];
const SPANS: [&str; 6] = ["span_id", "spanId", "span.id", "spanID", "otelSpanID", "SpanId"];
const PARENT: &str = "traceparent";

/// So much of an entry is looked through, in bytes.
const MOST: usize = 4096;

/// An id of so many bytes in hexadecimal digits, not all zero.
pub(super) fn id<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut id = [0; N];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        let [high, low] = pair else { return None };
        *byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    }
    (id != [0; N]).then_some(id)
}

/// The trace, and the span if there is a trace.
pub(super) fn find(text: &str) -> (Option<[u8; 16]>, Option<[u8; 8]>) {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= MOST).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    if let Some(parent) = behind(text, PARENT) {
        let mut parts = parent.split('-').skip(1);
        let (trace, span) = (parts.next().and_then(id), parts.next().and_then(id));
        if trace.is_some() {
            return (trace, span);
        }
    }
    let of = |names: &[&str]| names.iter().find_map(|name| behind(text, name)).map(str::to_owned);
    let trace = of(&TRACES).and_then(|text| id(&text));
    (trace, trace.and_then(|_| id(&of(&SPANS)?)))
}

/// What stands behind a name and `=` or `:`, with or without quotes.
fn behind<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.get(text.find(name)? + name.len()..)?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix([':', '='])?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(rest.len());
    rest.get(..end)
}
