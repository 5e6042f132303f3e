//! Which traces are kept, and which log records with them.
//!
//! A decision is drawn from the trace id, so that every span of a trace, every log record and
//! every other process comes to the same one. Beside it stands the rate: the percentage that was
//! kept of such items, for a service that counts each item as 100 divided by it. What an SDK has
//! left out before is part of the rate.

mod applied;
mod entry;
#[cfg(test)]
pub(crate) mod fixture;
mod hash;
mod item;
mod limit;
mod mark;
mod memory;
mod rules;
mod sampler;
mod stage;
#[cfg(test)]
mod tests;
mod waiting;

pub use applied::RATE_ATTRIBUTES;
pub use sampler::{Decision, Sampler};
pub use stage::{Kept, Passed, Reader, Stage};

use crate::otlp::view::Attributes;
use applied::Applied;

/// The percentage that was kept before an item came here: of its attributes and `tracestate`.
pub fn applied_rate(attributes: &Attributes<'_>, trace_state: &str) -> f64 {
    Applied::of(attributes, trace_state).percent()
}
