//! Start, end, and what is said about it.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

/// What SDKs of all languages understand, with their synonyms.
const LEVELS: &[&str] =
    &["none", "error", "warn", "info", "debug", "trace", "off", "fatal", "warning", "verbose", "all"];

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_INGRESS",
        "ingress",
        Kind::HostPort,
        "Address on which otel-run receives from the program",
    )
    .default("127.0.0.1, port by the kernel"),
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_GRACE",
        "grace",
        Kind::Seconds,
        "Longest time between the program's end and ours, to deliver the rest",
    )
    .default("5"),
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_MODE",
        "mode",
        Kind::Choice("MODE", &["parent", "exec", "auto"]),
        "parent: otel-run starts the program and waits for it; exec: the program takes otel-run's place and \
         process id, for service managers that must know it",
    )
    .default("auto, which is parent"),
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_CAPTURE_OUTPUT",
        "capture_output",
        Kind::List("stdout,stderr|none"),
        "Streams of the program whose lines become log records; they reach their place as before",
    )
    .default("none"),
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_KILL_WITH_LAUNCHER",
        "kill_with_launcher",
        Kind::Switch,
        "The program gets SIGTERM when otel-run is killed; otherwise it runs on",
    )
    .default("false"),
    Entry::new(
        Heading::Launch,
        "OTEL_RUN_STRICT",
        "strict",
        Kind::Switch,
        "Refuse to start (exit 125) where the program would otherwise start without telemetry",
    )
    .default("false"),
    Entry::new(
        Heading::Diagnostics,
        "OTEL_RUN_RECORD",
        "record",
        Kind::Text("FILE"),
        "Append what is received to this file as OTLP in JSON lines, for otel-run replay",
    ),
    Entry::new(
        Heading::Diagnostics,
        "OTEL_RUN_RECORD_MAX_BYTES",
        "record_max_bytes",
        Kind::Count { least: 1, most: 1 << 40 },
        "Bytes of telemetry after which the record ends; as JSON they are about three times as many",
    )
    .default("268435456"),
    Entry::new(
        Heading::Diagnostics,
        "OTEL_LOG_LEVEL",
        "log_level",
        Kind::Choice("LEVEL", LEVELS),
        "How much otel-run and the program's SDK say about themselves",
    )
    .default("warn here, info in the program")
    .both(),
];
