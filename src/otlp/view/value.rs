//! Attributes and their values.

use super::{bytes, messages, text, varint};
use crate::otlp::wire::{self, Fields, WireError};
use std::borrow::Cow;

/// `AnyValue`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Empty,
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    /// An `ArrayValue`, to be read with [`elements`].
    Array(&'a [u8]),
    /// A `KeyValueList`, to be read with [`entries`].
    Map(&'a [u8]),
}

impl<'a> Value<'a> {
    pub fn read(message: &'a [u8]) -> Result<Value<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut read = Value::Empty;
        while let Some((number, value)) = fields.next_field()? {
            read = match (number, value) {
                (1, value) => Value::Text(text(1, value)?),
                (2, value) => Value::Bool(varint(2, value)? != 0),
                (3, value) => Value::Int(varint(3, value)? as i64),
                (4, wire::Value::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
                (4, _) => return Err(WireError::Field(4)),
                (5, value) => Value::Array(bytes(5, value)?),
                (6, value) => Value::Map(bytes(6, value)?),
                (7, value) => Value::Bytes(bytes(7, value)?),
                _ => continue,
            };
        }
        Ok(read)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The elements of an [`Value::Array`]; malformed ones are left out.
pub fn elements(array: &[u8]) -> impl Iterator<Item = Value<'_>> {
    messages(array, 1).filter_map(|element| Value::read(element).ok())
}

/// The entries of a [`Value::Map`]; malformed ones are left out.
pub fn entries(map: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Value<'_>)> {
    messages(map, 1).filter_map(|entry| pair(entry).ok())
}

fn pair(message: &[u8]) -> Result<(Cow<'_, str>, Value<'_>), WireError> {
    let mut fields = Fields::new(message);
    let (mut key, mut value) = (Cow::Borrowed(""), Value::Empty);
    while let Some((number, field)) = fields.next_field()? {
        match number {
            1 => key = text(1, field)?,
            2 => value = Value::read(bytes(2, field)?)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// `repeated KeyValue`, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Attributes<'a> {
    /// Adds one `KeyValue`.
    #[inline]
    pub(super) fn push(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        if self.0.capacity() == 0 {
            self.0.reserve(16);
        }
        self.0.push(pair(message)?);
        Ok(())
    }

    /// Adds one `KeyValue` if its key is `wanted`, or cannot be seen at once.
    #[inline]
    pub(super) fn push_if(
        &mut self,
        message: &'a [u8],
        wanted: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), WireError> {
        match Fields::new(message).next_field()? {
            Some((1, wire::Value::Bytes(key))) if !wanted(key) => Ok(()),
            _ => self.push(message),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The first of this key. A walk over all: for a few questions.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.iter().find_map(|(known, value)| (known == key).then_some(value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
