//! Exceptions: of log records and of the events of spans.

use super::{Around, Sink};
use crate::export::azure::envelope::{Envelope, Type};
use crate::export::azure::json;

/// Longest type of an exception, in UTF-16 units.
const TYPE: usize = 1024;
/// Longest message, and longest stack.
const TEXT: usize = 32768;
/// Stands for a type or a message that is missing: the service refuses an exception without.
const UNKNOWN: &str = "Exception";

/// An exception as OpenTelemetry's conventions tell it (semantic conventions, "Exceptions").
#[derive(Clone, Copy, Debug)]
pub(in crate::export::azure::map) struct Exception<'a> {
    /// Nanoseconds since 1970.
    pub(in crate::export::azure::map) time: u64,
    pub(in crate::export::azure::map) trace_id: &'a [u8],
    /// The span in which it happened.
    pub(in crate::export::azure::map) span_id: &'a [u8],
    /// Percentage that was kept of its trace.
    pub(in crate::export::azure::map) rate: f64,
    /// `exception.type`, or empty.
    pub(in crate::export::azure::map) type_name: &'a str,
    /// What to show as its message, or empty.
    pub(in crate::export::azure::map) message: &'a str,
    /// `exception.stacktrace`, in the format of its language.
    pub(in crate::export::azure::map) stack: Option<&'a str>,
    /// 0 verbose to 4 critical.
    pub(in crate::export::azure::map) severity: Option<u8>,
}

/// Writes an exception as one envelope that stands for `items` of the batch. `tags` adds tags of
/// the item; `rest` writes its properties and measurements.
pub(in crate::export::azure::map) fn write(
    around: &Around<'_>,
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
    exception: &Exception<'_>,
    items: u64,
    tags: impl FnOnce(&mut Envelope<'_>),
    rest: impl FnOnce(&mut Envelope<'_>),
) {
    let mut envelope = around.begin(line, Type::Exception, exception.time, exception.rate);
    envelope.tag_hex("ai.operation.id", exception.trace_id);
    envelope.tag_hex("ai.operation.parentId", exception.span_id);
    tags(&mut envelope);
    envelope.data();
    if let Some(severity) = exception.severity {
        envelope.number("severityLevel", f64::from(severity));
    }
    envelope.json("exceptions", |out| chain(out, exception));
    rest(&mut envelope);
    envelope.end();
    sink.envelope(line, items);
}

/// Writes the array of the exception and its causes.
fn chain(out: &mut Vec<u8>, exception: &Exception<'_>) {
    out.extend_from_slice(b"[{\"typeName\":");
    json::text_cut(out, known(exception.type_name), TYPE);
    out.extend_from_slice(b",\"message\":");
    json::text_cut(out, known(exception.message), TEXT);
    out.extend_from_slice(b",\"hasFullStack\":");
    out.extend_from_slice(if exception.stack.is_some() { b"true" } else { b"false" });
    if let Some(stack) = exception.stack.filter(|stack| !stack.is_empty()) {
        out.extend_from_slice(b",\"stack\":");
        json::text_cut(out, stack, TEXT);
    }
    out.extend_from_slice(b"}]");
}

fn known(text: &str) -> &str {
    if text.is_empty() { UNKNOWN } else { text }
}

#[cfg(test)]
mod tests;
