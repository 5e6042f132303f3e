//! What is done to telemetry on its way: rules as plain data, whatever vocabulary they were written in (flags,
//! `applicationinsights.json`, OpenTelemetry's declarative configuration).
//!
//! Patterns are regular expressions of the `regex` crate: linear in time, without look-around and back-references. They
//! were compiled once when they were read, within [`PATTERN_BYTES`], so that a wrong one is an error before anything starts.

mod change;
mod sampling;
mod selector;

pub use change::{AttributeAction, Change, Keys, Naming, Scalar, Source};
pub use sampling::{Rate, SamplingOverride, SamplingRules, TelemetryType};
pub use selector::{AttributeMatch, Selector, SpanKind, SpanStatus, Text};

use serde::{Deserialize, Serialize};

/// The most memory that one compiled pattern may need.
pub const PATTERN_BYTES: usize = 1 << 20;

/// Everything that is done to telemetry between the receiver and the destinations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// In this order, redaction first; for all destinations.
    pub processors: Vec<Processor>,
    pub sampling: SamplingRules,
}

/// One step: what it does, and to which items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Processor {
    /// What it is called in messages: `processor 2 (otel-run.yaml:14)`, `--drop_health_checks`.
    pub name: String,
    /// The kinds of items that it looks at.
    pub items: Vec<Item>,
    /// Only items that match; `None`: all.
    pub include: Option<Selector>,
    /// Never items that match. Wins over `include`.
    pub exclude: Option<Selector>,
    pub work: Work,
}

/// What telemetry consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    Span,
    SpanEvent,
    Log,
    /// A metric by its name; its data points' attributes are what is edited.
    Metric,
    /// The resource that all these come from.
    Resource,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// In their order.
    Attributes(Vec<AttributeAction>),
    /// The name of a span, span event or metric, the body of a log record.
    Name(Naming),
    /// The item is left out, and counted as that.
    Drop,
    /// The same with all that hangs on it, as far as it is in reach: of a span its children and their log records; the whole
    /// trace when it began with it.
    DropTree,
    /// The same masking wherever text is: names, bodies, all attributes of the items.
    Redact(Redaction),
}

/// What is taken out of every text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redaction {
    /// Kinds that are known by name.
    pub kinds: Vec<RedactionKind>,
    /// Further patterns, each with what takes its place (`${name}` stands for a named group).
    pub patterns: Vec<(String, String)>,
}

/// What is known to be secret, by the patterns and keys in `process/edit/redact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RedactionKind {
    Credentials,
    Headers,
    Sql,
    Email,
    Tokens,
}

impl RedactionKind {
    pub const ALL: [RedactionKind; 5] = [
        RedactionKind::Credentials,
        RedactionKind::Headers,
        RedactionKind::Sql,
        RedactionKind::Email,
        RedactionKind::Tokens,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            RedactionKind::Credentials => "credentials",
            RedactionKind::Headers => "headers",
            RedactionKind::Sql => "sql",
            RedactionKind::Email => "email",
            RedactionKind::Tokens => "tokens",
        }
    }
}
