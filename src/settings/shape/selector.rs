//! Which items a rule concerns.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// All that is given must hold; of a list one. A criterion of another kind of item does not hold for this one:
/// a log record has no span name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selector {
    pub span_names: Vec<Text>,
    pub event_names: Vec<Text>,
    pub log_bodies: Vec<Text>,
    pub metric_names: Vec<Text>,
    /// Names of instrumentation scopes.
    pub scopes: Vec<Text>,
    /// URLs of requests, received or sent, without their queries; where a span tells only parts, `scheme://host:port/path`.
    pub urls: Vec<Text>,
    /// All of them.
    pub attributes: Vec<AttributeMatch>,
    /// All of them, of the resource.
    pub resource: Vec<AttributeMatch>,
    pub kinds: Vec<SpanKind>,
    pub statuses: Vec<SpanStatus>,
    /// Spans that took at least, and less than this.
    pub min_duration: Option<Duration>,
    pub max_duration: Option<Duration>,
    /// Severity numbers of log records (1 to 24), both included.
    pub min_severity: Option<u8>,
    pub max_severity: Option<u8>,
}

/// What a text must be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Text {
    Exact(String),
    /// Found anywhere, unless the pattern says `^` and `$`.
    Pattern(String),
    /// The whole text matches.
    WholePattern(String),
}

/// An attribute by its key, and by its value as text if one is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeMatch {
    pub key: String,
    pub value: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanStatus {
    Unset,
    Ok,
    Error,
}
