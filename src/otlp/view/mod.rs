//! OTLP requests as they lie in their bytes (opentelemetry-proto 1.x): views that borrow, for
//! those who must look inside every item and cannot afford to build structs.
//!
//! A request of any signal is [groups](Group) of one resource each, these are
//! [scopes](ScopeGroup), and these are items: [`Span`], [`LogRecord`] or [`Metric`]. Unknown
//! fields are passed over; strings that are not UTF-8 are mended.

mod group;
mod log;
mod metric;
mod span;
mod value;

pub use group::{Group, Resource, Scope, ScopeGroup, groups};
pub use log::LogRecord;
pub use metric::{Figure, Metric, MetricKind, Point, Temporality};
pub use span::{Event, Link, Span, SpanKind, Status};
pub use value::{Attributes, Value, elements, entries};

use super::wire::{self, Fields, WireError};
use std::borrow::Cow;

fn text<'a>(number: u32, value: wire::Value<'a>) -> Result<Cow<'a, str>, WireError> {
    let bytes = bytes(number, value)?;
    // Nearly all of it is right, which this sees several times faster than the mending does.
    Ok(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
}

fn bytes<'a>(number: u32, value: wire::Value<'a>) -> Result<&'a [u8], WireError> {
    match value {
        wire::Value::Bytes(bytes) => Ok(bytes),
        _ => Err(WireError::Field(number)),
    }
}

fn fixed64(number: u32, value: wire::Value<'_>) -> Result<u64, WireError> {
    match value {
        wire::Value::Fixed64(n) => Ok(n),
        _ => Err(WireError::Field(number)),
    }
}

fn fixed32(number: u32, value: wire::Value<'_>) -> Result<u32, WireError> {
    match value {
        wire::Value::Fixed32(n) => Ok(n),
        _ => Err(WireError::Field(number)),
    }
}

fn double(number: u32, value: wire::Value<'_>) -> Result<f64, WireError> {
    fixed64(number, value).map(f64::from_bits)
}

fn varint(number: u32, value: wire::Value<'_>) -> Result<u64, WireError> {
    match value {
        wire::Value::Varint(n) => Ok(n),
        _ => Err(WireError::Field(number)),
    }
}

/// The occurrences of one message field, in their order. Ends at the first malformed one,
/// which cannot be there in what the receiver has checked.
fn messages(message: &[u8], wanted: u32) -> impl Iterator<Item = &[u8]> {
    let mut fields = Fields::new(message);
    std::iter::from_fn(move || {
        loop {
            match fields.next_field() {
                Ok(Some((number, wire::Value::Bytes(inner)))) if number == wanted => return Some(inner),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests;
