//! Takes out of every text what nobody may read: names, bodies, values of attributes however deep, descriptions,
//! exemplars.

mod keys;
mod patterns;
mod statement;
#[cfg(test)]
mod tests;

use super::action::text_value;
use super::draft::{Draft, EVENTS};
use super::template::Template;
use crate::otlp::schema::{self, Kind, Message};
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{LENGTH, begin, end, put_bytes, put_key};
use crate::process::select::{Found, compile};
use crate::settings::shape;
use crate::settings::shape::{Item, PATTERN_BYTES};
use keys::Keys;
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};

/// What stands in the place of what was taken out (semantic conventions, "URL").
pub(super) const REDACTED: &[u8] = b"REDACTED";

/// Nested deeper than this is nothing that is kept.
const DEEPEST: u32 = 32;

/// A [`shape::Redaction`], compiled.
#[derive(Debug)]
pub(super) struct Redactor {
    /// Tells in one look whether any pattern matches.
    any: RegexSet,
    patterns: Vec<(Regex, Template)>,
    keys: Keys,
}

/// What is known of a text by the key that it stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under<'s> {
    Nothing,
    /// All of it is secret.
    Secret,
    /// It is a statement for a database of this system.
    Statement(&'s [u8]),
}

impl Redactor {
    pub(super) fn new(redaction: &shape::Redaction) -> Result<Redactor, regex::Error> {
        let kinds = &redaction.kinds;
        let mut texts: Vec<(&str, &str)> = Vec::new();
        for kind in kinds {
            texts.extend(patterns::of(*kind));
        }
        texts
            .extend(redaction.patterns.iter().map(|(pattern, replace)| (pattern.as_str(), replace.as_str())));
        let mut compiled = Vec::with_capacity(texts.len());
        for (pattern, replace) in &texts {
            let regex = compile(pattern)?;
            let template = Template::new(replace, &regex);
            compiled.push((regex, template));
        }
        let any = RegexSetBuilder::new(texts.iter().map(|(pattern, _)| pattern))
            .size_limit(PATTERN_BYTES * texts.len().max(1))
            .dfa_size_limit(PATTERN_BYTES * 4)
            .build()?;
        Ok(Redactor { any, patterns: compiled, keys: Keys::new(kinds)? })
    }

    pub(super) fn redact(&self, draft: &mut Draft<'_>) {
        let system = match self.keys.asks_for_statements(draft.layout.item) {
            true => ["db.system.name", "db.system"]
                .into_iter()
                .find_map(|key| draft.attributes.find(key.as_bytes()).text().map(<[u8]>::to_vec))
                .unwrap_or_default(),
            false => Vec::new(),
        };
        if let Some(text) = draft.text.as_deref().and_then(|text| self.text(Under::Nothing, text)) {
            draft.rename(text);
        }
        draft.attributes.replace(|attribute| {
            let under = self.keys.under(&attribute.key, &system);
            self.value(under, &attribute.value)
        });
        let layout = draft.layout;
        for (number, whole) in &mut draft.rest {
            // Events are items of their own.
            if layout.item == Item::Span && *number == EVENTS {
                continue;
            }
            let mut out = Vec::new();
            match self.message(layout.schema, whole, Under::Nothing, &system, DEEPEST, &mut out) {
                Ok(false) => {}
                Ok(true) => {
                    *whole = out.into();
                    draft.changed = true;
                }
                // What cannot be read is not kept.
                Err(_) => {
                    *whole = Vec::new().into();
                    draft.changed = true;
                }
            }
        }
    }

    /// An `AnyValue`; `None`: it stays.
    fn value(&self, under: Under<'_>, value: &[u8]) -> Option<Vec<u8>> {
        let system = match under {
            Under::Statement(system) => system,
            Under::Nothing | Under::Secret => &[],
        };
        // Nearly always it is a text and nothing else.
        if let (Some(0x0a), Found::Text(text)) = (value.first(), Found::of(value)) {
            return self.text(under, &text).map(|text| text_value(&text));
        }
        let mut out = Vec::new();
        match self.message(&schema::ANY_VALUE, value, under, system, DEEPEST, &mut out) {
            Ok(changed) => changed.then_some(out),
            Err(_) => Some(text_value(REDACTED)),
        }
    }

    /// Writes the fields of a message; true if one is other than it was.
    fn message(
        &self,
        kind: &'static Message,
        bytes: &[u8],
        under: Under<'_>,
        system: &[u8],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let under = if std::ptr::eq(kind, &schema::KEY_VALUE) {
            self.keys.under(key(bytes)?, system).or(under)
        } else {
            under
        };
        let mut changed = false;
        let mut fields = Fields::new(bytes);
        while let Some((number, value, whole)) = fields.next_whole()? {
            let field = kind.fields.iter().find(|field| field.number == number);
            match (field, value) {
                (Some(field), Value::Bytes(inner)) => match field.kind {
                    Kind::Message(_) if depth == 0 => changed = true,
                    Kind::Message(kind) => {
                        put_key(out, number, LENGTH);
                        let start = begin(out);
                        changed |= self.message(kind, inner, under, system, depth - 1, out)?;
                        end(out, start);
                    }
                    Kind::String | Kind::Bytes if is_text(field.name) => match self.text(under, inner) {
                        Some(text) => {
                            put_bytes(out, number, &text);
                            changed = true;
                        }
                        None => out.extend_from_slice(whole),
                    },
                    _ => out.extend_from_slice(whole),
                },
                // A number may be a secret, too.
                (Some(field), _) if under == Under::Secret && field.name.ends_with("Value") => {
                    put_bytes(out, 1, REDACTED);
                    changed = true;
                }
                _ => out.extend_from_slice(whole),
            }
        }
        Ok(changed)
    }

    /// A text; `None`: it stays.
    fn text(&self, under: Under<'_>, text: &[u8]) -> Option<Vec<u8>> {
        let mut made = match under {
            Under::Secret if text == REDACTED || text.is_empty() => return None,
            Under::Secret => return Some(REDACTED.to_vec()),
            Under::Statement(system) => statement::redacted(system, text),
            Under::Nothing => None,
        };
        if self.any.is_match(made.as_deref().unwrap_or(text)) {
            for (pattern, template) in &self.patterns {
                if let Some(next) = template.replace_all(pattern, made.as_deref().unwrap_or(text)) {
                    made = Some(next);
                }
            }
        }
        made.filter(|made| made != text)
    }
}

impl Under<'_> {
    /// What lies in a secret is secret.
    fn or<'s>(self, outer: Under<'s>) -> Under<'s>
    where
        Self: 's,
    {
        match outer {
            Under::Secret => Under::Secret,
            _ => match self {
                Under::Secret => Under::Secret,
                Under::Statement(_) | Under::Nothing => outer,
            },
        }
    }
}

/// Whether a field is something that somebody wrote, by its name in the schema.
fn is_text(name: &str) -> bool {
    matches!(
        name,
        "name" | "message" | "description" | "stringValue" | "bytesValue" | "eventName" | "severityText"
    )
}

fn key(pair: &[u8]) -> Result<&[u8], WireError> {
    let mut fields = Fields::new(pair);
    let mut key: &[u8] = &[];
    while let Some((number, value)) = fields.next_field()? {
        if let (1, Value::Bytes(bytes)) = (number, value) {
            key = bytes;
        }
    }
    Ok(key)
}
