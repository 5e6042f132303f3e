//! Performance counters of requests and exceptions.

use super::seen::Seen;
use super::tally::Tally;
use crate::export::azure::map::meaning::Meaning;
use crate::otlp::view::{Attributes, Event, Value};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Most exceptions of an interval that are told apart.
const MOST: usize = 10_000;

/// What was counted of one role.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: Tally,
    /// What was kept by a sampler counts as many times as it stands for.
    pub(super) exceptions: f64,
    /// Exceptions that a span and a log record may both tell, by their hashes.
    told: HashSet<u64>,
    hasher: RandomState,
}

impl Counters {
    /// Counts a request, and the exceptions that a span of any kind has recorded.
    pub(super) fn span(&mut self, seen: &Seen<'_>) {
        if matches!(seen.meaning, Meaning::Request(_)) {
            self.requests.add(seen.milliseconds(), seen.weight);
        }
        for event in seen.span.events.iter().filter_map(|event| Event::read(event).ok()) {
            if event.name == "exception" {
                self.exception(seen.span.span_id, &event.attributes, seen.weight);
            }
        }
    }

    /// Counts an exception once, though an event of its span and a log record may both tell it.
    pub(super) fn exception(&mut self, span: &[u8], attributes: &Attributes<'_>, weight: f64) {
        let text = |key| attributes.get(key).and_then(Value::as_text);
        let identity = self.hasher.hash_one((span, text("exception.type"), text("exception.message")));
        // Without a span nobody knows whether two are one.
        if span.is_empty() || self.told.len() >= MOST || self.told.insert(identity) {
            self.exceptions += weight;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.exceptions == 0.0
    }

    /// What was counted since it was last taken.
    pub(super) fn take(&mut self) -> (Tally, f64) {
        self.told.clear();
        (std::mem::take(&mut self.requests), std::mem::take(&mut self.exceptions))
    }
}
