//! Every key of OpenTelemetry's declarative configuration, file format 1.x, and what becomes of it.

use crate::settings::file::schema::{Becomes, Form, Key};

const fn key(path: &'static str, form: Form, becomes: Becomes) -> Key {
    Key { path, form, becomes }
}

const fn nothing(silent: &'static [&'static str], why: &'static str) -> Becomes {
    Becomes::Nothing { silent, why }
}

/// What paths of the table may begin with, and what that stands for.
pub(in crate::settings::file) const PREFIXES: &[(&str, &[&str])] = &[
    (
        "EXPORTER",
        &[
            "tracer_provider.processors[].batch|simple.exporter",
            "logger_provider.processors[].batch|simple.exporter",
            "meter_provider.readers[].periodic.exporter",
        ],
    ),
    ("READER", &["meter_provider.readers[].periodic", "meter_provider.readers[].pull"]),
    ("PROMETHEUS", &["meter_provider.readers[].pull.exporter.prometheus/development"]),
];

const VARIABLE: &str = "no variable says it to the program's SDK";
const SIZE: &str = "sizes of requests are not limited";
const DEPTH: &str = "no SDK reads it from a variable";
const SCRAPE: &str = "the scrape endpoint's form is fixed";
const DETECT: &str = "otel-run detects what it runs on by itself";

