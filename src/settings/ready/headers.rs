//! `--capture_headers`: headers that become attributes. The program's SDK captures them; those that hold secrets are masked
//! there, and here once more.

use super::redaction;
use crate::settings::shape::{Processor, RedactionKind};

const CAPTURE: [&str; 4] = [
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
];
const SANITIZE: &str = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS";

/// Patterns of headers whose values are hidden.
const SECRET: &str =
    ".*auth.*,.*cookie.*,.*token.*,.*secret.*,.*session.*,.*passw.*,.*signature.*,.*credential.*,.*api.key.*";

/// The variables that tell the program's SDK, with their values.
pub(in crate::settings) fn capture(names: &[String]) -> Vec<(&'static str, String)> {
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join(",");
    let wanted = CAPTURE.into_iter().map(|variable| (variable, names.clone()));
    wanted.chain([(SANITIZE, SECRET.to_owned())]).collect()
}

pub(super) fn masked(names: &[String]) -> Option<Processor> {
    let kinds = if names.is_empty() { Vec::new() } else { vec![RedactionKind::Headers] };
    redaction::processor("--capture_headers", kinds)
}
