//! JSON to protobuf.

use crate::otlp::schema::{self, Field, Kind, Message, Shape};
use crate::otlp::write::{FIXED32, FIXED64, LENGTH, VARINT, begin, end, put_key, put_varint};
use crate::otlp::{Malformed, Signal};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::fmt;

/// Turns a request in JSON into protobuf. Nesting is bounded by the JSON parser, to less than
/// what parsers of protobuf accept.
pub fn decode(signal: Signal, json: &[u8]) -> Result<Bytes, Malformed> {
    let malformed = |error: serde_json::Error| Malformed { signal, reason: reason(&error) };
    // Protobuf is never longer than its JSON by more than a few bytes a value.
    let mut out = Vec::with_capacity(json.len() / 2);
    let mut parser = serde_json::Deserializer::from_slice(json);
    Object { kind: schema::request(signal), out: &mut out }.deserialize(&mut parser).map_err(malformed)?;
    parser.end().map_err(malformed)?;
    out.shrink_to_fit();
    Ok(out.into())
}

/// Where and of what kind; the parser's own text repeats parts of the input.
fn reason(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "unexpected value",
        serde_json::error::Category::Eof => "truncated JSON",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "invalid JSON",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

/// A message: its fields are appended to `out`.
struct Object<'a> {
    kind: &'static Message,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key_seed(Key(self.kind))? {
            match field {
                Some(field) => map.next_value_seed(Member { field, out: self.out })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The name of a field; `None` if the message has none of this name.
struct Key(&'static Message);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static Field>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.fields.iter().find(|field| field.name == name))
    }
}

/// The value of a field, with its key on the wire before it. `null` is the same as absent.
struct Member<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        let Member { field, out } = self;
        match field.shape {
            Shape::Many => parser.deserialize_seq(List { field, out }),
            Shape::One | Shape::Choice => Single { field, out }.deserialize(parser),
        }
    }
}

/// A repeated field. Numbers are packed.
struct List<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let List { field, out } = self;
        if matches!(field.kind, Kind::String | Kind::Bytes | Kind::Id | Kind::Message(_)) {
            while list.next_element_seed(Single { field, out })?.is_some() {}
            return Ok(());
        }
        put_key(out, field.number, LENGTH);
        let start = begin(out);
        while list.next_element_seed(Number { field, keyed: false, out })?.is_some() {}
        end(out, start);
        Ok(())
    }
}

/// One value with its key.
struct Single<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Single<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        let Single { field, out } = self;
        match field.kind {
            Kind::Message(kind) => {
                put_key(out, field.number, LENGTH);
                let start = begin(out);
                Object { kind, out }.deserialize(parser)?;
                end(out, start);
                Ok(())
            }
            Kind::String | Kind::Bytes | Kind::Id => parser.deserialize_str(Text { field, out }),
            _ => Number { field, keyed: true, out }.deserialize(parser),
        }
    }
}

