//! Attribute values as text: of properties, of messages.

use crate::export::azure::envelope::{Envelope, VALUE};
use crate::export::azure::json;
use crate::otlp::view::{Value, elements, entries};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// Longest value of the properties in [`LONG`], in UTF-16 units.
const LONG_VALUE: usize = 262_144;

/// Content of conversations, which the portal shows in full.
const LONG: [&str; 7] = [
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.evaluation.explanation",
];

/// Values nested deeper are `null`: no stack is deep enough for every message.
const DEPTH: usize = 32;

/// Writes an attribute as a property. One without a value is left out.
pub(in crate::export::azure) fn property(envelope: &mut Envelope<'_>, key: &str, value: &Value<'_>) {
    let limit = if key.starts_with("gen_ai.") && LONG.contains(&key) { LONG_VALUE } else { VALUE };
    match value {
        Value::Empty => {}
        Value::Text(text) => envelope.property_json(key, |out| json::text_cut(out, text, limit)),
        Value::Bool(value) => envelope.property(key, if *value { "true" } else { "false" }),
        Value::Int(value) => envelope.property_json(key, |out| {
            out.push(b'"');
            json::integer(out, *value);
            out.push(b'"');
        }),
        other => envelope.property_json(key, |out| json::text_cut(out, &text(other), limit)),
    }
}

/// A value as text: arrays and maps as JSON, bytes in base64, nothing as nothing.
pub(in crate::export::azure) fn text<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Empty => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Int(value) => Cow::Owned(value.to_string()),
        Value::Double(value) if value.is_nan() => Cow::Borrowed("NaN"),
        Value::Double(value) if value.is_infinite() => {
            Cow::Borrowed(if *value > 0.0 { "Infinity" } else { "-Infinity" })
        }
        Value::Bytes(bytes) => Cow::Owned(STANDARD.encode(bytes)),
        Value::Double(_) | Value::Array(_) | Value::Map(_) => {
            let mut out = Vec::new();
            write(&mut out, value, DEPTH);
            // Written from text and ASCII alone.
            Cow::Owned(String::from_utf8(out).unwrap_or_default())
        }
    }
}

/// Appends a value as JSON, with blanks as Python's exporter has them.
fn write(out: &mut Vec<u8>, value: &Value<'_>, depth: usize) {
    match value {
        Value::Text(text) => json::text(out, text),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Int(value) => json::integer(out, *value),
        Value::Double(value) if value.is_finite() => json::number(out, *value),
        Value::Bytes(bytes) => json::text(out, &STANDARD.encode(bytes)),
        Value::Array(array) if depth > 0 => {
            out.push(b'[');
            for (at, element) in elements(array).enumerate() {
                separate(out, at);
                write(out, &element, depth - 1);
            }
            out.push(b']');
        }
        Value::Map(map) if depth > 0 => {
            out.push(b'{');
            for (at, (key, value)) in entries(map).enumerate() {
                separate(out, at);
                json::text(out, &key);
                out.extend_from_slice(b": ");
                write(out, &value, depth - 1);
            }
            out.push(b'}');
        }
        Value::Empty | Value::Double(_) | Value::Array(_) | Value::Map(_) => out.extend_from_slice(b"null"),
    }
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.extend_from_slice(b", ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `field` of a protobuf message that holds `inside`.
    fn message(field: u8, inside: &[u8]) -> Vec<u8> {
        let mut out = vec![field << 3 | 2];
        let mut length = inside.len();
        while length > 127 {
            out.push(length as u8 | 128);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(inside);
        out
    }

    #[test]
    fn depth_has_an_end() {
        for field in [5, 6] {
            // A list in a list, or a map in a map.
            let mut value = message(1, b"x");
            for _ in 0..5000 {
                let element = if field == 5 { value } else { message(2, &value) };
                value = message(field, &message(1, &element));
            }
            let read = Value::read(&value).unwrap();
            let text = text(&read);
            assert!(text.contains("null"), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        }
    }
}
