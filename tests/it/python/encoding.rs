//! The shim's own exporters against the official ones.

use super::file;
use crate::support::venv;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The SDK with the official exporters, over HTTP and gRPC.
pub(super) fn exporters() -> PathBuf {
    venv(
        "exporters",
        &[
            "opentelemetry-sdk==1.45.2",
            "opentelemetry-exporter-otlp-proto-grpc==1.45.2",
            "opentelemetry-exporter-otlp-proto-http==1.45.2",
        ],
    )
}

/// The same spans, metrics and log records give the same messages.
#[test]
fn same_messages_as_the_official_exporters() {
    let output = Command::new(exporters().join("bin/python"))
        .arg(file("encoding.py"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("shims/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
