//! OpenTelemetry inside a Python program.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
        "disabled_instrumentations",
        Kind::List("NAMES"),
        "Instrumentations that are not loaded; * is all",
    )
    .both(),
    Entry::new(Heading::Python, "OTEL_PYTHON_DISTRO", "distro", Kind::Text("NAME"), "Distribution to use")
        .default("the first found")
        .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_CONFIGURATOR",
        "configurator",
        Kind::Text("NAME"),
        "Configurator to use",
    )
    .default("the first found")
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_ID_GENERATOR",
        "id_generator",
        Kind::Text("NAME"),
        "Maker of trace and span ids",
    )
    .default("random")
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_CONTEXT",
        "context",
        Kind::Text("NAME"),
        "Implementation of the context",
    )
    .default("contextvars_context")
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_TRACER_PROVIDER",
        "tracer_provider",
        Kind::Text("NAME"),
        "Tracer provider of the API",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_METER_PROVIDER",
        "meter_provider",
        Kind::Text("NAME"),
        "Meter provider of the API",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_TRACER_CONFIGURATOR",
        "tracer_configurator",
        Kind::Text("NAME"),
        "Configurator of tracers",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_METER_CONFIGURATOR",
        "meter_configurator",
        Kind::Text("NAME"),
        "Configurator of meters",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOGGER_CONFIGURATOR",
        "logger_configurator",
        Kind::Text("NAME"),
        "Configurator of loggers",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED",
        "sdk_internal_metrics_enabled",
        Kind::Boolean,
        "true: the SDK measures itself",
    )
    .default("false")
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_AUTO_INSTRUMENTATION_EXPERIMENTAL_GEVENT_PATCH",
        "auto_instrumentation_experimental_gevent_patch",
        Kind::Text("patch_all"),
        "patch_all: apply gevent's patch before anything is loaded",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED",
        "",
        Kind::Boolean,
        "Deprecated: log records by the SDK's own handler",
    )
    .default("false")
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION",
        "",
        Kind::Boolean,
        "Log records by the logging instrumentation",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_CORRELATION",
        "",
        Kind::Boolean,
        "Trace and span ids in the program's own log lines",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_FORMAT",
        "",
        Kind::Text("FORMAT"),
        "Format of the program's own log lines",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_LEVEL",
        "",
        Kind::Text("LEVEL"),
        "Level of the program's own log lines",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_HANDLER_LEVEL",
        "",
        Kind::Text("LEVEL"),
        "Least level of the log records that are sent",
    )
    .target(),
    Entry::new(
        Heading::Python,
        "OTEL_PYTHON_LOG_CODE_ATTRIBUTES",
        "",
        Kind::Boolean,
        "File, function and line on log records",
    )
    .target(),
];
