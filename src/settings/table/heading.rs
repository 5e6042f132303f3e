//! Groups of settings in `--help`.

/// In its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    Exporters,
    Identity,
    Otlp,
    Azure,
    Console,
    Prometheus,
    Metrics,
    Batching,
    Spool,
    Processing,
    Sampling,
    Limits,
    Injection,
    Program,
    Python,
    Launch,
    Diagnostics,
}

impl Heading {
    pub const ALL: [Heading; 17] = [
        Heading::Exporters,
        Heading::Identity,
        Heading::Otlp,
        Heading::Azure,
        Heading::Console,
        Heading::Prometheus,
        Heading::Metrics,
        Heading::Batching,
        Heading::Spool,
        Heading::Processing,
        Heading::Sampling,
        Heading::Limits,
        Heading::Injection,
        Heading::Program,
        Heading::Python,
        Heading::Launch,
        Heading::Diagnostics,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Heading::Exporters => "Where telemetry goes",
            Heading::Identity => "Who sends it",
            Heading::Otlp => "OTLP exporter",
            Heading::Azure => "Azure Monitor exporter",
            Heading::Console => "Console exporter",
            Heading::Prometheus => "Prometheus exporter",
            Heading::Metrics => "Metrics",
            Heading::Batching => "Batches of spans and log records",
            Heading::Spool => "What waits on disk",
            Heading::Processing => "What is done to telemetry",
            Heading::Sampling => "Sampling and propagation",
            Heading::Limits => "Limits inside the program",
            Heading::Injection => "Injection",
            Heading::Program => "OpenTelemetry inside the program",
            Heading::Python => "OpenTelemetry inside a Python program",
            Heading::Launch => "Launch",
            Heading::Diagnostics => "Diagnostics",
        }
    }
}