/// A string, or bytes in their textual form.
struct Text<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.field.kind {
            Kind::Id => "hexadecimal digits",
            Kind::Bytes => "base64",
            _ => "a string",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        put_key(self.out, self.field.number, LENGTH);
        let start = begin(self.out);
        let valid = match self.field.kind {
            Kind::Id => put_hex(self.out, text.as_bytes()),
            Kind::Bytes => {
                let engine = if text.contains(['-', '_']) { &BASE64_URL } else { &BASE64 };
                engine.decode_vec(text, self.out).is_ok()
            }
            _ => {
                self.out.extend_from_slice(text.as_bytes());
                true
            }
        };
        if !valid {
            return Err(E::invalid_value(Unexpected::Str(text), &self));
        }
        end(self.out, start);
        Ok(())
    }
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// A number, a boolean or an enum. Numbers may be written as strings, enums by name.
struct Number<'a> {
    field: &'static Field,
    /// Whether the value has its key before it.
    keyed: bool,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Number<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl Number<'_> {
    fn key(&mut self, wire_type: u32) {
        if self.keyed {
            put_key(self.out, self.field.number, wire_type);
        }
    }

    fn integer<E: Error>(mut self, n: i128) -> Result<(), E> {
        let out_of_range = E::custom("out of range");
        let unsigned = u64::try_from(n);
        let signed = i64::try_from(n);
        match self.field.kind {
            Kind::Double => return self.double(n as f64),
            Kind::Int64 => {
                let n = signed.map_err(|_| out_of_range)?;
                self.key(VARINT);
                put_varint(self.out, n.cast_unsigned());
            }
            Kind::Uint64 => {
                let n = unsigned.map_err(|_| out_of_range)?;
                self.key(VARINT);
                put_varint(self.out, n);
            }
            Kind::Uint32 => {
                let n = u32::try_from(n).map_err(|_| out_of_range)?;
                self.key(VARINT);
                put_varint(self.out, n.into());
            }
            Kind::Enum(..) => {
                let n = i32::try_from(n).map_err(|_| out_of_range)?;
                self.key(VARINT);
                put_varint(self.out, i64::from(n).cast_unsigned());
            }
            Kind::Sint32 => {
                let n = i32::try_from(n).map_err(|_| out_of_range)?;
                self.key(VARINT);
                put_varint(self.out, ((n << 1) ^ (n >> 31)).cast_unsigned().into());
            }
            Kind::Fixed32 => {
                let n = u32::try_from(n).map_err(|_| out_of_range)?;
                self.key(FIXED32);
                self.out.extend_from_slice(&n.to_le_bytes());
            }
            Kind::Fixed64 => {
                let n = unsigned.map_err(|_| out_of_range)?;
                self.key(FIXED64);
                self.out.extend_from_slice(&n.to_le_bytes());
            }
            Kind::Sfixed64 => {
                let n = signed.map_err(|_| out_of_range)?;
                self.key(FIXED64);
                self.out.extend_from_slice(&n.to_le_bytes());
            }
            Kind::Bool | Kind::String | Kind::Bytes | Kind::Id | Kind::Message(_) => {
                return Err(E::custom("not a number"));
            }
        }
        Ok(())
    }

    fn double<E: Error>(mut self, n: f64) -> Result<(), E> {
        if matches!(self.field.kind, Kind::Double) {
            self.key(FIXED64);
            self.out.extend_from_slice(&n.to_le_bytes());
            return Ok(());
        }
        // Integers may be written as 1.0 or 1e3.
        if n.fract() != 0.0 || n.abs() >= 2f64.powi(64) {
            return Err(E::invalid_type(Unexpected::Float(n), &self));
        }
        self.integer(n as i128)
    }
}

impl Visitor<'_> for Number<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.field.kind {
            Kind::Bool => "a boolean",
            Kind::Enum(..) => "an enum",
            _ => "a number",
        })
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        if !matches!(self.field.kind, Kind::Bool) {
            return Err(E::invalid_type(Unexpected::Bool(value), &self));
        }
        self.key(VARINT);
        self.out.push(value.into());
        Ok(())
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        self.integer(n.into())
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<(), E> {
        self.integer(n.into())
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<(), E> {
        self.double(n)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if let Kind::Enum(prefix, names) = self.field.kind {
            let name = text.strip_prefix(prefix).unwrap_or_default();
            if let Some(n) = names.iter().position(|known| *known == name) {
                return self.integer(n as i128);
            }
        }
        let number = match (self.field.kind, text) {
            (Kind::Double, "NaN") => return self.double(f64::NAN),
            (Kind::Double, "Infinity") => return self.double(f64::INFINITY),
            (Kind::Double, "-Infinity") => return self.double(f64::NEG_INFINITY),
            // Digits only: the words that `parse` knows for floats are others than JSON's.
            _ if text.ends_with(|last: char| last.is_ascii_digit()) => text,
            _ => "",
        };
        match (number.parse::<i128>(), number.parse::<f64>()) {
            (Ok(n), _) if !matches!(self.field.kind, Kind::Double) => self.integer(n),
            (_, Ok(n)) => self.double(n),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

/// `false`: not hexadecimal.
fn put_hex(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (pairs, rest) = text.as_chunks::<2>();
    for [high, low] in pairs {
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return false };
        out.push((high << 4 | low) as u8);
    }
    rest.is_empty()
}
