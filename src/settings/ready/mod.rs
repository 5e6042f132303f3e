//! Ready-made rules, each turned on by a setting of its own.

mod dimensions;
mod headers;
mod health;
mod redaction;
#[cfg(test)]
mod tests;
mod urls;

pub(super) use headers::capture;

use super::notes::Notes;
use super::origin::Layers;
use super::read::Variables;
use super::shape::{Item, Processor, Selector, Text, Work};

/// Where the rules stand around those of a file.
#[derive(Debug, Default)]
pub(super) struct Ready {
    /// Redaction, so that nothing that is derived can hold what was taken out; then what is left out, so that nobody works
    /// on it.
    pub(super) first: Vec<Processor>,
    /// What is added.
    pub(super) last: Vec<Processor>,
}

pub(super) fn ready(variables: &Variables, layers: &Layers, notes: &mut Notes) -> Ready {
    let own = &variables.own;
    let mut first = redaction::redaction(&own.redact, layers, notes);
    first.extend(headers::masked(&own.capture_headers));
    if own.drop_health_checks {
        first.extend(health::processors());
    }
    let patterns = variables.general.python_excluded_urls.as_deref().unwrap_or_default();
    first.extend(urls::processor(patterns, layers, notes));
    let dimensions = own.custom_dimension.as_deref().unwrap_or_default();
    let last = dimensions::processor(dimensions, layers, notes).into_iter().collect();
    Ready { first, last }
}

/// Everything that telemetry consists of, but resources.
const ITEMS: [Item; 4] = [Item::Span, Item::SpanEvent, Item::Log, Item::Metric];

/// Leaves out spans with all that hangs on them.
fn drop_tree(name: &str, include: Selector, exclude: Option<Selector>) -> Processor {
    Processor {
        name: name.to_owned(),
        items: vec![Item::Span],
        include: Some(include),
        exclude,
        work: Work::DropTree,
    }
}

fn pattern(pattern: &str) -> Text {
    Text::Pattern(pattern.to_owned())
}
