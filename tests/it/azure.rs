//! The Azure Monitor exporter.

#[path = "azure/settings.rs"]
mod settings;
