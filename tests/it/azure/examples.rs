//! The examples: real servers with the application's own OpenTelemetry packages, whose telemetry
//! comes to the recorder as their READMEs promise.

#[path = "examples/hosting.rs"]
mod hosting;
#[path = "examples/inside.rs"]
mod inside;
#[path = "examples/logging.rs"]
mod logging;
#[path = "examples/metrics.rs"]
mod metrics;
#[path = "examples/service.rs"]
mod service;
#[path = "examples/services.rs"]
mod services;

use crate::support::recorder::Seen;
use crate::support::{process, venv};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What the examples' `requirements.txt` ask for, at the versions that were tried.
fn web() -> PathBuf {
    venv(
        "azure",
        &[
            "fastapi==0.165.0",
            "flask==3.1.3",
            "gunicorn==27.0.1",
            "requests==2.34.2",
            "opentelemetry-distro==0.66b1",
            "opentelemetry-instrumentation-fastapi==0.66b1",
            "opentelemetry-instrumentation-flask==0.66b1",
            "opentelemetry-instrumentation-requests==0.66b1",
            "uvicorn==0.54.0",
            "uvicorn-worker==0.4.0",
        ],
    )
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The parts of an envelope that one looks at.
fn data(envelope: &Value) -> &Value {
    &envelope["data"]["baseData"]
}

fn tag<'a>(envelope: &'a Value, name: &str) -> &'a str {
    envelope["tags"][name].as_str().unwrap_or_default()
}

fn role(envelope: &Value) -> &str {
    tag(envelope, "ai.cloud.role")
}

/// The one envelope of this type that `wanted` accepts.
fn only<'a>(seen: &'a Seen, base_type: &str, wanted: impl Fn(&Value) -> bool) -> &'a Value {
    let found: Vec<_> = seen.of(base_type).into_iter().filter(|envelope| wanted(envelope)).collect();
    assert!(found.len() == 1, "{} of {base_type}: {:#?} of {:#?}", found.len(), found, seen.of(base_type));
    found[0]
}

/// Metrics of this name and role.
fn metrics<'a>(seen: &'a Seen, of: &str, name: &str) -> Vec<&'a Value> {
    let named = |envelope: &&Value| role(envelope) == of && data(envelope)["metrics"][0]["name"] == name;
    seen.of("MetricData").into_iter().filter(named).collect()
}
