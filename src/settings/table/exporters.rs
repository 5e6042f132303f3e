//! Where telemetry goes, and who sends it.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Exporters,
        "OTEL_TRACES_EXPORTER",
        "traces_exporter",
        Kind::Exporters,
        "Destinations of traces: azure, otlp, otlp/stdout, console, none; several with commas",
    )
    .default("azure if a connection string is set, else otlp if an OTLP endpoint is set, else console at a terminal, else otlp"),
    Entry::new(
        Heading::Exporters,
        "OTEL_METRICS_EXPORTER",
        "metrics_exporter",
        Kind::Exporters,
        "Destinations of metrics: azure, otlp, otlp/stdout, console, prometheus, none",
    )
    .default("as for traces"),
    Entry::new(
        Heading::Exporters,
        "OTEL_LOGS_EXPORTER",
        "logs_exporter",
        Kind::Exporters,
        "Destinations of logs: azure, otlp, otlp/stdout, console, none",
    )
    .default("as for traces"),
    Entry::new(
        Heading::Exporters,
        "OTEL_RUN_LENIENT",
        "lenient",
        Kind::Switch,
        "Go on without an exporter whose name is unknown, instead of refusing to start",
    )
    .default("false"),
    Entry::new(
        Heading::Exporters,
        "OTEL_SDK_DISABLED",
        "sdk_disabled",
        Kind::Boolean,
        "true: inject nothing and receive nothing, only start the program and wait for it",
    )
    .default("false")
    .both(),
    Entry::new(
        Heading::Identity,
        "OTEL_SERVICE_NAME",
        "service_name",
        Kind::Text("NAME"),
        "service.name of everything that is sent",
    )
    .default("made from the command")
    .both(),
    Entry::new(
        Heading::Identity,
        "OTEL_RESOURCE_ATTRIBUTES",
        "resource_attributes",
        Kind::Pairs,
        "Further resource attributes, such as deployment.environment.name=test",
    )
    .both(),
    Entry::new(
        Heading::Identity,
        "OTEL_RUN_RESOURCE_DETECTORS",
        "resource_detectors",
        Kind::List("NAMES"),
        "Who looks at where the program runs: host, os, container, k8s, azure, aws, gcp, heroku, fly; all or none",
    )
    .default("all"),
];
