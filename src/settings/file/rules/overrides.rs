//! What is kept: sampling overrides, and what stands beside them in our own form.

use super::fields::{self, Fields, Style};
use super::selector::{self, Match};
use crate::settings::file::schema::Walk;
use crate::settings::file::tree::Node;
use crate::settings::shape::{AttributeMatch, Rate, SamplingOverride, SamplingRules, TelemetryType};

const TELEMETRY: [(&str, TelemetryType); 4] = [
    ("request", TelemetryType::Request),
    ("dependency", TelemetryType::Dependency),
    ("trace", TelemetryType::Trace),
    ("exception", TelemetryType::Exception),
];

const MATCHES: [(&str, Match); 2] = [("strict", Match::Strict), ("regexp", Match::WholeRegexp)];

/// Our own section `sampling`, but for what are settings of the table.
pub(in crate::settings::file) fn sampling(
    style: Style<'_>,
    walk: &Walk<'_>,
    path: &str,
    node: &Node,
    rules: &mut SamplingRules,
) {
    let Some(fields) = Fields::of(style, path, node) else { return };
    if let Some(node) = fields.get("overrides") {
        rules.overrides.extend(overrides(style, &fields.path("overrides"), node));
    }
    rules.keep_errors |= fields.boolean("keepErrors").unwrap_or(false);
    if let Some(slow) = selector::duration(&fields, "keepSlowerThan") {
        rules.keep_slower_than = Some(slow);
    }
    if let Some(parent_based) = fields.boolean("parentBased") {
        rules.parent_based = Some(parent_based);
    }
    if let Some(delay) = selector::duration(&fields, "delay") {
        rules.delay = Some(delay);
    }
    for (key, variable) in [
        ("percentage", "APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE"),
        ("requestsPerSecond", "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND"),
    ] {
        if let Some((value, place)) = fields.scalar(key) {
            walk.say(variable, value, &fields.path(key), place);
        }
    }
    fields.finish();
}

/// Reads a list of overrides; what is wrong with them is said.
pub(in crate::settings::file) fn overrides(
    style: Style<'_>,
    path: &str,
    node: &Node,
) -> Vec<SamplingOverride> {
    let mut overrides = Vec::new();
    for (index, entry) in fields::list(style, path, node).into_iter().enumerate() {
        let name = super::name(style, "sampling override", index, &entry);
        let kinds = telemetry(style, &entry);
        let by = entry.choice("matchType", &MATCHES).unwrap_or(Match::Strict);
        let mut selector = selector::criteria(&entry, by);
        selector.attributes = attributes(&entry, by);
        let rate = rate(&entry);
        entry.finish();
        let Some(rate) = rate else { continue };
        overrides.extend(kinds.into_iter().map(|telemetry| SamplingOverride {
            name: name.clone(),
            telemetry,
            selector: selector.clone(),
            rate,
        }));
    }
    overrides
}

/// Without a type the Java agent means requests and dependencies; we mean everything.
fn telemetry(style: Style<'_>, entry: &Fields<'_>) -> Vec<Option<TelemetryType>> {
    // Older names of the same.
    let kind =
        entry.choice("telemetryType", &TELEMETRY).or_else(|| entry.choice("telemetryKind", &TELEMETRY));
    let span =
        entry.choice("spanKind", &[("server", "server"), ("client", "client"), ("consumer", "server")]);
    entry.ignore("includingStandaloneTelemetry");
    match (kind, span) {
        (Some(kind), _) => vec![Some(kind)],
        (None, Some("server")) => vec![Some(TelemetryType::Request)],
        (None, Some(_)) => vec![Some(TelemetryType::Dependency)],
        (None, None) if style.own => vec![None],
        (None, None) => vec![Some(TelemetryType::Request), Some(TelemetryType::Dependency)],
    }
}

/// Each with a way of comparing of its own.
fn attributes(entry: &Fields<'_>, by: Match) -> Vec<AttributeMatch> {
    let mut matches = Vec::new();
    for inner in entry.list("attributes") {
        let by = inner.choice("matchType", &MATCHES).unwrap_or(by);
        let value = if by == Match::Strict { inner.text("value") } else { inner.literal("value") };
        match inner.text("key") {
            Some((key, _)) if !key.is_empty() => {
                let value = value.and_then(|(value, at)| selector::text(&inner, "value", value, at, by));
                matches.push(AttributeMatch { key, value });
            }
            _ => inner.missing("key"),
        }
        inner.finish();
    }
    matches
}

fn rate(entry: &Fields<'_>) -> Option<Rate> {
    match (entry.number("percentage"), entry.number("requestsPerSecond")) {
        (Some((percentage, place)), None) => {
            if !(0.0..=100.0).contains(&percentage) {
                entry.wrong(place, format!("{} must be from 0 to 100", entry.path("percentage")));
                return None;
            }
            Some(Rate::Percentage(percentage))
        }
        (None, Some((rate, place))) => {
            if rate <= 0.0 {
                let what = format!("{} must be above 0", entry.path("requestsPerSecond"));
                entry.wrong_with(place, what, "percentage: 0 keeps nothing");
                return None;
            }
            Some(Rate::PerSecond(rate))
        }
        (Some(_), Some((_, place))) => {
            let what = format!("{} and percentage exclude each other", entry.path("requestsPerSecond"));
            entry.wrong(place, what);
            None
        }
        (None, None) => {
            if entry.get("percentage").is_none() && entry.get("requestsPerSecond").is_none() {
                entry.missing("percentage");
            }
            None
        }
    }
}
