//! What is shown on this machine: console and Prometheus.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(Heading::Console, "OTEL_RUN_CONSOLE_FORMAT", "console_format",
        Kind::Choice("FORMAT", &["auto", "json", "basic", "normal", "detailed", "pretty"]),
        "json (as the Python SDK prints it), basic, normal, detailed (as the Collector's debug exporter) or pretty")
        .default("auto, which is json"),
    Entry::new(Heading::Console, "OTEL_RUN_CONSOLE_OUTPUT", "console_output", Kind::Text("stdout|stderr|FILE"),
        "Where the console exporter prints").default("stdout"),
    Entry::new(Heading::Prometheus, "OTEL_EXPORTER_PROMETHEUS_HOST", "exporter_prometheus_host", Kind::Text("HOST"),
        "Address of the scrape endpoint").default("localhost"),
    Entry::new(Heading::Prometheus, "OTEL_EXPORTER_PROMETHEUS_PORT", "exporter_prometheus_port",
        Kind::Count { least: 0, most: 65_535 }, "Port of the scrape endpoint").default("9464"),
];
