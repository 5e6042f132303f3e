//! Performance counters of requests and exceptions.

use super::seen::Seen;
use super::tally::Tally;
use crate::export::azure::map::meaning::Meaning;
use crate::export::azure::map::{Teller, Told, value};
use crate::otlp::view::{Attributes, Event, LogRecord};

/// What was counted of one role.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: Tally,
    /// What was kept by a sampler counts as many times as it stands for.
    pub(super) exceptions: f64,
}

impl Counters {
    /// Counts a request, and the exceptions that a span of any kind has recorded.
    pub(super) fn span(&mut self, seen: &Seen<'_>, told: &Told) {
        if matches!(seen.meaning, Meaning::Request(_)) {
            self.requests.add(seen.milliseconds(), seen.weight);
        }
        for event in seen.span.events.iter().filter_map(|event| Event::read(event).ok()) {
            let ids = [seen.span.trace_id, seen.span.span_id];
            if event.name == "exception" && is_news(told, Teller::Span, ids, &event.attributes) {
                self.exceptions += seen.weight;
            }
        }
    }

    /// Counts the exception that a record tells, if it does. `weight`: for how many it stands.
    pub(super) fn record(&mut self, record: &LogRecord<'_>, told: &Told, weight: impl FnOnce() -> f64) {
        let tells =
            record.attributes.iter().any(|(key, _)| matches!(key, "exception.type" | "exception.message"));
        let ids = [record.trace_id, record.span_id];
        if tells && is_news(told, Teller::Log, ids, &record.attributes) {
            self.exceptions += weight();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.exceptions == 0.0
    }

    /// What was counted since it was last taken.
    pub(super) fn take(&mut self) -> (Tally, f64) {
        (std::mem::take(&mut self.requests), std::mem::take(&mut self.exceptions))
    }
}

/// As it is when it is exported: an event of a span and a log record often tell the same exception.
fn is_news(told: &Told, teller: Teller, ids: [&[u8]; 2], attributes: &Attributes<'_>) -> bool {
    let text = |key| attributes.get(key).map(value::text).unwrap_or_default();
    told.may_tell(teller, ids, [&text("exception.type"), &text("exception.message")])
}
