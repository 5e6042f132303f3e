//! The layout of Python's `json.dumps(..., indent=4)`: ASCII only, and floating point
//! numbers as Python writes them.

use serde_json::ser::{Formatter, PrettyFormatter};
use std::io::{self, Write};

/// A formatter for `serde_json`.
pub(super) struct Layout(PrettyFormatter<'static>);

impl Layout {
    pub(super) fn new() -> Self {
        Layout(PrettyFormatter::with_indent(b"    "))
    }
}

impl Formatter for Layout {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float(value).as_bytes())
    }

    /// A piece of a string without quotes, backslashes and the control characters of ASCII.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = tail.chars();
            for unit in characters.next().into_iter().flat_map(utf16) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

fn utf16(character: char) -> impl Iterator<Item = u16> {
    let mut units = [0; 2];
    let length = character.encode_utf16(&mut units).len();
    units.into_iter().take(length)
}

/// The shortest digits that give the same number again, with an exponent from 1e16 on and
/// below 1e-4 (Python's `repr`). Only for finite numbers.
fn float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// A list of strings in Python's notation, as its SDK prints a `tracestate`
/// (`"k=v,l=w"` is `['{key=k, value=v}', '{key=l, value=w}']`).
pub(super) fn trace_state(header: &str) -> String {
    let pairs: Vec<String> = header
        .split(',')
        .filter_map(|member| member.trim().split_once('='))
        .map(|(key, value)| quoted(&format!("{{key={key}, value={value}}}")))
        .collect();
    format!("[{}]", pairs.join(", "))
}

/// A string in Python's notation: single quotes, unless that saves escapes.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut result = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if c == quote => result.extend(['\\', c]),
            c if c.is_control() => result.push_str(&format!("\\x{:02x}", c as u32)),
            c => result.push(c),
        }
    }
    result.push(quote);
    result
}

/// A time as Python's SDK prints it: UTC with microseconds. It goes through a floating point
/// number of seconds there, so that the last digit may be off; we round as it does.
/// `None` for 0, which means that the time is not known.
pub(super) fn time(unix_nanos: u64) -> Option<String> {
    if unix_nanos == 0 {
        return None;
    }
    let seconds = unix_nanos as f64 / 1e9;
    let (mut whole, mut micros) = (seconds.trunc(), (seconds.fract() * 1e6).round_ties_even());
    if micros >= 1e6 {
        whole += 1.0;
        micros = 0.0;
    }
    let (date, clock) = crate::export::console::time::civil(whole as u64);
    Some(format!("{date}T{clock}.{:06}Z", micros as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (0.00001234, "1.234e-05"),
            (1e-7, "1e-07"),
            (123456789012345.0, "123456789012345.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-1.5e22, "-1.5e+22"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn trace_states() {
        assert_eq!(trace_state(""), "[]");
        assert_eq!(trace_state("k=v"), "['{key=k, value=v}']");
        assert_eq!(trace_state("a=it's, b=\"\\'"), r#"["{key=a, value=it's}", '{key=b, value="\\\'}']"#);
    }

    #[test]
    fn times() {
        assert_eq!(time(0), None);
        assert_eq!(time(1_700_000_000_123_456_789).as_deref(), Some("2023-11-14T22:13:20.123457Z"));
        assert_eq!(time(1_700_000_000_999_999_999).as_deref(), Some("2023-11-14T22:13:21.000000Z"));
        assert_eq!(time(u64::MAX).as_deref(), Some("2554-07-21T23:34:33.709553Z"));
    }
}
