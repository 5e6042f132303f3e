//! The console exporter.

#[path = "console/official.rs"]
mod official;
#[path = "console/streams.rs"]
mod streams;
