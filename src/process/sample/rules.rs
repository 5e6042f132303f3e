//! Sampling rules, compiled: what they say about one item by itself.

use super::applied::RATE_ATTRIBUTES;
use super::sampler::{Draw, Sampler};
use crate::notice;
use crate::otlp::view::{Attributes, Event, Group, LogRecord, ScopeGroup, Span, SpanKind, Status};
use crate::otlp::wire::WireError;
use crate::process::select::{Matcher, Origin, Viewed};
use crate::settings;
use crate::settings::shape::{Rate, SamplingRules, TelemetryType};
use std::collections::HashSet;

/// All rules of a launch.
#[derive(Debug)]
pub(super) struct Rules {
    overrides: Vec<Override>,
    keep_errors: bool,
    /// Nanoseconds.
    keep_slower_than: Option<u64>,
    /// Attributes that somebody asks for.
    keys: HashSet<Vec<u8>>,
    asks_for_names: bool,
    asks_for_origin: bool,
}

#[derive(Debug)]
struct Override {
    telemetry: Option<TelemetryType>,
    matcher: Matcher,
    sampler: Sampler,
}

/// What an item says by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Own {
    /// The override that concerns it.
    pub(super) rule: Option<u32>,
    /// It is a reason to keep its trace.
    pub(super) keep: bool,
}

impl Rules {
    /// Rules with a pattern that cannot be compiled are left out, with a warning.
    pub(super) fn new(rules: &SamplingRules, draw: Draw) -> Rules {
        let mut overrides = Vec::new();
        for rule in &rules.overrides {
            let sampler = match rule.rate {
                Rate::Percentage(percent) if percent <= 0.0 => settings::Sampler::AlwaysOff,
                Rate::Percentage(percent) if percent >= 100.0 => settings::Sampler::AlwaysOn,
                Rate::Percentage(percent) => settings::Sampler::FixedPercentage(percent),
                Rate::PerSecond(target) => settings::Sampler::RateLimited(target),
            };
            match Matcher::new(&rule.selector) {
                Ok(matcher) => overrides.push(Override {
                    telemetry: rule.telemetry,
                    matcher,
                    sampler: Sampler::new(sampler, 100.0, true).drawing(draw),
                }),
                Err(error) => {
                    notice::warn("sampling", &format!("the override {} is left out: {error}", rule.name));
                }
            }
        }
        let matchers = || overrides.iter().map(|rule: &Override| &rule.matcher);
        let keys = matchers().flat_map(Matcher::keys).chain(RATE_ATTRIBUTES);
        Rules {
            keys: keys.map(|key| key.as_bytes().to_vec()).collect(),
            asks_for_names: matchers().any(Matcher::asks_for_names),
            asks_for_origin: matchers().any(Matcher::asks_for_origin),
            keep_errors: rules.keep_errors,
            keep_slower_than: rules
                .keep_slower_than
                .map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
            overrides,
        }
    }

    /// What is said of a span concerns all that belongs to it.
    pub(super) fn concern_spans(&self) -> bool {
        let of_spans = |rule: &Override| {
            !matches!(rule.telemetry, Some(TelemetryType::Trace | TelemetryType::Exception))
        };
        self.keep_errors || self.keep_slower_than.is_some() || self.overrides.iter().any(of_spans)
    }

    pub(super) fn sampler(&self, rule: u32) -> Option<&Sampler> {
        self.overrides.get(rule as usize).map(|rule| &rule.sampler)
    }

    pub(super) fn samplers(&self) -> impl Iterator<Item = (u32, &Sampler)> {
        self.overrides.iter().zip(0..).map(|(rule, number)| (number, &rule.sampler))
    }

    /// Reads of a span what is asked for.
    pub(super) fn read<'a>(&self, item: &'a [u8]) -> Result<Span<'a>, WireError> {
        if self.asks_for_names {
            return Span::read(item);
        }
        Span::read_some(item, |_, key| self.keys.contains(key))
    }

    pub(super) fn origin<'a>(&self, group: &Group<'a>, scope: &ScopeGroup<'a>) -> Origin<'a> {
        if !self.asks_for_origin {
            return Origin::default();
        }
        Origin {
            scope: scope.scope().unwrap_or_default().name,
            resource: group.resource().unwrap_or_default().attributes,
        }
    }

    pub(super) fn span(&self, span: &Span<'_>, origin: &Origin<'_>) -> Own {
        let is_request = matches!(span.kind, SpanKind::Server | SpanKind::Consumer);
        let concerns = |rule: &Override| match rule.telemetry {
            None => true,
            Some(TelemetryType::Request) => is_request,
            Some(TelemetryType::Dependency) => !is_request,
            Some(TelemetryType::Trace | TelemetryType::Exception) => false,
        };
        let failed = || span.status == Status::Error || span.events.iter().any(|event| is_exception(event));
        Own {
            rule: self.first(|rule| concerns(rule) && rule.matcher.selects(&Viewed::Span(span, origin))),
            keep: (self.keep_errors && failed())
                || self.keep_slower_than.is_some_and(|least| span.duration() >= least),
        }
    }

    pub(super) fn log(&self, record: &LogRecord<'_>, origin: &Origin<'_>) -> Own {
        let is_exception = has_exception(&record.attributes);
        let concerns = |rule: &Override| match rule.telemetry {
            None => true,
            Some(TelemetryType::Trace) => !is_exception,
            Some(TelemetryType::Exception) => is_exception,
            Some(TelemetryType::Request | TelemetryType::Dependency) => false,
        };
        Own {
            rule: self.first(|rule| concerns(rule) && rule.matcher.selects(&Viewed::Log(record, origin))),
            keep: false,
        }
    }

    fn first(&self, matches: impl FnMut(&Override) -> bool) -> Option<u32> {
        self.overrides.iter().position(matches).and_then(|at| u32::try_from(at).ok())
    }
}

fn is_exception(event: &[u8]) -> bool {
    Event::read(event).is_ok_and(|event| event.name == "exception")
}

fn has_exception(attributes: &Attributes<'_>) -> bool {
    attributes.iter().any(|(key, _)| matches!(key, "exception.type" | "exception.message"))
}
