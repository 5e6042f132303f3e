//! Languages whose telemetry comes from their official agents, and programs that are left alone.

#[path = "languages/interpreters.rs"]
mod interpreters;
#[path = "languages/java.rs"]
mod java;
