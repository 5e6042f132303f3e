//! Values as text.

use crate::otlp::view::Value;
use crate::otlp::wire::{self, Fields};
use std::borrow::Cow;

/// What is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found<'a> {
    Nothing,
    /// It is no text, nor can it be written as one: a list, a map, bytes.
    Other,
    /// A text, a number or a boolean.
    Text(Cow<'a, [u8]>),
}

impl<'a> Found<'a> {
    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Found::Text(text) => Some(text),
            Found::Nothing | Found::Other => None,
        }
    }

    /// Of an `AnyValue` as its bytes.
    #[inline]
    pub(crate) fn of(any_value: &'a [u8]) -> Found<'a> {
        let mut fields = Fields::new(any_value);
        let mut found = Found::Other;
        while let Ok(Some((number, value))) = fields.next_field() {
            found = match (number, value) {
                (1, wire::Value::Bytes(text)) => Found::Text(text.into()),
                (2, wire::Value::Varint(truth)) => boolean(truth != 0),
                (3, wire::Value::Varint(number)) => int(number as i64),
                (4, wire::Value::Fixed64(bits)) => double(f64::from_bits(bits)),
                _ => Found::Other,
            };
        }
        found
    }

    pub(crate) fn of_value(value: Option<&'a Value<'_>>) -> Found<'a> {
        match value {
            None => Found::Nothing,
            Some(Value::Text(text)) => Found::Text(text.as_bytes().into()),
            Some(Value::Bool(truth)) => boolean(*truth),
            Some(Value::Int(number)) => int(*number),
            Some(Value::Double(number)) => double(*number),
            Some(Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::Map(_)) => Found::Other,
        }
    }
}

fn boolean(truth: bool) -> Found<'static> {
    Found::Text(Cow::Borrowed(if truth { b"true" } else { b"false" }))
}

fn int(number: i64) -> Found<'static> {
    Found::Text(number.to_string().into_bytes().into())
}

/// With a fraction in any case, as most languages write it: `1.0`.
fn double(number: f64) -> Found<'static> {
    Found::Text(format!("{number:?}").into_bytes().into())
}
