//! The Prometheus endpoint.

#[path = "prometheus/client.rs"]
mod client;
#[path = "prometheus/endpoint.rs"]
mod endpoint;
#[path = "prometheus/workers.rs"]
mod workers;
