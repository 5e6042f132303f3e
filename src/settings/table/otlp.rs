//! The OTLP exporter.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

/// A setting of the OTLP exporter: for all signals, then for each of them.
macro_rules! otlp {
    ($variable:literal, $flag:literal, $kind:expr, $default:expr, $help:literal $(, $more:ident)*) => {
        [
            otlp!(@ concat!("OTEL_EXPORTER_OTLP_", $variable), concat!("exporter_otlp_", $flag), $kind, $help)
                .default($default) $(.$more())*,
            otlp!(@ concat!("OTEL_EXPORTER_OTLP_TRACES_", $variable), concat!("exporter_otlp_traces_", $flag), $kind,
                concat!($help, "; for traces alone")) $(.$more())*,
            otlp!(@ concat!("OTEL_EXPORTER_OTLP_METRICS_", $variable), concat!("exporter_otlp_metrics_", $flag), $kind,
                concat!($help, "; for metrics alone")) $(.$more())*,
            otlp!(@ concat!("OTEL_EXPORTER_OTLP_LOGS_", $variable), concat!("exporter_otlp_logs_", $flag), $kind,
                concat!($help, "; for logs alone")) $(.$more())*,
        ]
    };
    (@ $variable:expr, $flag:expr, $kind:expr, $help:expr) => {
        Entry::new(Heading::Otlp, $variable, $flag, $kind, $help)
    };
}

/// Each for all signals, then for each of them.
pub(super) static PER_SIGNAL: &[[Entry; 4]] = &[
    otlp!(
        "ENDPOINT",
        "endpoint",
        Kind::Text("URL"),
        "http://localhost:4318, or :4317 with grpc",
        "URL to send to"
    ),
    otlp!(
        "PROTOCOL",
        "protocol",
        Kind::Choice("PROTOCOL", &["grpc", "http/protobuf", "http/json"]),
        "by the endpoint's port (4317: grpc), else http/protobuf",
        "grpc, http/protobuf or http/json"
    ),
    otlp!("HEADERS", "headers", Kind::Pairs, "none", "Headers of every request, such as api-key=KEY", secret),
    otlp!(
        "CERTIFICATE",
        "certificate",
        Kind::Text("FILE"),
        "the system's roots",
        "PEM file with the roots that the server's certificate is verified against"
    ),
    otlp!(
        "CLIENT_CERTIFICATE",
        "client_certificate",
        Kind::Text("FILE"),
        "none",
        "PEM file with the client's certificate chain (mTLS)"
    ),
    otlp!(
        "CLIENT_KEY",
        "client_key",
        Kind::Text("FILE"),
        "none",
        "PEM file with the client's private key (mTLS)"
    ),
    otlp!(
        "INSECURE",
        "insecure",
        Kind::Boolean,
        "false",
        "true: gRPC without TLS when the endpoint has no scheme"
    ),
    otlp!("COMPRESSION", "compression", Kind::Choice("NAME", &["none", "gzip"]), "none", "none or gzip"),
    otlp!(
        "TIMEOUT",
        "timeout",
        Kind::Millis { least: 1 },
        "10000",
        "Longest time of one request, in milliseconds"
    ),
];

pub(super) static MORE: &[Entry] = &[
    Entry::new(
        Heading::Otlp,
        "OTEL_RUN_COMPRESSION_LEVEL",
        "compression_level",
        Kind::Count { least: 1, most: 9 },
        "Level of gzip, 1 (fast) to 9 (small)",
    )
    .default("1"),
    Entry::new(
        Heading::Otlp,
        "OTEL_RUN_OTLP_AUTH",
        "otlp_auth",
        Kind::Choice("none|entra", &["none", "entra"]),
        "entra: every OTLP request carries a token of Entra ID",
    )
    .default("none; entra with --azure_otlp"),
    Entry::new(
        Heading::Otlp,
        "OTEL_RUN_OTLP_AUDIENCE",
        "otlp_audience",
        Kind::Text("URL"),
        "For whom these tokens are",
    )
    .default("https://monitor.azure.com, or that of the endpoint's cloud"),
    Entry::new(
        Heading::Otlp,
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "exporter_otlp_metrics_temporality_preference",
        Kind::Choice("NAME", &["cumulative", "delta", "lowmemory"]),
        "Temporality of metrics, of the program's and of our own",
    )
    .default("cumulative")
    .both(),
    Entry::new(
        Heading::Otlp,
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "exporter_otlp_metrics_default_histogram_aggregation",
        Kind::Choice("NAME", &["explicit_bucket_histogram", "base2_exponential_bucket_histogram"]),
        "Kind of histograms, of the program's and of our own",
    )
    .default("explicit_bucket_histogram")
    .both(),
    Entry::new(
        Heading::Otlp,
        "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
        "",
        Kind::Boolean,
        "Old name of OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    ),
    Entry::new(
        Heading::Otlp,
        "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
        "",
        Kind::Boolean,
        "Old name of OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    ),
];
