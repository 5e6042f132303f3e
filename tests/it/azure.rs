//! The Azure Monitor exporter.

#[path = "azure/comparer.rs"]
mod comparer;
#[path = "azure/golden.rs"]
mod golden;
#[path = "azure/settings.rs"]
mod settings;