pub(in crate::settings::file) static KEYS: &[Key] = &[
    key(
        "file_format",
        Form::Text,
        Becomes::Own("1.x is read; another minor version costs a warning, another major one is refused"),
    ),
    key("disabled", Form::Bool, Becomes::Variable("OTEL_SDK_DISABLED")),
    key("log_level", Form::Choice(SEVERITIES), Becomes::Own("`OTEL_LOG_LEVEL`")),
    key("resource.attributes[].name", Form::Text, Becomes::Own("`OTEL_RESOURCE_ATTRIBUTES`")),
    key("resource.attributes[].value", Form::Free, Becomes::Own("its value, as text")),
    key(
        "resource.attributes[].type",
        Form::Choice(&[
            "string",
            "bool",
            "int",
            "double",
            "string_array",
            "bool_array",
            "int_array",
            "double_array",
        ]),
        Becomes::Own("resource attributes of variables are texts: arrays are refused"),
    ),
    key(
        "resource.attributes_list",
        Form::Text,
        Becomes::Own("`OTEL_RESOURCE_ATTRIBUTES`, but for what `attributes` has"),
    ),
    key("resource.schema_url", Form::Text, nothing(&[], VARIABLE)),
    key("resource.detection/development.attributes.included|excluded", Form::Words, nothing(&[], DETECT)),
    key(
        "resource.detection/development.detectors[].*",
        Form::Free,
        Becomes::Own("`OTEL_RUN_RESOURCE_DETECTORS`"),
    ),
    key(
        "attribute_limits.attribute_value_length_limit",
        Form::Int,
        Becomes::Variable("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
    ),
    key("attribute_limits.attribute_count_limit", Form::Int, Becomes::Variable("OTEL_ATTRIBUTE_COUNT_LIMIT")),
    key("attribute_limits.attribute_value_depth_limit", Form::Int, nothing(&["64"], DEPTH)),
    key("propagator.composite[].*", Form::Free, Becomes::Own("`OTEL_PROPAGATORS`")),
    key("propagator.composite_list", Form::Text, Becomes::Own("`OTEL_PROPAGATORS`, behind `composite`")),
    key("tracer_provider", Form::Section, Becomes::Own("`OTEL_TRACES_EXPORTER`, from its exporters")),
    key(
        "tracer_provider.processors[].batch.schedule_delay",
        Form::Int,
        Becomes::Variable("OTEL_BSP_SCHEDULE_DELAY"),
    ),
    key(
        "tracer_provider.processors[].batch.export_timeout",
        Form::Int,
        Becomes::Variable("OTEL_BSP_EXPORT_TIMEOUT"),
    ),
    key(
        "tracer_provider.processors[].batch.max_queue_size",
        Form::Int,
        Becomes::Variable("OTEL_BSP_MAX_QUEUE_SIZE"),
    ),
    key(
        "tracer_provider.processors[].batch.max_export_batch_size",
        Form::Int,
        Becomes::Variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
    ),
    key(
        "tracer_provider.processors[].*",
        Form::Free,
        Becomes::Own("nothing, with a warning: only batch and simple are known"),
    ),
    key(
        "tracer_provider.limits.attribute_value_length_limit",
        Form::Int,
        Becomes::Variable("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
    ),
    key("tracer_provider.limits.attribute_value_depth_limit", Form::Int, nothing(&["64"], DEPTH)),
    key(
        "tracer_provider.limits.attribute_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"),
    ),
    key(
        "tracer_provider.limits.event_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_SPAN_EVENT_COUNT_LIMIT"),
    ),
    key(
        "tracer_provider.limits.link_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_SPAN_LINK_COUNT_LIMIT"),
    ),
    key(
        "tracer_provider.limits.event_attribute_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"),
    ),
    key(
        "tracer_provider.limits.link_attribute_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"),
    ),
    key(
        "tracer_provider.sampler",
        Form::Free,
        Becomes::Own("`OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`"),
    ),
    key("tracer_provider.id_generator.random", Form::Free, Becomes::Own("nothing: that is what SDKs do")),
    key("tracer_provider.id_generator.*", Form::Free, nothing(&[], VARIABLE)),
    key(
        "tracer_provider.tracer_configurator/development",
        Form::Free,
        Becomes::Own("spans of scopes that are not enabled are dropped"),
    ),
    key("logger_provider", Form::Section, Becomes::Own("`OTEL_LOGS_EXPORTER`, from its exporters")),
    key(
        "logger_provider.processors[].batch.schedule_delay",
        Form::Int,
        Becomes::Variable("OTEL_BLRP_SCHEDULE_DELAY"),
    ),
    key(
        "logger_provider.processors[].batch.export_timeout",
        Form::Int,
        Becomes::Variable("OTEL_BLRP_EXPORT_TIMEOUT"),
    ),
    key(
        "logger_provider.processors[].batch.max_queue_size",
        Form::Int,
        Becomes::Variable("OTEL_BLRP_MAX_QUEUE_SIZE"),
    ),
    key(
        "logger_provider.processors[].batch.max_export_batch_size",
        Form::Int,
        Becomes::Variable("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
    ),
    key(
        "logger_provider.processors[].event_to_span_event_bridge/development",
        Form::Free,
        nothing(&[], VARIABLE),
    ),
    key(
        "logger_provider.processors[].*",
        Form::Free,
        Becomes::Own("nothing, with a warning: only batch and simple are known"),
    ),
    key(
        "logger_provider.limits.attribute_value_length_limit",
        Form::Int,
        Becomes::Variable("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
    ),
    key("logger_provider.limits.attribute_value_depth_limit", Form::Int, nothing(&["64"], DEPTH)),
    key(
        "logger_provider.limits.attribute_count_limit",
        Form::Int,
        Becomes::Variable("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT"),
    ),
    key(
        "logger_provider.logger_configurator/development",
        Form::Free,
        Becomes::Own(
            "log records of scopes that are not enabled, or below their least severity, are dropped",
        ),
    ),
    key("meter_provider", Form::Section, Becomes::Own("`OTEL_METRICS_EXPORTER`, from its exporters")),
    key(
        "meter_provider.readers[].periodic.interval",
        Form::Int,
        Becomes::Variable("OTEL_METRIC_EXPORT_INTERVAL"),
    ),
    key(
        "meter_provider.readers[].periodic.timeout",
        Form::Int,
        Becomes::Variable("OTEL_METRIC_EXPORT_TIMEOUT"),
    ),
    key(
        "meter_provider.readers[].periodic.max_export_batch_size/development",
        Form::Int,
        nothing(&[], VARIABLE),
    ),
    key(
        "READER.cardinality_limits.default|counter|gauge|histogram|observable_counter|observable_gauge|observable_up_down_counter|up_down_counter",
        Form::Int,
        nothing(&["2000"], VARIABLE),
    ),
    key("READER.producers", Form::Free, nothing(&[], VARIABLE)),
    key(
        "meter_provider.exemplar_filter",
        Form::Choice(&["always_on", "always_off", "trace_based"]),
        Becomes::Variable("OTEL_METRICS_EXEMPLAR_FILTER"),
    ),
    key(
        "meter_provider.views",
        Form::Free,
        Becomes::Own(
            "processors, as far as they can: dropping, renaming, leaving attributes out; the rest costs a warning",
        ),
    ),
    key(
        "meter_provider.meter_configurator/development",
        Form::Free,
        Becomes::Own("metrics of scopes that are not enabled are dropped"),
    ),
    key("EXPORTER.otlp_http", Form::Section, Becomes::Own("`otlp` for this signal, with `http/protobuf`")),
    key("EXPORTER.otlp_grpc", Form::Section, Becomes::Own("`otlp` for this signal, with `grpc`")),
    key("EXPORTER.otlp_file/development", Form::Section, Becomes::Own("`otlp/stdout` for this signal")),
    key("EXPORTER.console", Form::Section, Becomes::Own("`console` for this signal")),
    key("EXPORTER.azure", Form::Section, Becomes::Own("`azure` for this signal; a name of otel-run's own")),
    key(
        "EXPORTER.*",
        Form::Free,
        Becomes::Own("nothing, with a warning: otel-run has no exporter of that name"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.endpoint",
        Form::Text,
        Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_ENDPOINT"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.tls.ca_file",
        Form::Text,
        Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_CERTIFICATE"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.tls.key_file",
        Form::Text,
        Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_CLIENT_KEY"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.tls.cert_file",
        Form::Text,
        Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_CLIENT_CERTIFICATE"),
    ),
    key("EXPORTER.otlp_grpc.tls.insecure", Form::Bool, Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_INSECURE")),
    key(
        "EXPORTER.otlp_http|otlp_grpc.headers[].name",
        Form::Text,
        Becomes::Own("`OTEL_EXPORTER_OTLP_{S}_HEADERS`"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.headers[].value",
        Form::Text,
        Becomes::Own("the header's value; without one the header is left out"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.headers_list",
        Form::Text,
        Becomes::Own("`OTEL_EXPORTER_OTLP_{S}_HEADERS`, but for what `headers` has"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.compression",
        Form::Text,
        Becomes::Variable("OTEL_EXPORTER_OTLP_{S}_COMPRESSION"),
    ),
    key(
        "EXPORTER.otlp_http|otlp_grpc.timeout",
        Form::Int,
        Becomes::Own("`OTEL_EXPORTER_OTLP_{S}_TIMEOUT`; 0 is a day"),
    ),
    key("EXPORTER.otlp_http|otlp_grpc.max_request_size|max_response_size", Form::Int, nothing(&[], SIZE)),
    key(
        "EXPORTER.otlp_http.encoding",
        Form::Choice(&["protobuf", "json"]),
        Becomes::Own("`OTEL_EXPORTER_OTLP_{S}_PROTOCOL`"),
    ),
    key(
        "EXPORTER.otlp_file/development.output_stream",
        Form::Text,
        Becomes::Own("stdout, or `OTEL_RUN_CONSOLE_OUTPUT` for a file"),
    ),
    key(
        "meter_provider.readers[].periodic.exporter.otlp_http|otlp_grpc|otlp_file/development|console.temporality_preference",
        Form::Choice(&["cumulative", "delta", "low_memory"]),
        Becomes::Own("`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`"),
    ),
    key(
        "meter_provider.readers[].periodic.exporter.otlp_http|otlp_grpc|otlp_file/development|console.default_histogram_aggregation",
        Form::Choice(&["explicit_bucket_histogram", "base2_exponential_bucket_histogram"]),
        Becomes::Variable("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"),
    ),
    key("PROMETHEUS", Form::Section, Becomes::Own("`prometheus` for metrics")),
    key("PROMETHEUS.host", Form::Text, Becomes::Variable("OTEL_EXPORTER_PROMETHEUS_HOST")),
    key("PROMETHEUS.port", Form::Int, Becomes::Variable("OTEL_EXPORTER_PROMETHEUS_PORT")),
    key("PROMETHEUS.scope_info_enabled", Form::Bool, nothing(&["true"], SCRAPE)),
    key("PROMETHEUS.target_info_enabled/development", Form::Bool, nothing(&["true"], SCRAPE)),
    key("PROMETHEUS.resource_constant_labels.included|excluded", Form::Words, nothing(&[], SCRAPE)),
    key(
        "PROMETHEUS.translation_strategy",
        Form::Choice(&[
            "underscore_escaping_with_suffixes",
            "underscore_escaping_without_suffixes/development",
            "no_utf8_escaping_with_suffixes/development",
            "no_translation/development",
        ]),
        nothing(&["underscore_escaping_with_suffixes"], SCRAPE),
    ),
    key(
        "meter_provider.readers[].pull.exporter.*",
        Form::Free,
        Becomes::Own("nothing, with a warning: otel-run has no exporter of that name"),
    ),
    key(
        "instrumentation/development.general.http.client.request_captured_headers",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST"),
    ),
    key(
        "instrumentation/development.general.http.client.response_captured_headers",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE"),
    ),
    key(
        "instrumentation/development.general.http.client.known_methods",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"),
    ),
    key(
        "instrumentation/development.general.http.server.request_captured_headers",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST"),
    ),
    key(
        "instrumentation/development.general.http.server.response_captured_headers",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"),
    ),
    key(
        "instrumentation/development.general.http.server.known_methods",
        Form::Words,
        Becomes::Variable("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"),
    ),
    key(
        "instrumentation/development.general.stability_opt_in_list",
        Form::Text,
        Becomes::Variable("OTEL_SEMCONV_STABILITY_OPT_IN"),
    ),
    key("instrumentation/development.general.*", Form::Free, nothing(&[], VARIABLE)),
    key("instrumentation/development.general.http.*", Form::Free, nothing(&[], VARIABLE)),
    key("instrumentation/development.general.http.client|server.*", Form::Free, nothing(&[], VARIABLE)),
    key(
        "instrumentation/development.cpp|dotnet|erlang|go|java|js|php|python|ruby|rust|swift",
        Form::Free,
        nothing(&[], VARIABLE),
    ),
    key("distribution.otel_run", Form::Free, Becomes::Own("otel-run's own keys: below")),
    key("distribution.*", Form::Free, Becomes::Own("nothing: it is for others")),
];

/// `log_level`.
pub(super) const SEVERITIES: &[&str] = &[
    "trace", "trace2", "trace3", "trace4", "debug", "debug2", "debug3", "debug4", "info", "info2", "info3",
    "info4", "warn", "warn2", "warn3", "warn4", "error", "error2", "error3", "error4", "fatal", "fatal2",
    "fatal3", "fatal4",
];
