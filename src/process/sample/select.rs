//! Which items an override concerns.

use crate::otlp::view::{Attributes, LogRecord, Span, SpanKind, Status, Value};
use crate::settings::shape::{self, AttributeMatch, PATTERN_BYTES, Selector, SpanStatus, Text};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

/// A selector, compiled.
#[derive(Debug)]
pub(super) struct Matcher {
    selector: Selector,
    names: Vec<Pattern>,
    bodies: Vec<Pattern>,
    scopes: Vec<Pattern>,
    attributes: Vec<(String, Option<Pattern>)>,
    resource: Vec<(String, Option<Pattern>)>,
}

#[derive(Debug)]
enum Pattern {
    Exact(String),
    Regex(Regex),
}

/// Where an item comes from.
#[derive(Debug, Default)]
pub(super) struct Origin<'a> {
    pub(super) scope: Cow<'a, str>,
    pub(super) resource: Attributes<'a>,
}

impl Matcher {
    /// # Errors
    /// A pattern that cannot be compiled.
    pub(super) fn new(selector: &Selector) -> Result<Matcher, regex::Error> {
        Ok(Matcher {
            names: patterns(&selector.span_names)?,
            bodies: patterns(&selector.log_bodies)?,
            scopes: patterns(&selector.scopes)?,
            attributes: attributes(&selector.attributes)?,
            resource: attributes(&selector.resource)?,
            selector: selector.clone(),
        })
    }

    /// Keys of the attributes that are asked for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(key, _)| key.as_str())
    }

    pub(super) fn asks_for_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whether scope or resource matter.
    pub(super) fn asks_for_origin(&self) -> bool {
        !self.scopes.is_empty() || !self.resource.is_empty()
    }

    pub(super) fn span(&self, span: &Span<'_>, origin: &Origin<'_>) -> bool {
        let selector = &self.selector;
        let nanos = |time: std::time::Duration| time.as_nanos();
        let duration = u128::from(span.duration());
        selector.event_names.is_empty()
            && selector.metric_names.is_empty()
            && self.bodies.is_empty()
            && selector.min_severity.is_none()
            && selector.max_severity.is_none()
            && one(&selector.kinds, |wanted| kind(*wanted) == span.kind)
            && one(&selector.statuses, |wanted| status(*wanted) == span.status)
            && selector.min_duration.is_none_or(|least| duration >= nanos(least))
            && selector.max_duration.is_none_or(|most| duration < nanos(most))
            && one(&self.names, |pattern| pattern.is_match(&span.name))
            && self.common(&span.attributes, origin)
    }

    pub(super) fn log(&self, record: &LogRecord<'_>, origin: &Origin<'_>) -> bool {
        let selector = &self.selector;
        selector.event_names.is_empty()
            && selector.metric_names.is_empty()
            && self.names.is_empty()
            && selector.kinds.is_empty()
            && selector.statuses.is_empty()
            && selector.min_duration.is_none()
            && selector.max_duration.is_none()
            && selector.min_severity.is_none_or(|least| record.severity >= u64::from(least))
            && selector.max_severity.is_none_or(|most| (1..=u64::from(most)).contains(&record.severity))
            && one(&self.bodies, |pattern| text(&record.body).is_some_and(|body| pattern.is_match(&body)))
            && self.common(&record.attributes, origin)
    }

    fn common(&self, attributes: &Attributes<'_>, origin: &Origin<'_>) -> bool {
        one(&self.scopes, |pattern| pattern.is_match(&origin.scope))
            && all(&self.attributes, attributes)
            && all(&self.resource, &origin.resource)
    }
}

impl Pattern {
    fn is_match(&self, text: &str) -> bool {
        match self {
            Pattern::Exact(exact) => exact == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// One of them, if there are any.
fn one<T>(wanted: &[T], matches: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(matches)
}

fn all(wanted: &[(String, Option<Pattern>)], attributes: &Attributes<'_>) -> bool {
    wanted.iter().all(|(key, pattern)| match (attributes.get(key), pattern) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(value), Some(pattern)) => text(value).is_some_and(|text| pattern.is_match(&text)),
    })
}

fn text<'a>(value: &'a Value<'_>) -> Option<Cow<'a, str>> {
    Some(match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Double(number) => Cow::Owned(number.to_string()),
        Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::Map(_) => return None,
    })
}

fn patterns(texts: &[Text]) -> Result<Vec<Pattern>, regex::Error> {
    texts.iter().map(pattern).collect()
}

fn attributes(matches: &[AttributeMatch]) -> Result<Vec<(String, Option<Pattern>)>, regex::Error> {
    matches.iter().map(|one| Ok((one.key.clone(), one.value.as_ref().map(pattern).transpose()?))).collect()
}

fn pattern(text: &Text) -> Result<Pattern, regex::Error> {
    let regex = |pattern: &str| RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    Ok(match text {
        Text::Exact(text) => Pattern::Exact(text.clone()),
        Text::Pattern(text) => Pattern::Regex(regex(text)?),
        Text::WholePattern(text) => Pattern::Regex(regex(&format!(r"\A(?:{text})\z"))?),
    })
}

fn kind(kind: shape::SpanKind) -> SpanKind {
    match kind {
        shape::SpanKind::Internal => SpanKind::Internal,
        shape::SpanKind::Server => SpanKind::Server,
        shape::SpanKind::Client => SpanKind::Client,
        shape::SpanKind::Producer => SpanKind::Producer,
        shape::SpanKind::Consumer => SpanKind::Consumer,
    }
}

fn status(status: SpanStatus) -> Status {
    match status {
        SpanStatus::Unset => Status::Unset,
        SpanStatus::Ok => Status::Ok,
        SpanStatus::Error => Status::Error,
    }
}
