//! Actions of an attribute processor.

use super::fields::Fields;
use super::pattern;
use crate::settings::file::scalar::{Scalar as Written, ScalarKind};
use crate::settings::shape::{AttributeAction, Change, Keys, Scalar, Source};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Insert,
    Update,
    Upsert,
    Delete,
    Hash,
    Extract,
    Mask,
    Rename,
}

const ACTIONS: [(&str, Action); 8] = [
    ("insert", Action::Insert),
    ("update", Action::Update),
    ("upsert", Action::Upsert),
    ("delete", Action::Delete),
    ("hash", Action::Hash),
    ("extract", Action::Extract),
    ("mask", Action::Mask),
    ("rename", Action::Rename),
];

/// Reads the actions; what is wrong with them is said.
pub(super) fn actions(fields: &Fields<'_>, own: bool) -> Vec<AttributeAction> {
    let entries = fields.list("actions");
    if entries.is_empty() {
        fields.missing("actions");
    }
    let mut actions = Vec::new();
    for entry in entries {
        if let Some(action) = action(&entry, own) {
            actions.push(action);
        }
        entry.finish();
    }
    actions
}

fn action(entry: &Fields<'_>, own: bool) -> Option<AttributeAction> {
    let action = entry.choice("action", &ACTIONS);
    let keys = keys(entry);
    let source = source(entry, own);
    let pattern = entry.literal("pattern");
    let replace = entry.literal("replace");
    let to = entry.text("to");
    if entry.get("action").is_none() {
        entry.missing("action");
    }
    let action = action?;
    let unused = |key: &str, there: bool| {
        if there {
            let what = format!("{} has no meaning for this action", entry.path(key));
            entry.wrong(entry.place(), what);
        }
    };
    let takes_source = matches!(action, Action::Insert | Action::Update | Action::Upsert);
    let takes_pattern = matches!(action, Action::Extract | Action::Mask);
    unused("pattern", pattern.is_some() && !takes_pattern);
    unused("replace", replace.is_some() && action != Action::Mask);
    unused("to", to.is_some() && action != Action::Rename);
    if !takes_source {
        for key in ["value", "fromAttribute", "fromResource"] {
            unused(key, entry.get(key).is_some());
        }
    }
    let change = match action {
        Action::Insert => Change::Insert(needed_source(entry, source)?),
        Action::Update => Change::Update(needed_source(entry, source)?),
        Action::Upsert => Change::Upsert(needed_source(entry, source)?),
        Action::Delete => Change::Delete,
        Action::Hash => Change::Hash,
        Action::Extract => {
            let (pattern, place) = needed(entry, "pattern", pattern)?;
            let regex = pattern::check(entry, "pattern", &pattern, place)?;
            if regex.capture_names().flatten().next().is_none() {
                let what = format!("{} has no named group, and extracts nothing", entry.path("pattern"));
                entry.wrong_with(
                    place,
                    what,
                    "write (?<name>...): the group's name is that of the attribute",
                );
                return None;
            }
            Change::Extract { pattern }
        }
        Action::Mask => {
            let pattern = needed(entry, "pattern", pattern);
            let replace = needed(entry, "replace", replace);
            let ((pattern, place), (replace, at)) = (pattern?, replace?);
            let regex = pattern::check(entry, "pattern", &pattern, place)?;
            pattern::check_replacement(entry, "replace", &regex, &replace, at);
            Change::Mask { pattern, replace }
        }
        Action::Rename => Change::Rename { to: needed(entry, "to", to)?.0 },
    };
    Some(AttributeAction { keys: keys?, change })
}

fn keys(entry: &Fields<'_>) -> Option<Keys> {
    let pattern = entry.literal("keyPattern");
    match (entry.text("key"), pattern) {
        (Some((key, _)), None) if !key.is_empty() => Some(Keys::Exact(key)),
        (None, Some((pattern, place))) => {
            pattern::check(entry, "keyPattern", &pattern, place).map(|_| Keys::Pattern(pattern))
        }
        (Some(_), Some((_, place))) => {
            entry.wrong(place, format!("{} and key exclude each other", entry.path("keyPattern")));
            None
        }
        _ => {
            entry.missing("key");
            None
        }
    }
}

fn source(entry: &Fields<'_>, own: bool) -> Option<Source> {
    let value = entry.scalar("value");
    let attribute = entry.text("fromAttribute");
    let resource = entry.text("fromResource");
    if [value.is_some(), attribute.is_some(), resource.is_some()].into_iter().filter(|is| *is).count() > 1 {
        let what = "value, fromAttribute and fromResource exclude each other";
        entry.wrong(entry.place(), format!("{}: {what}", entry.path("value")));
    }
    match (value, attribute, resource) {
        (Some((value, _)), ..) => Some(Source::Value(scalar(value, own))),
        (None, Some((attribute, _)), _) => Some(Source::Attribute(attribute)),
        (None, None, Some((resource, _))) => Some(Source::Resource(resource)),
        _ => None,
    }
}

/// The Java agent has texts alone.
fn scalar(value: Written, own: bool) -> Scalar {
    match value.kind {
        ScalarKind::Bool(bool) if own => Scalar::Bool(bool),
        ScalarKind::Int(int) if own => Scalar::Int(int),
        ScalarKind::Double(double) if own => Scalar::Double(double),
        _ => Scalar::Text(value.text),
    }
}

fn needed_source(entry: &Fields<'_>, source: Option<Source>) -> Option<Source> {
    if source.is_none() {
        entry.missing("value");
    }
    source
}

fn needed<T>(entry: &Fields<'_>, key: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        entry.missing(key);
    }
    value
}
