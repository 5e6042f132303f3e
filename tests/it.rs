//! The one integration binary. Tests start the real program and real servers.

#[path = "support/mod.rs"]
mod support;

#[path = "it/azure.rs"]
mod azure;
#[path = "it/bootstrap.rs"]
mod bootstrap;
#[path = "it/complete.rs"]
mod complete;
#[path = "it/config.rs"]
mod config;
#[path = "it/console.rs"]
mod console;
#[path = "it/frameworks.rs"]
mod frameworks;
#[path = "it/languages.rs"]
mod languages;
#[path = "it/measure.rs"]
mod measure;
#[path = "it/node.rs"]
mod node;
#[path = "it/otlp_export.rs"]
mod otlp_export;
#[path = "it/output.rs"]
mod output;
#[path = "it/pipeline.rs"]
mod pipeline;
#[path = "it/processing.rs"]
mod processing;
#[path = "it/prometheus.rs"]
mod prometheus;
#[path = "it/python.rs"]
mod python;
#[path = "it/receiver.rs"]
mod receiver;
#[path = "it/rehearse.rs"]
mod rehearse;
#[path = "it/sampling.rs"]
mod sampling;
#[path = "it/settings_and_cli.rs"]
mod settings_and_cli;
#[path = "it/spool.rs"]
mod spool;
#[path = "it/transparency.rs"]
mod transparency;
