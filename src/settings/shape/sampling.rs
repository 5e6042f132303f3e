//! What is kept of the telemetry, beyond one rate for all.

use super::Selector;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Rules that come before the sampler. They see an item at its end: with its status and its duration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SamplingRules {
    /// The first that matches decides.
    pub overrides: Vec<SamplingOverride>,
    /// Spans with an error or an exception are kept, with what is still at hand of their traces.
    pub keep_errors: bool,
    /// So are spans that took at least this long.
    pub keep_slower_than: Option<Duration>,
    /// Traces that their caller did not sample are left out (Java agent: `preview.sampling.parentBased`).
    pub parent_based: Option<bool>,
    /// How long spans and log records wait for the end of what they belong to, when rules ask for it. `None`: the default.
    pub delay: Option<Duration>,
}

impl SamplingRules {
    /// Nothing is decided by them.
    pub fn is_empty(&self) -> bool {
        self.overrides.is_empty() && !self.keep_errors && self.keep_slower_than.is_none()
    }

    /// Something may be kept that a sampler would leave out.
    pub fn keep(&self) -> bool {
        self.keep_errors
            || self.keep_slower_than.is_some()
            || self.overrides.iter().any(|rule| rule.rate != Rate::Percentage(0.0))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamplingOverride {
    /// What it is called in messages.
    pub name: String,
    /// `None`: all.
    pub telemetry: Option<TelemetryType>,
    pub selector: Selector,
    pub rate: Rate,
}

/// `telemetryType` of the Java agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TelemetryType {
    Request,
    Dependency,
    /// A log record.
    Trace,
    Exception,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rate {
    /// 0 to 100.
    Percentage(f64),
    /// Traces per second, above 0.
    PerSecond(f64),
}
