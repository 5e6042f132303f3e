//! `ai.internal.sdkVersion`: us, the language of the program, and its OpenTelemetry SDK.

use super::text;
use crate::otlp::view::Resource;
use std::fmt::Write;

/// `otelrun0.1.0:python3.11.7:otel1.45.2`; what is not known is left out.
pub(super) fn of(resource: &Resource<'_>) -> String {
    let mut version = concat!("otelrun", env!("CARGO_PKG_VERSION")).to_owned();
    let mut part = |name: &str, number: &str| {
        if !name.is_empty() {
            // Into memory it cannot fail.
            let _ = write!(version, ":{name}{number}");
        }
    };
    part(text(resource, "telemetry.sdk.language"), text(resource, "process.runtime.version"));
    match text(resource, "telemetry.sdk.version") {
        "" => {}
        number => part("otel", number),
    }
    version
}
