//! Metrics, whoever makes them.

use super::{Entry, Heading, ON_OFF};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(Heading::Metrics, "OTEL_METRIC_EXPORT_INTERVAL", "metric_export_interval", Kind::Millis { least: 1 },
        "Time between two collections of metrics, in milliseconds; unless given 10000 when Prometheus alone gets them")
        .default("60000").both(),
    Entry::new(Heading::Metrics, "OTEL_METRIC_EXPORT_TIMEOUT", "metric_export_timeout", Kind::Millis { least: 1 },
        "Longest time of one collection in the program, in milliseconds").default("30000").target(),
    Entry::new(Heading::Metrics, "OTEL_RUN_HOST_METRICS", "host_metrics", ON_OFF,
        "Measure the host and the program's processes")
        .default("on; for azure only when it is said"),
    Entry::new(Heading::Metrics, "OTEL_METRICS_EXEMPLAR_FILTER", "metrics_exemplar_filter",
        Kind::Choice("NAME", &["always_on", "always_off", "trace_based"]),
        "Which measurements become exemplars, in the program and of requests: all, none, or those of sampled traces")
        .default("trace_based").both(),
];
