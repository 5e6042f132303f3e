//! Sampling rules, on a real FastAPI application, to Azure Monitor and by OTLP.

#[path = "sampling/rules.rs"]
mod rules;
#[path = "sampling/told.rs"]
mod told;
