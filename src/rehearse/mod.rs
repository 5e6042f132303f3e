//! Telemetry once more: what `--record` has written goes through the pipeline again (`otel-run replay`).

mod documents;
mod replay;

pub use replay::replay;
