//! Stack traces as text, in the formats of many languages: who threw what, from where, because of what.
//!
//! The format is told by the text itself. Every parser reads its text once, line by line.

mod dotnet;
mod frames;
mod go;
mod java;
mod node;
mod php;
mod python;
mod ruby;
mod rust;

pub(super) use frames::{Frame, Frames};

use std::borrow::Cow;

/// Bytes of a text that are read. What throws stands at the end in Python, else at the front.
const LONGEST: usize = 256 * 1024;

/// One exception of a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Thrown<'a> {
    /// Its type and message as the text has them: `ValueError: no`.
    pub(super) title: Cow<'a, str>,
    pub(super) frames: Frames<'a>,
    /// The place in the list of the exception that this one caused, or that holds it.
    pub(super) outer: Option<usize>,
}

/// The exceptions of a text, the one that was reported first; empty when the format is unknown.
pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    if python::recognises(text) {
        return python::parse(end(text, LONGEST));
    }
    let text = start(text, LONGEST);
    if go::recognises(text) {
        return go::parse(text);
    }
    for line in text.lines() {
        if let Some(place) = line.trim_start().strip_prefix("at ") {
            if node::frame(place).is_some() {
                return node::parse(text);
            }
            if java::frame(place).is_some() {
                return java::parse(text);
            }
            if dotnet::frame(place).is_some() {
                return dotnet::parse(text);
            }
        } else if php::call(line).is_some() {
            return php::parse(text);
        } else if rust::name(line).is_some() {
            return rust::parse(text);
        } else if ruby::frame(line).is_some() {
            return ruby::parse(text);
        }
    }
    Vec::new()
}

impl<'a> Thrown<'a> {
    fn new(title: &'a str, outer: Option<usize>) -> Thrown<'a> {
        Thrown { title: Cow::Borrowed(title), frames: Frames::default(), outer }
    }

    /// Type and message of the title; one without a type is a message.
    pub(super) fn split(&self) -> (&str, &str) {
        split(&self.title)
    }

    /// Adds a line to the title.
    fn more(&mut self, line: &'a str) {
        if self.title.is_empty() {
            self.title = Cow::Borrowed(line);
        } else {
            let title = self.title.to_mut();
            title.push('\n');
            title.push_str(line);
        }
    }
}

/// A type has no blanks, but may have a code: `Error [E_X]: no`.
fn split(title: &str) -> (&str, &str) {
    let title = title.trim();
    let first = title.lines().next().unwrap_or_default();
    let (kind, message) = match first.find(": ") {
        Some(colon) => title.split_at(colon),
        None => title.split_at(first.trim_end_matches(':').len()),
    };
    let name = kind.split_once(" [").map_or(kind, |(name, _)| name);
    if name.is_empty() || name.contains(char::is_whitespace) {
        return ("", title);
    }
    (kind, message.trim_start_matches(':').trim())
}

/// Splits `file:12` into its parts.
fn located(place: &str) -> Option<(&str, u32)> {
    let (file, digits) = place.rsplit_once(':')?;
    number(digits).map(|line| (file, line))
}

/// Decimal digits and nothing else.
fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn start(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

fn end(text: &str, bytes: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(bytes))..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
