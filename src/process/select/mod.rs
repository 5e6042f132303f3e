//! Which items a rule concerns.

mod found;
mod pattern;
mod url;
mod viewed;

pub(crate) use found::Found;
pub(crate) use pattern::{Pattern, compile, whole};
pub(crate) use viewed::{Origin, Viewed};

use crate::settings::shape::{AttributeMatch, Item, Selector, SpanKind, SpanStatus, Text};
use std::time::Duration;

/// An item as a selector sees it.
pub(crate) trait Subject {
    fn item(&self) -> Item;
    /// Of a log record its body, if that is a text.
    fn name(&self) -> Found<'_>;
    fn attribute(&self, key: &str) -> Found<'_>;
    fn resource(&self, key: &str) -> Found<'_>;
    fn scope(&self) -> &[u8];
    /// Of a span.
    fn kind(&self) -> SpanKind;
    fn status(&self) -> SpanStatus;
    /// Nanoseconds.
    fn duration(&self) -> u64;
    /// Of a log record: 1 to 24, or 0.
    fn severity(&self) -> u64;
}

/// A [`Selector`], compiled.
#[derive(Debug)]
pub(crate) struct Matcher {
    /// By kind of item; none of another kind is selected then.
    names: [(Item, Vec<Pattern>); 4],
    scopes: Vec<Pattern>,
    urls: Vec<Pattern>,
    attributes: Vec<(String, Option<Pattern>)>,
    resource: Vec<(String, Option<Pattern>)>,
    kinds: Vec<SpanKind>,
    statuses: Vec<SpanStatus>,
    min_duration: Option<u128>,
    max_duration: Option<u128>,
    min_severity: Option<u64>,
    max_severity: Option<u64>,
}

impl Matcher {
    /// # Errors
    /// A pattern that cannot be compiled.
    pub(crate) fn new(selector: &Selector) -> Result<Matcher, regex::Error> {
        let names = |item, texts: &[Text]| Ok((item, patterns(texts)?));
        let nanos = |duration: Option<Duration>| duration.map(|duration| duration.as_nanos());
        Ok(Matcher {
            names: [
                names(Item::Span, &selector.span_names)?,
                names(Item::SpanEvent, &selector.event_names)?,
                names(Item::Log, &selector.log_bodies)?,
                names(Item::Metric, &selector.metric_names)?,
            ],
            scopes: patterns(&selector.scopes)?,
            urls: patterns(&selector.urls)?,
            attributes: attributes(&selector.attributes)?,
            resource: attributes(&selector.resource)?,
            kinds: selector.kinds.clone(),
            statuses: selector.statuses.clone(),
            min_duration: nanos(selector.min_duration),
            max_duration: nanos(selector.max_duration),
            min_severity: selector.min_severity.map(u64::from),
            max_severity: selector.max_severity.map(u64::from),
        })
    }

    /// Keys of the attributes that are asked for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let urls: &[&str] = if self.urls.is_empty() { &[] } else { url::KEYS };
        self.attributes.iter().map(|(key, _)| key.as_str()).chain(urls.iter().copied())
    }

    /// Whether attributes of the item matter.
    pub(crate) fn asks_for_attributes(&self) -> bool {
        self.keys().next().is_some()
    }

    pub(crate) fn asks_for_names(&self) -> bool {
        self.names.iter().any(|(_, patterns)| !patterns.is_empty())
    }

    /// Whether scope or resource matter.
    pub(crate) fn asks_for_origin(&self) -> bool {
        !self.scopes.is_empty() || !self.resource.is_empty()
    }

    /// What is cheap is asked first.
    #[inline]
    pub(crate) fn selects(&self, subject: &impl Subject) -> bool {
        let item = subject.item();
        let is = |of: Item| item == of;
        let named = |(of, patterns): &(Item, Vec<Pattern>)| {
            patterns.is_empty() || is(*of) && any(patterns, &subject.name())
        };
        let span = self.kinds.is_empty()
            && self.statuses.is_empty()
            && self.min_duration.is_none()
            && self.max_duration.is_none()
            && self.urls.is_empty()
            || is(Item::Span);
        let log = self.min_severity.is_none() && self.max_severity.is_none() || is(Item::Log);
        let duration = || u128::from(subject.duration());
        let has = |wanted: &(String, Option<Pattern>)| holds(wanted, &subject.attribute(&wanted.0));
        let comes_from = |wanted: &(String, Option<Pattern>)| holds(wanted, &subject.resource(&wanted.0));
        span && log
            && (self.kinds.is_empty() || self.kinds.contains(&subject.kind()))
            && (self.statuses.is_empty() || self.statuses.contains(&subject.status()))
            && self.min_duration.is_none_or(|least| duration() >= least)
            && self.max_duration.is_none_or(|most| duration() < most)
            && self.min_severity.is_none_or(|least| subject.severity() >= least)
            && self.max_severity.is_none_or(|most| (1..=most).contains(&subject.severity()))
            && self.attributes.iter().all(has)
            && self.resource.iter().all(comes_from)
            && (self.scopes.is_empty() || any(&self.scopes, &Found::Text(subject.scope().into())))
            && self.names.iter().all(named)
            && (self.urls.is_empty() || url::any(subject, &self.urls))
    }
}

fn any(patterns: &[Pattern], found: &Found<'_>) -> bool {
    found.text().is_some_and(|text| patterns.iter().any(|pattern| pattern.is_match(text)))
}

fn holds((_, pattern): &(String, Option<Pattern>), found: &Found<'_>) -> bool {
    match pattern {
        None => !matches!(found, Found::Nothing),
        Some(pattern) => found.text().is_some_and(|text| pattern.is_match(text)),
    }
}

fn patterns(texts: &[Text]) -> Result<Vec<Pattern>, regex::Error> {
    texts.iter().map(Pattern::new).collect()
}

fn attributes(matches: &[AttributeMatch]) -> Result<Vec<(String, Option<Pattern>)>, regex::Error> {
    matches
        .iter()
        .map(|one| Ok((one.key.clone(), one.value.as_ref().map(Pattern::new).transpose()?)))
        .collect()
}
