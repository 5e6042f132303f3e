//! OpenTelemetry inside the program, whatever its language.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Program,
        "OTEL_CONFIG_FILE",
        "config_file",
        Kind::Text("FILE"),
        "Configuration file, below all flags and variables: OpenTelemetry's declarative configuration in YAML or JSON, \
         or applicationinsights.json",
    ),
    Entry::new(
        Heading::Program,
        "OTEL_EXPERIMENTAL_CONFIG_FILE",
        "",
        Kind::Text("FILE"),
        "Old name of OTEL_CONFIG_FILE",
    ),
    Entry::new(
        Heading::Program,
        "APPLICATIONINSIGHTS_CONFIGURATION_FILE",
        "",
        Kind::Text("FILE"),
        "As OTEL_CONFIG_FILE, if that is not set",
    ),
    Entry::new(
        Heading::Program,
        "APPLICATIONINSIGHTS_CONFIGURATION_CONTENT",
        "",
        Kind::Text("JSON"),
        "The text of a configuration file, in place of APPLICATIONINSIGHTS_CONFIGURATION_FILE",
    )
    .secret(),
    Entry::new(
        Heading::Program,
        "OTEL_RUN_ENV_FILE",
        "env_file",
        Kind::List("FILE"),
        "Variables for the program and for otel-run, as NAME=value, below those of the environment; repeatable",
    ),
    Entry::new(
        Heading::Program,
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS",
        "experimental_resource_detectors",
        Kind::List("NAMES"),
        "Resource detectors of the Python SDK",
    )
    .default("otel")
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_SEMCONV_STABILITY_OPT_IN",
        "semconv_stability_opt_in",
        Kind::List("NAMES"),
        "Generation of attribute names, such as http or http/dup",
    )
    .default("http,database")
    .target(),
    Entry::new(Heading::Program, "OTEL_ENTITIES", "", Kind::Text("ENTITIES"), "Entities of the resource")
        .target(),
    Entry::new(
        Heading::Program,
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        "exporter_zipkin_endpoint",
        Kind::Text("URL"),
        "Deprecated, and without effect: otel-run has no Zipkin exporter",
    ),
    Entry::new(
        Heading::Program,
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
        "exporter_zipkin_timeout",
        Kind::Millis { least: 0 },
        "Deprecated, and without effect",
    ),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
        "",
        Kind::List("NAMES"),
        "Request headers of the server that become attributes",
    )
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
        "",
        Kind::List("NAMES"),
        "Response headers of the server that become attributes",
    )
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
        "",
        Kind::List("NAMES"),
        "Request headers of the client that become attributes",
    )
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
        "",
        Kind::List("NAMES"),
        "Response headers of the client that become attributes",
    )
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
        "",
        Kind::List("NAMES"),
        "Captured headers whose value is hidden",
    )
    .target(),
    Entry::new(
        Heading::Program,
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        "",
        Kind::List("NAMES"),
        "HTTP methods that keep their name",
    )
    .both(),
];
