//! The one table of settings. Parsing, `--help`, completions, the man page, the reference
//! (`otel-run settings`), `doctor` and every "did you mean" are made from it.

use super::kind::Kind;

/// One setting: a flag and the variable that it stands for.
#[derive(Debug)]
pub struct Entry {
    pub variable: &'static str,
    /// Without the two dashes, with underscores as `opentelemetry-instrument` writes it.
    /// `None`: the setting exists as a variable only.
    pub flag: Option<&'static str>,
    pub kind: Kind,
    /// What holds when nobody says anything, in words or as a value.
    pub default: Option<&'static str>,
    pub help: &'static str,
    pub heading: Heading,
    pub consumer: Consumer,
    /// The value is never shown.
    pub secret: bool,
}

/// Who reads the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// Stays with otel-run; the program gets nothing, or a replacement.
    Launcher,
    /// Passed on unchanged.
    Target,
    Both,
}

impl Consumer {
    pub fn name(self) -> &'static str {
        match self {
            Consumer::Launcher => "otel-run",
            Consumer::Target => "program",
            Consumer::Both => "both",
        }
    }
}

/// Groups of `--help`, in its order.
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
    Sampling,
    Limits,
    Injection,
    Program,
    Python,
    Launch,
    Diagnostics,
}

impl Heading {
    pub const ALL: [Heading; 15] = [
        Heading::Exporters,
        Heading::Identity,
        Heading::Otlp,
        Heading::Azure,
        Heading::Console,
        Heading::Prometheus,
        Heading::Metrics,
        Heading::Batching,
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

/// Every setting, in the order of `--help`.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let otlp = OTLP.iter().flatten();
    BEFORE.iter().chain(otlp).chain(AFTER)
}

/// The setting of this variable.
pub fn find(variable: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.variable == variable)
}

