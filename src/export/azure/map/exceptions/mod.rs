//! Exceptions: of log records and of the events of spans.

mod chain;
mod stack;

use super::{Around, Sink};
use crate::export::azure::envelope::{Envelope, Type};

/// Longest type of an exception, in UTF-16 units.
const TYPE: usize = 1024;
/// Longest message, and longest stack.
const TEXT: usize = 32768;

/// An exception as OpenTelemetry's conventions tell it (semantic conventions, "Exceptions").
#[derive(Clone, Copy, Debug)]
pub(in crate::export::azure::map) struct Exception<'a> {
    /// Nanoseconds since 1970.
    pub(in crate::export::azure::map) time: u64,
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

/// Writes an exception as one envelope that stands for `items` of the batch. `tags` writes the
/// tags of the item, `rest` its properties and measurements.
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
    tags(&mut envelope);
    envelope.data();
    if let Some(severity) = exception.severity {
        envelope.number("severityLevel", f64::from(severity));
    }
    envelope.json("exceptions", |out| chain::write(out, exception));
    rest(&mut envelope);
    envelope.end();
    sink.envelope(line, items);
}

#[cfg(test)]
mod tests;
