//! Protobuf to JSON.

use crate::otlp::schema::{self, Field, Kind, MOST_FIELDS, Message, Shape};
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::{Malformed, Signal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Deepest nesting of messages, as in other implementations of protobuf.
const DEEPEST: u32 = 100;

/// Appends a protobuf-encoded request to `out` as JSON. Text that is not UTF-8 is replaced
/// by U+FFFD where it is not. On error `out` holds a part of the result.
pub fn encode(signal: Signal, request: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    message(schema::request(signal), request, out, DEEPEST)
        .map_err(|error| Malformed { signal, reason: error.to_string() })
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("nested deeper than {DEEPEST} messages")]
    TooDeep,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What is known of one field of a message.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Absent,
    Last(Value<'a>),
    /// A message field that was there more than once: its occurrences are to be merged.
    Several,
}

fn message(kind: &'static Message, bytes: &[u8], out: &mut Vec<u8>, depth: u32) -> Result<(), Error> {
    let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
    let mut slots = [Slot::Absent; MOST_FIELDS];
    let mut fields = Fields::new(bytes);
    while let Some((number, value)) = fields.next_field()? {
        let Some(index) = kind.fields.iter().position(|field| field.number == number) else { continue };
        let Some(field) = kind.fields.get(index) else { continue };
        if field.shape == Shape::Choice {
            let others = kind.fields.iter().zip(&mut slots).filter(|(other, _)| other.number != number);
            others
                .filter(|(other, _)| other.shape == Shape::Choice)
                .for_each(|(_, slot)| *slot = Slot::Absent);
        }
        if let Some(slot) = slots.get_mut(index) {
            *slot = match (*slot, field.kind) {
                (Slot::Last(_) | Slot::Several, Kind::Message(_)) => Slot::Several,
                _ => Slot::Last(value),
            };
        }
    }
    let mut separator = b'{';
    for (field, slot) in kind.fields.iter().zip(slots) {
        if matches!(slot, Slot::Absent) {
            continue;
        }
        out.extend_from_slice(&[std::mem::replace(&mut separator, b','), b'"']);
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        match slot {
            _ if field.shape == Shape::Many => list(field, bytes, out, depth)?,
            Slot::Last(value) => single(field, value, out, depth)?,
            _ => single(field, Value::Bytes(&merged(field, bytes)?), out, depth)?,
        }
    }
    out.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
    Ok(())
}

/// The occurrences of a message field, joined to one.
fn merged(field: &Field, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut joined = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, value)) = fields.next_field()? {
        match value {
            Value::Bytes(part) if number == field.number => joined.extend_from_slice(part),
            _ if number == field.number => return Err(WireError::Field(number).into()),
            _ => {}
        }
    }
    Ok(joined)
}

fn list(field: &Field, bytes: &[u8], out: &mut Vec<u8>, depth: u32) -> Result<(), Error> {
    out.push(b'[');
    let mut first = true;
    let mut fields = Fields::new(bytes);
    while let Some((number, value)) = fields.next_field()? {
        if number != field.number {
            continue;
        }
        let mut packed = Packed::of(field.kind, value);
        loop {
            let value = match &mut packed {
                Some(packed) => match packed.next()? {
                    Some(value) => value,
                    None => break,
                },
                None => value,
            };
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            single(field, value, out, depth)?;
            if packed.is_none() {
                break;
            }
        }
    }
    out.push(b']');
    Ok(())
}

/// Numbers of a repeated field, one after the other in one value.
struct Packed<'a> {
    kind: Kind,
    rest: Fields<'a>,
}

impl<'a> Packed<'a> {
    fn of(kind: Kind, value: Value<'a>) -> Option<Packed<'a>> {
        match (kind, value) {
            (Kind::String | Kind::Bytes | Kind::Id | Kind::Message(_), _) => None,
            (_, Value::Bytes(rest)) => Some(Packed { kind, rest: Fields::new(rest) }),
            _ => None,
        }
    }

    fn next(&mut self) -> Result<Option<Value<'a>>, WireError> {
        match self.kind {
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => self.rest.next_fixed64(),
            Kind::Fixed32 => self.rest.next_fixed32(),
            _ => self.rest.next_varint(),
        }
    }
}

fn single(field: &Field, value: Value<'_>, out: &mut Vec<u8>, depth: u32) -> Result<(), Error> {
    match (field.kind, value) {
        (Kind::Bool, Value::Varint(n)) => serde_json::to_writer(out, &(n != 0))?,
        (Kind::Int64, Value::Varint(n)) | (Kind::Sfixed64, Value::Fixed64(n)) => {
            quoted(&n.cast_signed(), out)?
        }
        (Kind::Uint64, Value::Varint(n)) | (Kind::Fixed64, Value::Fixed64(n)) => quoted(&n, out)?,
        // Numbers of 32 bits may be longer on the wire: the lower bits count.
        (Kind::Uint32, Value::Varint(n)) => serde_json::to_writer(out, &(n as u32))?,
        (Kind::Enum(..), Value::Varint(n)) => serde_json::to_writer(out, &(n as u32 as i32))?,
        (Kind::Sint32, Value::Varint(n)) => {
            let n = n as u32;
            serde_json::to_writer(out, &((n >> 1).cast_signed() ^ -(n & 1).cast_signed()))?;
        }
        (Kind::Fixed32, Value::Fixed32(n)) => serde_json::to_writer(out, &n)?,
        (Kind::Double, Value::Fixed64(n)) => double(f64::from_bits(n), out)?,
        (Kind::String, Value::Bytes(text)) => serde_json::to_writer(out, &String::from_utf8_lossy(text))?,
        (Kind::Bytes, Value::Bytes(bytes)) => serde_json::to_writer(out, &STANDARD.encode(bytes))?,
        (Kind::Id, Value::Bytes(bytes)) => {
            let digit = |half: u8| char::from_digit(half.into(), 16).map_or(b'0', |digit| digit as u8);
            out.push(b'"');
            out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
            out.push(b'"');
        }
        (Kind::Message(kind), Value::Bytes(bytes)) => message(kind, bytes, out, depth)?,
        _ => return Err(WireError::Field(field.number).into()),
    }
    Ok(())
}

/// Numbers of 64 bits are strings, because they do not fit into the numbers of JavaScript.
fn quoted(n: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Error> {
    out.push(b'"');
    serde_json::to_writer(&mut *out, n)?;
    out.push(b'"');
    Ok(())
}

fn double(n: f64, out: &mut Vec<u8>) -> Result<(), Error> {
    match n {
        _ if n.is_nan() => out.extend_from_slice(b"\"NaN\""),
        f64::INFINITY => out.extend_from_slice(b"\"Infinity\""),
        f64::NEG_INFINITY => out.extend_from_slice(b"\"-Infinity\""),
        n => serde_json::to_writer(out, &n)?,
    }
    Ok(())
}
