//! What a span means to Application Insights: a request or a dependency, its name, result and
//! target. Asked by the envelopes, the standard metrics and Live Metrics alike, so that these agree.
//!
//! Old and new names of the semantic conventions are understood; the new one wins.

mod code;
mod database;
mod dependency;
mod known;
mod messaging;
mod peer;
mod request;
mod resource;
mod slot;
mod url;

pub use dependency::{Data, Dependency};
pub use known::Known;
pub use request::Request;
pub use slot::Slot;
pub use url::Url;

use crate::otlp::view::{Span, SpanKind};
use crate::settings::AzureSettings;
use std::borrow::Cow;

/// What becomes of a span.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning<'a> {
    Request(Request<'a>),
    Dependency(Dependency<'a>),
}

impl<'a> Meaning<'a> {
    pub fn of(span: &'a Span<'a>, known: &Known<'a>, settings: &AzureSettings) -> Meaning<'a> {
        if is_request(span, known, settings) {
            Meaning::Request(Request::of(span, known, settings))
        } else {
            Meaning::Dependency(Dependency::of(span, known, settings))
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Meaning::Request(request) => &request.name,
            Meaning::Dependency(dependency) => &dependency.name,
        }
    }

    pub fn success(&self) -> bool {
        match self {
            Meaning::Request(request) => request.success,
            Meaning::Dependency(dependency) => dependency.success,
        }
    }

    /// `responseCode` or `resultCode`.
    pub fn code(&self) -> &str {
        match self {
            Meaning::Request(request) => &request.code,
            Meaning::Dependency(dependency) => &dependency.code,
        }
    }
}

fn is_request(span: &Span<'_>, known: &Known<'_>, settings: &AzureSettings) -> bool {
    match span.kind {
        SpanKind::Server => true,
        SpanKind::Consumer => !(span.has_local_parent() && is_receive(known)),
        SpanKind::Client | SpanKind::Producer => false,
        // A job that a scheduler started; with the option, whatever begins a trace.
        SpanKind::Internal => {
            span.is_root() && (settings.root_internal_is_request || known.has(Slot::JobSystem))
        }
    }
}

/// Taking messages off a queue is part of what the process does; only handling them is a request.
fn is_receive(known: &Known<'_>) -> bool {
    known.first(&[Slot::MessagingOperationType, Slot::MessagingOperation]) == Some("receive")
}

/// Whether the span is a request of HTTP, in or out.
pub fn is_http(known: &Known<'_>) -> bool {
    known.first(&[Slot::HttpRequestMethod, Slot::HttpMethod]).is_some()
}

/// Whether a program made the request: a crawler, a test, the warm-up of App Service.
pub fn is_synthetic(known: &Known<'_>) -> bool {
    matches!(known.text(Slot::UserAgentSyntheticType), Some("bot" | "test"))
        || known
            .first(&[Slot::UserAgentOriginal, Slot::HttpUserAgent])
            .is_some_and(|agent| agent.contains("AlwaysOn"))
}

/// `first`, `between` and `last` in one; `whole` if it is that already.
fn joined<'a>(whole: &'a str, first: &'a str, between: &str, last: &'a str) -> Cow<'a, str> {
    let is_whole = whole
        .strip_prefix(first)
        .and_then(|rest| rest.strip_prefix(between))
        .is_some_and(|rest| rest == last);
    if is_whole { Cow::Borrowed(whole) } else { Cow::Owned([first, between, last].concat()) }
}

/// What stands between a method and a path.
fn space_before(path: &str) -> &'static str {
    if path.starts_with('/') { " " } else { " /" }
}

#[cfg(test)]
mod tests;
