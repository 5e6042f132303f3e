//! The console exporter.

#[path = "console/official.rs"]
mod official;
#[path = "console/sink.rs"]
mod sink;
