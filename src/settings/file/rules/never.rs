//! Processors that are well formed, and can never do anything.

use super::fields::Style;
use super::selector::concerned;
use super::{Parts, Type};
use crate::settings::file::problems::Place;
use crate::settings::shape::{Item, Selector};

/// Warns of a processor that matches nothing.
pub(super) fn check(style: Style<'_>, name: &str, place: Place, kind: Type, parts: &Parts) {
    let Some(why) = why(kind, parts) else { return };
    let what = format!("{name} never matches anything: {why}");
    style.problems().warn(place, what, "correct it, or leave it out");
}

fn why(kind: Type, parts: &Parts) -> Option<String> {
    if kind == Type::MetricFilter && parts.include.is_none() {
        return None;
    }
    if let (Some(include), Some(exclude)) = (&parts.include, &parts.exclude)
        && include.selector == exclude.selector
    {
        return Some("include and exclude are the same".to_owned());
    }
    let selector = &parts.include.as_ref()?.selector;
    let concerned = concerned(selector);
    if !concerned.is_empty() && !parts.items.iter().any(|item| concerned.contains(item)) {
        let criteria: Vec<&str> = concerned.iter().map(|item| plural(*item)).collect();
        let items: Vec<&str> = parts.items.iter().map(|item| plural(*item)).collect();
        return Some(format!(
            "include has criteria of {}, and it looks at {}",
            criteria.join(" and "),
            items.join(" and ")
        ));
    }
    empty(selector)
}

fn empty(selector: &Selector) -> Option<String> {
    let Selector { min_duration, max_duration, min_severity, max_severity, .. } = selector;
    if min_duration.zip(*max_duration).is_some_and(|(min, max)| min >= max) {
        return Some("no duration is between the least and the most".to_owned());
    }
    if min_severity.zip(*max_severity).is_some_and(|(min, max)| min > max) {
        return Some("no severity is between the least and the most".to_owned());
    }
    None
}

fn plural(item: Item) -> &'static str {
    match item {
        Item::Span => "spans",
        Item::SpanEvent => "span events",
        Item::Log => "log records",
        Item::Metric => "metrics",
        Item::Resource => "resources",
    }
}
