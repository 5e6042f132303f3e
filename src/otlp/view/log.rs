//! Log records.

use super::value::{Attributes, Value};
use super::{bytes, fixed64, text, varint};
use crate::otlp::wire::{Fields, WireError};
use std::borrow::Cow;

/// `LogRecord`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord<'a> {
    /// Nanoseconds since 1970; 0 when the source does not know.
    pub time: u64,
    pub observed: u64,
    /// 1 to 24; 0 when unset (logs data model, "SeverityNumber").
    pub severity: u64,
    pub severity_text: Cow<'a, str>,
    pub body: Value<'a>,
    pub attributes: Attributes<'a>,
    /// 16 bytes, or empty.
    pub trace_id: &'a [u8],
    /// 8 bytes, or empty.
    pub span_id: &'a [u8],
    /// W3C trace flags in the lowest byte.
    pub flags: u32,
    pub event_name: Cow<'a, str>,
}

impl<'a> LogRecord<'a> {
    pub fn read(message: &'a [u8]) -> Result<LogRecord<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut record = LogRecord {
            time: 0,
            observed: 0,
            severity: 0,
            severity_text: Cow::Borrowed(""),
            body: Value::Empty,
            attributes: Attributes::default(),
            trace_id: &[],
            span_id: &[],
            flags: 0,
            event_name: Cow::Borrowed(""),
        };
        while let Some((number, value)) = fields.next_field()? {
            match (number, value) {
                (1, value) => record.time = fixed64(1, value)?,
                (2, value) => record.severity = varint(2, value)?,
                (3, value) => record.severity_text = text(3, value)?,
                (5, value) => record.body = Value::read(bytes(5, value)?)?,
                (6, value) => record.attributes.push(bytes(6, value)?)?,
                (8, crate::otlp::wire::Value::Fixed32(flags)) => record.flags = flags,
                (9, value) => record.trace_id = bytes(9, value)?,
                (10, value) => record.span_id = bytes(10, value)?,
                (11, value) => record.observed = fixed64(11, value)?,
                (12, value) => record.event_name = text(12, value)?,
                _ => {}
            }
        }
        Ok(record)
    }
}
