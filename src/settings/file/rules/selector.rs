//! Which items a rule is for.

use super::fields::Fields;
use super::pattern;
use crate::settings::file::problems::Place;
use crate::settings::file::tree::Value;
use crate::settings::shape::{AttributeMatch, Item, Selector, SpanKind, SpanStatus, Text};
use std::time::Duration;

/// How texts are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Strict,
    /// Found anywhere.
    Regexp,
    /// The whole text, as in sampling overrides.
    WholeRegexp,
}

const KINDS: [(&str, SpanKind); 5] = [
    ("internal", SpanKind::Internal),
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
];
const STATUSES: [(&str, SpanStatus); 3] =
    [("unset", SpanStatus::Unset), ("ok", SpanStatus::Ok), ("error", SpanStatus::Error)];

/// Reads all criteria but the attributes, whose form differs.
pub(super) fn criteria(fields: &Fields<'_>, by: Match) -> Selector {
    let texts = |key| texts(fields, key, by);
    let (min_duration, max_duration) = (duration(fields, "minDuration"), duration(fields, "maxDuration"));
    let (min_severity, max_severity) =
        (severity(fields, "minSeverity", false), severity(fields, "maxSeverity", true));
    Selector {
        span_names: texts("spanNames"),
        event_names: texts("eventNames"),
        log_bodies: texts("logBodies"),
        metric_names: texts("metricNames"),
        scopes: texts("scopes"),
        urls: texts("urls"),
        attributes: Vec::new(),
        resource: attributes(fields, "resource", by),
        kinds: words(fields, "kinds", &KINDS),
        statuses: words(fields, "statuses", &STATUSES),
        min_duration,
        max_duration,
        min_severity,
        max_severity,
    }
}

/// Attributes that are all compared in the same way.
pub(super) fn attributes(fields: &Fields<'_>, key: &'static str, by: Match) -> Vec<AttributeMatch> {
    let mut matches = Vec::new();
    for entry in fields.list(key) {
        let name = entry.text("key");
        let value = value(&entry);
        // The type tells Java how to look the attribute up; here all values are compared as text.
        entry.ignore("type");
        match name {
            Some((key, _)) if !key.is_empty() => {
                let value = value.and_then(|(value, place)| text(&entry, "value", value, place, by));
                matches.push(AttributeMatch { key, value });
            }
            _ => entry.missing("key"),
        }
        entry.finish();
    }
    matches
}

/// An array is compared as JSON.
fn value(entry: &Fields<'_>) -> Option<(String, Place)> {
    let node = entry.get("value")?;
    match &node.value {
        Value::List(_) => {
            let texts = entry.literals("value");
            let words: Vec<String> = texts.iter().map(|(text, _)| json(text)).collect();
            Some((format!("[{}]", words.join(",")), node.place))
        }
        _ => entry.text("value"),
    }
}

fn json(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(_) => text.to_owned(),
        Err(_) if text == "true" || text == "false" => text.to_owned(),
        Err(_) => serde_json::to_string(text).unwrap_or_default(),
    }
}

fn texts(fields: &Fields<'_>, key: &'static str, by: Match) -> Vec<Text> {
    let read = if by == Match::Strict { fields.texts(key) } else { fields.literals(key) };
    read.into_iter().filter_map(|(value, place)| text(fields, key, value, place, by)).collect()
}

pub(super) fn text(fields: &Fields<'_>, key: &str, value: String, place: Place, by: Match) -> Option<Text> {
    match by {
        Match::Strict => Some(Text::Exact(value)),
        Match::Regexp => pattern::check(fields, key, &value, place).map(|_| Text::Pattern(value)),
        Match::WholeRegexp => pattern::check(fields, key, &value, place).map(|_| Text::WholePattern(value)),
    }
}

fn words<T: Copy>(fields: &Fields<'_>, key: &'static str, words: &[(&'static str, T)]) -> Vec<T> {
    fields.texts(key).iter().filter_map(|(text, place)| fields.word(key, text, *place, words)).collect()
}

/// `250`, `250ms`, `1.5s`, `2m`: milliseconds unless a unit is given.
pub(super) fn duration(fields: &Fields<'_>, key: &'static str) -> Option<Duration> {
    let (text, place) = fields.text(key)?;
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" | "min" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let seconds = number.trim().parse::<f64>().ok().zip(factor).map(|(number, factor)| number * factor);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(duration) => Some(duration),
        None => {
            let what = format!("{}: {text:?} is no duration", fields.path(key));
            fields.wrong_with(place, what, "write 250 for milliseconds, or 250ms, 1.5s, 2m");
            None
        }
    }
}

/// A name (`warn`, `error2`) or a number from 1 to 24. The upper end of a name is its last number.
fn severity(fields: &Fields<'_>, key: &'static str, upper: bool) -> Option<u8> {
    let (text, place) = fields.text(key)?;
    if let Some(number) = severity_number(&text, upper) {
        return Some(number);
    }
    let what = format!("{}: {text:?} is no severity", fields.path(key));
    fields.wrong_with(
        place,
        what,
        "write trace, debug, info, warn, error or fatal, or a number from 1 to 24",
    );
    None
}

pub(in crate::settings::file) fn severity_number(text: &str, upper: bool) -> Option<u8> {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=24).contains(&number).then_some(number);
    }
    let text = text.to_lowercase();
    let digit = text.strip_suffix(|c: char| ('2'..='4').contains(&c));
    let least = match digit.unwrap_or(&text) {
        "trace" => 1,
        "debug" => 5,
        "info" => 9,
        "warn" | "warning" => 13,
        "error" => 17,
        "fatal" => 21,
        _ => return None,
    };
    let more = match (digit, text.bytes().last()) {
        (Some(_), Some(digit)) => digit - b'1',
        _ if upper => 3,
        _ => 0,
    };
    Some(least + more)
}

/// The kinds of items that a selector's own criteria are about; empty where any kind will do.
pub(super) fn concerned(selector: &Selector) -> Vec<Item> {
    let mut items = Vec::new();
    let spans = !selector.span_names.is_empty()
        || !selector.kinds.is_empty()
        || !selector.urls.is_empty()
        || !selector.statuses.is_empty()
        || selector.min_duration.is_some()
        || selector.max_duration.is_some();
    let logs =
        !selector.log_bodies.is_empty() || selector.min_severity.is_some() || selector.max_severity.is_some();
    let all = [
        (spans, Item::Span),
        (!selector.event_names.is_empty(), Item::SpanEvent),
        (logs, Item::Log),
        (!selector.metric_names.is_empty(), Item::Metric),
    ];
    items.extend(all.into_iter().filter(|(is, _)| *is).map(|(_, item)| item));
    items
}

/// The selector for one kind of items, without what concerns others.
pub(super) fn only(selector: &Selector, item: Item) -> Selector {
    let mut only = selector.clone();
    if item != Item::Span {
        only.span_names.clear();
        only.kinds.clear();
        only.urls.clear();
        only.statuses.clear();
        (only.min_duration, only.max_duration) = (None, None);
    }
    if item != Item::SpanEvent {
        only.event_names.clear();
    }
    if item != Item::Log {
        only.log_bodies.clear();
        (only.min_severity, only.max_severity) = (None, None);
    }
    if item != Item::Metric {
        only.metric_names.clear();
    }
    only
}
