//! What is done to attributes.

use super::attributes::Attributes;
use super::draft::{Draft, Origin};
use super::template::{LONGEST, Template, cut};
use crate::otlp::write::{put_bytes, put_fixed64, put_number};
use crate::process::select::{Found, compile, whole};
use crate::settings::shape::{AttributeAction, Change, Keys, Scalar, Source};
use regex::bytes::Regex;
use ring::digest::{SHA256, digest};
use std::borrow::Cow;

/// An [`AttributeAction`], compiled.
#[derive(Debug)]
pub(super) struct Action {
    keys: Wanted,
    change: Work,
}

#[derive(Debug)]
enum Wanted {
    Exact(Vec<u8>),
    Pattern(Regex),
}

#[derive(Debug)]
enum Work {
    Insert(From),
    Update(From),
    Upsert(From),
    Delete,
    Hash,
    /// With the numbers and names of the groups.
    Extract(Regex, Groups),
    Mask(Regex, Template),
    Rename(Vec<u8>),
}

#[derive(Debug)]
enum From {
    /// An `AnyValue`.
    Value(Vec<u8>),
    Attribute(Vec<u8>),
    Resource(Vec<u8>),
}

impl Action {
    pub(super) fn new(action: &AttributeAction) -> Result<Action, regex::Error> {
        let keys = match &action.keys {
            Keys::Exact(key) => Wanted::Exact(key.clone().into()),
            Keys::Pattern(pattern) => Wanted::Pattern(whole(pattern)?),
        };
        let change = match &action.change {
            Change::Insert(source) => Work::Insert(From::new(source)),
            Change::Update(source) => Work::Update(From::new(source)),
            Change::Upsert(source) => Work::Upsert(From::new(source)),
            Change::Delete => Work::Delete,
            Change::Hash => Work::Hash,
            Change::Extract { pattern } => {
                let regex = compile(pattern)?;
                let groups = groups(&regex);
                Work::Extract(regex, groups)
            }
            Change::Mask { pattern, replace } => {
                let regex = compile(pattern)?;
                let template = Template::new(replace, &regex);
                Work::Mask(regex, template)
            }
            Change::Rename { to } => Work::Rename(to.clone().into()),
        };
        Ok(Action { keys, change })
    }

    #[inline]
    pub(super) fn apply<'a>(&self, draft: &mut Draft<'a>, origin: &Origin<'a>) {
        match &self.keys {
            Wanted::Exact(key) => self.apply_to(key, draft, origin),
            Wanted::Pattern(_) if matches!(self.change, Work::Insert(_)) => {}
            Wanted::Pattern(pattern) => {
                let keys = draft.attributes.iter().map(|attribute| &attribute.key);
                let keys: Vec<_> = keys.filter(|key| pattern.is_match(key)).cloned().collect();
                keys.iter().for_each(|key| self.apply_to(key, draft, origin));
            }
        }
    }

    fn apply_to<'a>(&self, key: &[u8], draft: &mut Draft<'a>, origin: &Origin<'a>) {
        let attributes = &mut draft.attributes;
        match &self.change {
            Work::Insert(from) if attributes.get(key).is_none() => from.put(key, attributes, origin),
            Work::Update(from) if attributes.get(key).is_some() => from.put(key, attributes, origin),
            Work::Insert(_) | Work::Update(_) => {}
            Work::Upsert(from) => from.put(key, attributes, origin),
            Work::Delete => {
                attributes.remove(|known| known == key);
            }
            Work::Hash => {
                if let Found::Text(text) = attributes.find(key) {
                    let hash = hex(digest(&SHA256, &text).as_ref());
                    attributes.put(key, text_value(&hash).into());
                }
            }
            Work::Extract(pattern, groups) => {
                let Found::Text(text) = attributes.find(key) else { return };
                let Some(captures) = pattern.captures(&text) else { return };
                let found = groups.iter().filter_map(|(number, name)| Some((name, captures.get(*number)?)));
                let found: Vec<_> = found.map(|(name, group)| (name, text_value(group.as_bytes()))).collect();
                found.into_iter().for_each(|(name, value)| attributes.put(name, value.into()));
            }
            Work::Mask(pattern, template) => {
                let Found::Text(text) = attributes.find(key) else { return };
                if let Some(masked) = template.replace_all(pattern, &text) {
                    attributes.put(key, text_value(&masked).into());
                }
            }
            Work::Rename(to) => attributes.rename(key, to),
        }
    }
}

impl From {
    fn new(source: &Source) -> From {
        match source {
            Source::Value(scalar) => From::Value(any_value(scalar)),
            Source::Attribute(key) => From::Attribute(key.clone().into()),
            Source::Resource(key) => From::Resource(key.clone().into()),
        }
    }

    fn put<'a>(&self, key: &[u8], attributes: &mut Attributes<'a>, origin: &Origin<'a>) {
        let value: Option<Cow<'a, [u8]>> = match self {
            From::Value(value) => Some(value.clone().into()),
            From::Attribute(from) => attributes.get(from).map(|attribute| attribute.value.clone()),
            From::Resource(from) => origin.resource.get(from).map(|attribute| attribute.value.clone()),
        };
        if let Some(value) = value {
            attributes.put(key, value);
        }
    }
}

/// Named groups of a pattern: their numbers and their names.
pub(super) type Groups = Vec<(usize, Vec<u8>)>;

pub(super) fn groups(pattern: &Regex) -> Groups {
    let names = pattern.capture_names().enumerate();
    names.filter_map(|(number, name)| Some((number, name?.as_bytes().to_vec()))).collect()
}

fn any_value(scalar: &Scalar) -> Vec<u8> {
    let mut value = Vec::new();
    match scalar {
        Scalar::Text(text) => put_bytes(&mut value, 1, text.as_bytes()),
        Scalar::Bool(truth) => put_number(&mut value, 2, u64::from(*truth)),
        Scalar::Int(number) => put_number(&mut value, 3, *number as u64),
        Scalar::Double(number) => put_fixed64(&mut value, 4, number.to_bits()),
    }
    value
}

/// An `AnyValue` that is a text.
pub(super) fn text_value(text: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(text.len() + 4);
    put_bytes(&mut value, 1, text);
    value
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| DIGITS.get(usize::from(number & 15)).copied().unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The values of these attributes, joined; `None` unless all are there and can be written as text.
pub(super) fn joined(attributes: &Attributes<'_>, keys: &[Vec<u8>], separator: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            text.extend_from_slice(separator);
        }
        text.extend_from_slice(attributes.find(key).text()?);
    }
    cut(&mut text, LONGEST);
    (!keys.is_empty()).then_some(text)
}
