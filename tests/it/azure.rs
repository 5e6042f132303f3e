//! The Azure Monitor exporter.

#[path = "azure/authorized.rs"]
mod authorized;
#[path = "azure/comparer.rs"]
mod comparer;
#[path = "azure/counters.rs"]
mod counters;
#[path = "azure/doctor.rs"]
mod doctor;
#[path = "azure/entra.rs"]
mod entra;
#[path = "azure/examples.rs"]
mod examples;
#[path = "azure/faults.rs"]
mod faults;
#[path = "azure/golden.rs"]
mod golden;
#[path = "azure/hostile.rs"]
mod hostile;
#[path = "azure/live.rs"]
mod live;
#[path = "azure/options.rs"]
mod options;
#[path = "azure/otlp.rs"]
mod otlp;
#[path = "azure/proxy.rs"]
mod proxy;
#[path = "azure/recorder.rs"]
mod recorder;
#[path = "azure/redirects.rs"]
mod redirects;
#[path = "azure/send.rs"]
mod send;
#[path = "azure/settings.rs"]
mod settings;
#[path = "azure/standard_metrics.rs"]
mod standard_metrics;
#[path = "azure/tokens.rs"]
mod tokens;
#[path = "azure/transport.rs"]
mod transport;