impl Entry {
    const fn new(
        heading: Heading,
        variable: &'static str,
        flag: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        let flag = if flag.is_empty() { None } else { Some(flag) };
        let consumer = Consumer::Launcher;
        Entry { variable, flag, kind, default: None, help, heading, consumer, secret: false }
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn both(mut self) -> Self {
        self.consumer = Consumer::Both;
        self
    }

    const fn target(mut self) -> Self {
        self.consumer = Consumer::Target;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

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

static BEFORE: &[Entry] = {
    use Heading::*;
    &[
        Entry::new(
            Exporters,
            "OTEL_TRACES_EXPORTER",
            "traces_exporter",
            Kind::Exporters,
            "Destinations of traces: azure, otlp, otlp/stdout, console, none; several with commas",
        )
        .default("azure if a connection string is set, else otlp if an OTLP endpoint is set, else console at a terminal, else otlp"),
        Entry::new(
            Exporters,
            "OTEL_METRICS_EXPORTER",
            "metrics_exporter",
            Kind::Exporters,
            "Destinations of metrics: azure, otlp, otlp/stdout, console, prometheus, none",
        )
        .default("as for traces"),
        Entry::new(
            Exporters,
            "OTEL_LOGS_EXPORTER",
            "logs_exporter",
            Kind::Exporters,
            "Destinations of logs: azure, otlp, otlp/stdout, console, none",
        )
        .default("as for traces"),
        Entry::new(
            Exporters,
            "OTEL_RUN_LENIENT",
            "lenient",
            Kind::Switch,
            "Go on without an exporter whose name is unknown, instead of refusing to start",
        )
        .default("false"),
        Entry::new(
            Exporters,
            "OTEL_SDK_DISABLED",
            "sdk_disabled",
            Kind::Boolean,
            "true: inject nothing and receive nothing, only start the program and wait for it",
        )
        .default("false")
        .both(),
        Entry::new(
            Identity,
            "OTEL_SERVICE_NAME",
            "service_name",
            Kind::Text("NAME"),
            "service.name of everything that is sent",
        )
        .default("made from the command")
        .both(),
        Entry::new(
            Identity,
            "OTEL_RESOURCE_ATTRIBUTES",
            "resource_attributes",
            Kind::Pairs,
            "Further resource attributes, such as deployment.environment.name=test",
        )
        .both(),
    ]
};

static OTLP: &[[Entry; 4]] = &[
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

static AFTER: &[Entry] = {
    use Heading::*;
    &[
        Entry::new(Otlp, "OTEL_RUN_COMPRESSION_LEVEL", "compression_level", Kind::Count { least: 1, most: 9 },
            "Level of gzip, 1 (fast) to 9 (small)").default("1"),
        Entry::new(Otlp, "OTEL_RUN_OTLP_AUTH", "otlp_auth", Kind::Choice("none|entra", &["none", "entra"]),
            "entra: every OTLP request carries a token of Entra ID").default("none; entra with --azure_otlp"),
        Entry::new(Otlp, "OTEL_RUN_OTLP_AUDIENCE", "otlp_audience", Kind::Text("URL"),
            "For whom these tokens are").default("https://monitor.azure.com, or that of the endpoint's cloud"),
        Entry::new(Otlp, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "exporter_otlp_metrics_temporality_preference",
            Kind::Choice("NAME", &["cumulative", "delta", "lowmemory"]),
            "Temporality of metrics, of the program's and of our own").default("cumulative").both(),
        Entry::new(Otlp, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "exporter_otlp_metrics_default_histogram_aggregation",
            Kind::Choice("NAME", &["explicit_bucket_histogram", "base2_exponential_bucket_histogram"]),
            "Kind of histogram that the program's SDK makes").default("explicit_bucket_histogram").target(),
        Entry::new(Otlp, "OTEL_EXPORTER_OTLP_SPAN_INSECURE", "", Kind::Boolean,
            "Old name of OTEL_EXPORTER_OTLP_TRACES_INSECURE"),
        Entry::new(Otlp, "OTEL_EXPORTER_OTLP_METRIC_INSECURE", "", Kind::Boolean,
            "Old name of OTEL_EXPORTER_OTLP_METRICS_INSECURE"),
        Entry::new(Azure, "APPLICATIONINSIGHTS_CONNECTION_STRING", "connection_string", Kind::Text("STRING"),
            "Connection string of the Application Insights resource, or file:PATH of a file that holds it").secret(),
        Entry::new(Azure, "APPINSIGHTS_INSTRUMENTATIONKEY", "", Kind::Text("KEY"),
            "Deprecated: the instrumentation key alone, for the global endpoint").secret(),
        Entry::new(Azure, "OTEL_RUN_AZURE_CREDENTIAL", "azure_credential", Kind::Text("NAME"),
            "How Entra tokens are got: auto, client_secret, client_certificate, workload_identity, \
             managed_identity[:CLIENT-ID], azure_cli, azure_developer_cli, or none")
            .default("as the authentication string says, else none"),
        Entry::new(Azure, "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "", Kind::Text("STRING"),
            "Authorization=AAD for the machine's managed identity, with ;ClientId=ID for another one of its own").secret(),
        Entry::new(Azure, "OTEL_RUN_AZURE_TIMEOUT", "azure_timeout", Kind::Millis { least: 1 },
            "Longest time of one request, in milliseconds").default("30000"),
        Entry::new(Azure, "APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE", "sampling_percentage", Kind::Percent,
            "Percentage of traces that are kept, the same ones in every service").default("100").both(),
        Entry::new(Azure, "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND", "sampling_requests_per_second",
            Kind::PerSecond, "Traces per second that are kept, about").both(),
        Entry::new(Azure, "OTEL_RUN_LOG_SAMPLING_PERCENTAGE", "log_sampling_percentage", Kind::Percent,
            "Percentage of log records that are kept").default("100"),
        Entry::new(Azure, "OTEL_RUN_LOGS_FOLLOW_TRACES", "logs_follow_traces", ONOFF,
            "Log records of a trace that is not kept are not kept").default("on"),
        Entry::new(Azure, "OTEL_RUN_STANDARD_METRICS", "standard_metrics", ONOFF,
            "Exact metrics of requests and dependencies, counted before sampling").default("on"),
        Entry::new(Azure, "OTEL_RUN_PERF_COUNTERS", "perf_counters", ONOFF,
            "Performance counters of the program's processes and of the machine").default("on"),
        Entry::new(Azure, "OTEL_RUN_LIVE_METRICS", "live_metrics", ONOFF,
            "Live Metrics: what happens now, while somebody looks at it").default("off"),
        Entry::new(Azure, "APPLICATIONINSIGHTS_PREVIEW_LIVE_METRICS_ENABLED", "", Kind::Boolean,
            "true: as --live_metrics on").default("false").both(),
        Entry::new(Azure, "APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN", "metric_namespace_opt_in", Kind::Switch,
            "The name of a meter becomes the namespace of its metrics").default("false").both(),
        Entry::new(Azure, "OTEL_RUN_AZURE_RESOURCE_METRIC", "azure_resource_metric", ONOFF,
            "Send the attributes of the resource as the metric _OTELRESOURCE_").default("off"),
        Entry::new(Azure, "OTEL_RUN_AZURE_RESOURCE_ATTRIBUTES", "azure_resource_attributes",
            Kind::List("useful|none|all|NAMES"), "Resource attributes that become properties of every item")
            .default("useful"),
        Entry::new(Azure, "OTEL_RUN_AZURE_RAW_PATH_NAMES", "azure_raw_path_names", ONOFF,
            "A request without a route is named by its path; off: by the name of its span").default("on"),
        Entry::new(Azure, "OTEL_RUN_AZURE_SERVER_4XX_IS_ERROR", "azure_server_4xx_is_error", ONOFF,
            "A request that was answered with 400 to 499 has failed").default("on"),
        Entry::new(Azure, "OTEL_RUN_AZURE_ROOT_INTERNAL_IS_REQUEST", "azure_root_internal_is_request", ONOFF,
            "An internal span without a parent is a request, for programs that run in batches").default("off"),
        Entry::new(Azure, "OTEL_RUN_AZURE_KEEP_ALL_ATTRIBUTES", "azure_keep_all_attributes", ONOFF,
            "Attributes stay among the properties although a field of the item has their value").default("off"),
        Entry::new(Azure, "OTEL_RUN_AZURE_EVENT_NAME_AS_EVENT", "azure_event_name_as_event", ONOFF,
            "A log record with an event name and no body is a custom event").default("on"),
        Entry::new(Azure, "APPLICATIONINSIGHTS_ROLE_NAME", "", Kind::Text("NAME"),
            "Name of the service if OTEL_SERVICE_NAME and service.name are not given").both(),
        Entry::new(Azure, "APPLICATIONINSIGHTS_PROXY", "", Kind::Text("URL"),
            "Proxy on the way to Azure, such as http://user:password@proxy:8080")
            .default("HTTPS_PROXY, but for hosts of NO_PROXY").both().secret(),
        Entry::new(Azure, "OTEL_RUN_AZURE_OTLP", "azure_otlp", Kind::Text("dce=HOST,dcr=ID"),
            "OTLP endpoints of Azure Monitor: host of the data collection endpoint (for metrics: metrics_dce=HOST) and \
             immutable id of the data collection rule"),
        Entry::new(Azure, "OTEL_RUN_KEEP_INPROCESS_AZURE", "keep_inprocess_azure", Kind::Switch,
            "Leave the connection string in the program's environment, where an exporter of its own sends as well")
            .default("false"),
        Entry::new(Console, "OTEL_RUN_CONSOLE_FORMAT", "console_format",
            Kind::Choice("FORMAT", &["auto", "json", "basic", "normal", "detailed", "pretty"]),
            "json (as the Python SDK prints it), basic, normal, detailed (as the Collector's debug exporter) or pretty")
            .default("auto, which is json"),
        Entry::new(Console, "OTEL_RUN_CONSOLE_OUTPUT", "console_output", Kind::Text("stdout|stderr|FILE"),
            "Where the console exporter prints").default("stdout"),
        Entry::new(Prometheus, "OTEL_EXPORTER_PROMETHEUS_HOST", "exporter_prometheus_host", Kind::Text("HOST"),
            "Address of the scrape endpoint").default("localhost"),
        Entry::new(Prometheus, "OTEL_EXPORTER_PROMETHEUS_PORT", "exporter_prometheus_port",
            Kind::Count { least: 0, most: 65_535 }, "Port of the scrape endpoint").default("9464"),
        Entry::new(Metrics, "OTEL_METRIC_EXPORT_INTERVAL", "metric_export_interval", Kind::Millis { least: 1 },
            "Time between two collections of metrics, in milliseconds; unless given 10000 when Prometheus alone gets them")
            .default("60000").both(),
        Entry::new(Metrics, "OTEL_METRIC_EXPORT_TIMEOUT", "metric_export_timeout", Kind::Millis { least: 1 },
            "Longest time of one collection in the program, in milliseconds").default("30000").target(),
        Entry::new(Metrics, "OTEL_RUN_HOST_METRICS", "host_metrics", ONOFF,
            "Measure the host and the program's processes")
            .default("on; for azure only when it is said"),
        Entry::new(Metrics, "OTEL_METRICS_EXEMPLAR_FILTER", "metrics_exemplar_filter",
            Kind::Choice("NAME", &["always_on", "always_off", "trace_based"]),
            "Which measurements become exemplars").default("trace_based").target(),
        Entry::new(Batching, "OTEL_BSP_SCHEDULE_DELAY", "bsp_schedule_delay", Kind::Millis { least: 0 },
            "Longest time that spans wait for a batch, in milliseconds")
            .default("200 here, 1000 in the program").both(),
        Entry::new(Batching, "OTEL_BSP_MAX_QUEUE_SIZE", "bsp_max_queue_size", Kind::Count { least: 1, most: MOST },
            "Spans that may wait").default("16 MiB here, 8192 spans in the program").both(),
        Entry::new(Batching, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "bsp_max_export_batch_size",
            Kind::Count { least: 1, most: MOST },
            "Spans in one batch").default("2 MiB here, 512 spans in the program").both(),
        Entry::new(Batching, "OTEL_BSP_EXPORT_TIMEOUT", "bsp_export_timeout", Kind::Millis { least: 0 },
            "Longest time to export a batch in the program, in milliseconds").default("30000").target(),
        Entry::new(Batching, "OTEL_BLRP_SCHEDULE_DELAY", "blrp_schedule_delay", Kind::Millis { least: 0 },
            "Longest time that log records wait for a batch, in milliseconds")
            .default("200 here, 1000 in the program").both(),
        Entry::new(Batching, "OTEL_BLRP_MAX_QUEUE_SIZE", "blrp_max_queue_size", Kind::Count { least: 1, most: MOST },
            "Log records that may wait").default("16 MiB here, 8192 records in the program").both(),
        Entry::new(Batching, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "blrp_max_export_batch_size",
            Kind::Count { least: 1, most: MOST },
            "Log records in one batch").default("2 MiB here, 512 records in the program").both(),
        Entry::new(Batching, "OTEL_BLRP_EXPORT_TIMEOUT", "blrp_export_timeout", Kind::Millis { least: 0 },
            "Longest time to export a batch in the program, in milliseconds").default("30000").target(),
        Entry::new(Sampling, "OTEL_TRACES_SAMPLER", "traces_sampler", Kind::Text("NAME"),
            "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
             parentbased_traceidratio, one that the program knows, or for Azure microsoft.fixed_percentage or \
             microsoft.rate_limited")
            .default("parentbased_always_on; for Azure alone always_on").both(),
        Entry::new(Sampling, "OTEL_TRACES_SAMPLER_ARG", "traces_sampler_arg", Kind::Text("VALUE"),
            "Argument of the sampler, such as 0.25 for a ratio").both(),
        Entry::new(Sampling, "OTEL_PROPAGATORS", "propagators", Kind::List("NAMES"),
            "How context travels between services: tracecontext, baggage, b3, b3multi, ..., none")
            .default("tracecontext,baggage").target(),
        Entry::new(Limits, "OTEL_ATTRIBUTE_COUNT_LIMIT", "attribute_count_limit", LIMIT,
            "Attributes of anything").default("128").target(),
        Entry::new(Limits, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "attribute_value_length_limit", LIMIT,
            "Characters of an attribute's value").default("unlimited").target(),
        Entry::new(Limits, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "span_attribute_count_limit", LIMIT,
            "Attributes of a span").default("128").target(),
        Entry::new(Limits, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "span_attribute_value_length_limit", LIMIT,
            "Characters of a span attribute's value").default("unlimited").target(),
        Entry::new(Limits, "OTEL_SPAN_EVENT_COUNT_LIMIT", "span_event_count_limit", LIMIT,
            "Events of a span").default("128").target(),
        Entry::new(Limits, "OTEL_SPAN_LINK_COUNT_LIMIT", "span_link_count_limit", LIMIT,
            "Links of a span").default("128").target(),
        Entry::new(Limits, "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "event_attribute_count_limit", LIMIT,
            "Attributes of a span's event").default("128").target(),
        Entry::new(Limits, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "link_attribute_count_limit", LIMIT,
            "Attributes of a span's link").default("128").target(),
        Entry::new(Limits, "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "logrecord_attribute_count_limit", LIMIT,
            "Attributes of a log record").default("128").target(),
        Entry::new(Limits, "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "logrecord_attribute_value_length_limit",
            LIMIT, "Characters of a log attribute's value").default("unlimited").target(),
        Entry::new(Injection, "OTEL_RUN_SHIM", "shim",
            Kind::Choice("auto|builtin|official|off", &["auto", "builtin", "official", "off"]),
            "What is loaded into the program: official, its own OpenTelemetry packages; builtin, otel-run's shim; auto, \
             what fits; off, nothing (variables only)")
            .default("auto"),
        Entry::new(Injection, "OTEL_RUN_LANGUAGES", "languages", Kind::List("NAMES"),
            "Inject into these only: python, node, java, dotnet, ruby, php").default("all that are found"),
        Entry::new(Injection, "OTEL_RUN_SKIP", "skip", Kind::List("GLOB"),
            "Programs that stay as they are, by name or path; repeatable"),
        Entry::new(Injection, "OTEL_RUN_ONLY", "only", Kind::List("GLOB"),
            "The only programs into which something is loaded, by name or path; repeatable").default("all"),
        Entry::new(Injection, "OTEL_RUN_NODE_CONSOLE", "node_console",
            Kind::Choice("off|warn|all", &["off", "warn", "all"]),
            "What of the console of Node.js becomes log records: warn, what goes to stderr (console.warn, console.error); \
             all, console.log and its like, too; off, nothing")
            .default("warn"),
        Entry::new(Injection, "OTEL_RUN_JAVA_AGENT", "java_agent", Kind::Text("FILE"),
            "The Java agent to load: a jar").default("what bootstrap has fetched, or an installed opentelemetry-javaagent.jar"),
        Entry::new(Injection, "OTEL_RUN_MAVEN_REPOSITORY", "maven_repository", Kind::Text("URL"),
            "Where bootstrap finds the Java agent; a user and a password may stand in it")
            .default("https://repo.maven.apache.org/maven2"),
        Entry::new(Injection, "OTEL_RUN_PASS_CREDENTIALS", "pass_credentials", Kind::Switch,
            "Leave the destination's headers, certificates and keys in the program's environment")
            .default("false"),
        Entry::new(Program, "OTEL_CONFIG_FILE", "config_file", Kind::Text("FILE"),
            "Declarative configuration; not read, and taken from the program, because it would hide all variables"),
        Entry::new(Program, "OTEL_EXPERIMENTAL_CONFIG_FILE", "", Kind::Text("FILE"), "Old name of OTEL_CONFIG_FILE"),
        Entry::new(Program, "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "experimental_resource_detectors",
            Kind::List("NAMES"), "Resource detectors of the Python SDK").default("otel").target(),
        Entry::new(Program, "OTEL_SEMCONV_STABILITY_OPT_IN", "semconv_stability_opt_in", Kind::List("NAMES"),
            "Generation of attribute names, such as http or http/dup").default("http,database").target(),
        Entry::new(Program, "OTEL_ENTITIES", "", Kind::Text("ENTITIES"), "Entities of the resource").target(),
        Entry::new(Program, "OTEL_EXPORTER_ZIPKIN_ENDPOINT", "exporter_zipkin_endpoint", Kind::Text("URL"),
            "Deprecated, and without effect: otel-run has no Zipkin exporter"),
        Entry::new(Program, "OTEL_EXPORTER_ZIPKIN_TIMEOUT", "exporter_zipkin_timeout", Kind::Millis { least: 0 },
            "Deprecated, and without effect"),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "", Kind::List("NAMES"),
            "Request headers of the server that become attributes").target(),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE", "", Kind::List("NAMES"),
            "Response headers of the server that become attributes").target(),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", "", Kind::List("NAMES"),
            "Request headers of the client that become attributes").target(),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", "", Kind::List("NAMES"),
            "Response headers of the client that become attributes").target(),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "", Kind::List("NAMES"),
            "Captured headers whose value is hidden").target(),
        Entry::new(Program, "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "", Kind::List("NAMES"),
            "HTTP methods that keep their name").both(),
        Entry::new(Python, "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "disabled_instrumentations", Kind::List("NAMES"),
            "Instrumentations that are not loaded; * is all").both(),
        Entry::new(Python, "OTEL_PYTHON_EXCLUDED_URLS", "excluded_urls", Kind::List("PATTERNS"),
            "Requests that make no spans, as regular expressions on the URL").target(),
        Entry::new(Python, "OTEL_PYTHON_DISTRO", "distro", Kind::Text("NAME"), "Distribution to use")
            .default("the first found").target(),
        Entry::new(Python, "OTEL_PYTHON_CONFIGURATOR", "configurator", Kind::Text("NAME"), "Configurator to use")
            .default("the first found").target(),
        Entry::new(Python, "OTEL_PYTHON_ID_GENERATOR", "id_generator", Kind::Text("NAME"), "Maker of trace and span ids")
            .default("random").target(),
        Entry::new(Python, "OTEL_PYTHON_CONTEXT", "context", Kind::Text("NAME"), "Implementation of the context")
            .default("contextvars_context").target(),
        Entry::new(Python, "OTEL_PYTHON_TRACER_PROVIDER", "tracer_provider", Kind::Text("NAME"),
            "Tracer provider of the API").target(),
        Entry::new(Python, "OTEL_PYTHON_METER_PROVIDER", "meter_provider", Kind::Text("NAME"),
            "Meter provider of the API").target(),
        Entry::new(Python, "OTEL_PYTHON_TRACER_CONFIGURATOR", "tracer_configurator", Kind::Text("NAME"),
            "Configurator of tracers").target(),
        Entry::new(Python, "OTEL_PYTHON_METER_CONFIGURATOR", "meter_configurator", Kind::Text("NAME"),
            "Configurator of meters").target(),
        Entry::new(Python, "OTEL_PYTHON_LOGGER_CONFIGURATOR", "logger_configurator", Kind::Text("NAME"),
            "Configurator of loggers").target(),
        Entry::new(Python, "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "sdk_internal_metrics_enabled", Kind::Boolean,
            "true: the SDK measures itself").default("false").target(),
        Entry::new(Python, "OTEL_PYTHON_AUTO_INSTRUMENTATION_EXPERIMENTAL_GEVENT_PATCH",
            "auto_instrumentation_experimental_gevent_patch", Kind::Text("patch_all"),
            "patch_all: apply gevent's patch before anything is loaded").target(),
        Entry::new(Python, "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED", "", Kind::Boolean,
            "Deprecated: log records by the SDK's own handler").default("false").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION", "", Kind::Boolean,
            "Log records by the logging instrumentation").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_CORRELATION", "", Kind::Boolean,
            "Trace and span ids in the program's own log lines").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_FORMAT", "", Kind::Text("FORMAT"),
            "Format of the program's own log lines").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_LEVEL", "", Kind::Text("LEVEL"),
            "Level of the program's own log lines").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_HANDLER_LEVEL", "", Kind::Text("LEVEL"),
            "Least level of the log records that are sent").target(),
        Entry::new(Python, "OTEL_PYTHON_LOG_CODE_ATTRIBUTES", "", Kind::Boolean,
            "File, function and line on log records").target(),
        Entry::new(Launch, "OTEL_RUN_INGRESS", "ingress", Kind::HostPort,
            "Address on which otel-run receives from the program").default("127.0.0.1, port by the kernel"),
        Entry::new(Launch, "OTEL_RUN_GRACE", "grace", Kind::Seconds,
            "Longest time between the program's end and ours, to deliver the rest").default("5"),
        Entry::new(Launch, "OTEL_RUN_MODE", "mode", Kind::Choice("MODE", &["parent", "exec", "auto"]),
            "parent: otel-run starts the program and waits for it; exec: the program takes otel-run's place and \
             process id, for service managers that must know it")
            .default("auto, which is parent"),
        Entry::new(Launch, "OTEL_RUN_KILL_WITH_LAUNCHER", "kill_with_launcher", Kind::Switch,
            "The program gets SIGTERM when otel-run is killed; otherwise it runs on").default("false"),
        Entry::new(Launch, "OTEL_RUN_STRICT", "strict", Kind::Switch,
            "Refuse to start (exit 125) where the program would otherwise start without telemetry").default("false"),
        Entry::new(Diagnostics, "OTEL_LOG_LEVEL", "log_level",
            Kind::Choice("LEVEL", LEVELS),
            "How much otel-run and the program's SDK say about themselves").default("warn here, info in the program").both(),
    ]
};

/// What SDKs of all languages understand, with their synonyms.
const LEVELS: &[&str] =
    &["none", "error", "warn", "info", "debug", "trace", "off", "fatal", "warning", "verbose", "all"];

/// Largest number of items: what fits 31 bits, as SDKs of other languages read it.
const MOST: u64 = 2_147_483_647;

const ONOFF: Kind = Kind::Choice("on|off", &["on", "off"]);

const LIMIT: Kind = Kind::Count { least: 0, most: MOST };
