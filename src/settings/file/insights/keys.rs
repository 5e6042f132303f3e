//! Every key of `applicationinsights.json`, and what becomes of it.

use crate::settings::file::schema::{Becomes, Form, Key};

const fn key(path: &'static str, form: Form, becomes: Becomes) -> Key {
    Key { path, form, becomes }
}

/// Without effect, unless these values are written, which ask for what happens anyway.
const fn nothing(silent: &'static [&'static str], why: &'static str) -> Becomes {
    Becomes::Nothing { silent, why }
}

const OFF: &[&str] = &["false"];
const ON: &[&str] = &["true"];

/// Of the Java agent's own inner life.
const JAVA: &str = "only the Application Insights agent for Java has this";
const STATSBEAT: &str = "otel-run sends nothing to Microsoft about itself";
const LOG: &str = "otel-run speaks on stderr alone";

pub(in crate::settings::file) static KEYS: &[Key] = &[
    key(
        "connectionString",
        Form::Free,
        Becomes::Own(
            "`APPLICATIONINSIGHTS_CONNECTION_STRING`; `${file:PATH}` is read from the file's own folder",
        ),
    ),
    key(
        "connectionStringConfiguredAtRuntime",
        Form::Bool,
        nothing(OFF, "the connection string must be there at the start"),
    ),
    key("role.name", Form::Text, Becomes::Variable("APPLICATIONINSIGHTS_ROLE_NAME")),
    key("role.instance", Form::Text, Becomes::Own("`service.instance.id` in `OTEL_RESOURCE_ATTRIBUTES`")),
    key(
        "customDimensions.*",
        Form::Text,
        Becomes::Own(
            "an attribute of every span, log record and metric that lacks it; `service.version` goes to the resource",
        ),
    ),
    key("sampling.percentage", Form::Number, Becomes::Variable("APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE")),
    key(
        "sampling.requestsPerSecond",
        Form::Number,
        Becomes::Variable("APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND"),
    ),
    key(
        "sampling.limitPerSecond",
        Form::Number,
        Becomes::Variable("APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND"),
    ),
    key("sampling.overrides", Form::Free, Becomes::Own("sampling overrides")),
    key(
        "jmxMetrics",
        Form::Free,
        nothing(&[], "OpenTelemetry's agent for Java reads JMX by rules of its own (OTEL_JMX_CONFIG)"),
    ),
    key(
        "instrumentation.azureSdk.enabled",
        Form::Bool,
        Becomes::Own(
            "false: `OTEL_INSTRUMENTATION_AZURE_CORE_ENABLED`, and the Azure SDK's in Python and Node.js",
        ),
    ),
    key(
        "instrumentation.cassandra.enabled",
        Form::Bool,
        Becomes::Own("false: Cassandra's in Java, Python and Node.js"),
    ),
    key(
        "instrumentation.jdbc.enabled",
        Form::Bool,
        Becomes::Own("false: JDBC in Java, and clients of SQL databases in Python and Node.js"),
    ),
    key(
        "instrumentation.jdbc.masking.enabled",
        Form::Bool,
        Becomes::Own("false: `OTEL_INSTRUMENTATION_JDBC_STATEMENT_SANITIZER_ENABLED` in Java"),
    ),
    key("instrumentation.jms.enabled", Form::Bool, Becomes::Own("false: JMS in Java")),
    key(
        "instrumentation.kafka.enabled",
        Form::Bool,
        Becomes::Own("false: Kafka's in Java, Python and Node.js"),
    ),
    key(
        "instrumentation.logging.level",
        Form::Choice(super::LEVELS),
        Becomes::Own("log records below it are dropped; OFF: none are kept"),
    ),
    key("instrumentation.logging.enabled", Form::Bool, Becomes::Own("false: `OTEL_LOGS_EXPORTER` is `none`")),
    key("instrumentation.micrometer.enabled", Form::Bool, Becomes::Own("false: Micrometer in Java")),
    key("instrumentation.micrometer.namespace", Form::Text, nothing(&[""], JAVA)),
    key("instrumentation.micrometer.reportingIntervalSeconds", Form::Int, nothing(&["60"], JAVA)),
    key(
        "instrumentation.mongo.enabled",
        Form::Bool,
        Becomes::Own("false: MongoDB's in Java, Python and Node.js"),
    ),
    key(
        "instrumentation.mongo.masking.enabled",
        Form::Bool,
        Becomes::Own("false: `OTEL_INSTRUMENTATION_MONGO_STATEMENT_SANITIZER_ENABLED` in Java"),
    ),
    key("instrumentation.quartz.enabled", Form::Bool, Becomes::Own("false: Quartz in Java")),
    key(
        "instrumentation.rabbitmq.enabled",
        Form::Bool,
        Becomes::Own("false: RabbitMQ's in Java, Python and Node.js"),
    ),
    key(
        "instrumentation.redis.enabled",
        Form::Bool,
        Becomes::Own("false: Redis' in Java, Python and Node.js"),
    ),
    key(
        "instrumentation.springScheduling.enabled",
        Form::Bool,
        Becomes::Own("false: Spring's scheduling in Java"),
    ),
    key("heartbeat.intervalSeconds", Form::Int, nothing(&["900"], "otel-run sends no heartbeat")),
    key(
        "proxy.host",
        Form::Text,
        Becomes::Own("`APPLICATIONINSIGHTS_PROXY`, with the other keys of `proxy`"),
    ),
    key("proxy.port", Form::Int, Becomes::Own("its port; 80")),
    key("proxy.username", Form::Text, Becomes::Own("its user")),
    key("proxy.password", Form::Text, Becomes::Own("the user's password")),
    key(
        "selfDiagnostics.level",
        Form::Choice(&[
            "off", "OFF", "error", "ERROR", "warn", "WARN", "info", "INFO", "debug", "DEBUG", "trace",
            "TRACE",
        ]),
        Becomes::Variable("OTEL_LOG_LEVEL"),
    ),
    key(
        "selfDiagnostics.destination",
        Form::Choice(&["file", "console", "file+console"]),
        nothing(&["console", "file+console"], LOG),
    ),
    key("selfDiagnostics.file.path", Form::Text, nothing(&[], LOG)),
    key("selfDiagnostics.file.maxSizeMb", Form::Int, nothing(&["5"], LOG)),
    key("selfDiagnostics.file.maxHistory", Form::Int, nothing(&["1"], LOG)),
    key("metricIntervalSeconds", Form::Number, Becomes::Seconds("OTEL_METRIC_EXPORT_INTERVAL")),
    key(
        "authentication.enabled",
        Form::Bool,
        Becomes::Own(
            "true: `APPLICATIONINSIGHTS_AUTHENTICATION_STRING`, with the other keys of `authentication`",
        ),
    ),
    key(
        "authentication.type",
        Form::Choice(&["SAMI", "UAMI", "VSCODE", "CLIENTSECRET"]),
        Becomes::Own("SAMI and UAMI; the others are refused"),
    ),
    key("authentication.clientId", Form::Text, Becomes::Own("which managed identity of the machine")),
    key("authentication.tenantId", Form::Text, Becomes::Own("refused, with CLIENTSECRET")),
    key("authentication.clientSecret", Form::Text, Becomes::Own("refused, with CLIENTSECRET")),
    key("authentication.authorityHost", Form::Text, Becomes::Own("refused, with CLIENTSECRET")),
    key("preview.authentication.enabled", Form::Bool, Becomes::Own("as `authentication.enabled`")),
    key(
        "preview.authentication.type",
        Form::Choice(&["SAMI", "UAMI", "VSCODE", "CLIENTSECRET"]),
        Becomes::Own("as `authentication.type`"),
    ),
    key("preview.authentication.clientId", Form::Text, Becomes::Own("as `authentication.clientId`")),
    key("preview.authentication.tenantId", Form::Text, Becomes::Own("as `authentication.tenantId`")),
    key("preview.authentication.clientSecret", Form::Text, Becomes::Own("as `authentication.clientSecret`")),
    key(
        "preview.authentication.authorityHost",
        Form::Text,
        Becomes::Own("as `authentication.authorityHost`"),
    ),
    key("preview.metricIntervalSeconds", Form::Number, Becomes::Seconds("OTEL_METRIC_EXPORT_INTERVAL")),
    key(
        "preview.sampling.parentBased",
        Form::Bool,
        Becomes::Own("traces that their caller did not sample are left out"),
    ),
    key(
        "preview.sampling.ingestionSamplingEnabled",
        Form::Bool,
        nothing(ON, "the service's own sampling is set in the portal"),
    ),
    key("preview.sampling.overrides", Form::Free, Becomes::Own("as `sampling.overrides`")),
    key("preview.processors", Form::Free, Becomes::Own("processors, in their order")),
    key(
        "preview.captureHttpServer4xxAsError",
        Form::Bool,
        Becomes::OnOff("OTEL_RUN_AZURE_SERVER_4XX_IS_ERROR"),
    ),
    key("preview.liveMetrics.enabled", Form::Bool, Becomes::OnOff("OTEL_RUN_LIVE_METRICS")),
    key(
        "preview.captureHttpServerHeaders.requestHeaders",
        Form::Words,
        Becomes::Own("`OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST`, and its name in Java"),
    ),
    key(
        "preview.captureHttpServerHeaders.responseHeaders",
        Form::Words,
        Becomes::Own("`OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE`, and its name in Java"),
    ),
    key(
        "preview.captureHttpClientHeaders.requestHeaders",
        Form::Words,
        Becomes::Own("`OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST`, and its name in Java"),
    ),
    key(
        "preview.captureHttpClientHeaders.responseHeaders",
        Form::Words,
        Becomes::Own("`OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE`, and its name in Java"),
    ),
    key(
        "preview.additionalPropagators",
        Form::Words,
        Becomes::Own("`OTEL_PROPAGATORS`, behind tracecontext and baggage"),
    ),
    key("preview.disablePropagation", Form::Bool, Becomes::Own("true: `OTEL_PROPAGATORS` is `none`")),
    key(
        "preview.legacyRequestIdPropagation.enabled",
        Form::Bool,
        nothing(OFF, "no SDK of OpenTelemetry knows the Request-Id header"),
    ),
    key(
        "preview.inheritedAttributes",
        Form::Free,
        nothing(&[], "spans are not held until their local root is there"),
    ),
    key(
        "preview.connectionStringOverrides",
        Form::Free,
        nothing(&[], "a start of otel-run has one connection string: start each application with its own"),
    ),
    key(
        "preview.instrumentationKeyOverrides",
        Form::Free,
        nothing(&[], "a start of otel-run has one connection string: start each application with its own"),
    ),
    key(
        "preview.roleNameOverrides",
        Form::Free,
        nothing(&[], "a start of otel-run has one role: start each application with its own"),
    ),
    key(
        "preview.generalExportQueueCapacity",
        Form::Int,
        Becomes::Own("`OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE`"),
    ),
    key(
        "preview.metricsExportQueueCapacity",
        Form::Int,
        nothing(&["65536"], "the queue of metrics is bounded in bytes"),
    ),
    key(
        "preview.diskPersistenceMaxSizeMb",
        Form::Int,
        Becomes::Own(
            "`OTEL_RUN_SPOOL_MAX_BYTES`, from MiB; whether anything is written to disk, `OTEL_RUN_SPOOL` says",
        ),
    ),
    key(
        "preview.captureControllerSpans",
        Form::Bool,
        Becomes::Own("true: `OTEL_INSTRUMENTATION_COMMON_EXPERIMENTAL_CONTROLLER_TELEMETRY_ENABLED` in Java"),
    ),
    key(
        "preview.captureLogbackCodeAttributes",
        Form::Bool,
        Becomes::Own(
            "true: `OTEL_INSTRUMENTATION_LOGBACK_APPENDER_EXPERIMENTAL_CAPTURE_CODE_ATTRIBUTES` in Java",
        ),
    ),
    key(
        "preview.captureLogbackMarker",
        Form::Bool,
        Becomes::Own(
            "true: `OTEL_INSTRUMENTATION_LOGBACK_APPENDER_EXPERIMENTAL_CAPTURE_MARKER_ATTRIBUTE` in Java",
        ),
    ),
    key(
        "preview.captureLog4jMarker",
        Form::Bool,
        Becomes::Own(
            "true: `OTEL_INSTRUMENTATION_LOG4J_APPENDER_EXPERIMENTAL_CAPTURE_MARKER_ATTRIBUTE` in Java",
        ),
    ),
    key(
        "preview.captureLoggingLevelAsCustomDimension",
        Form::Bool,
        nothing(OFF, "the level is the item's severity"),
    ),
    key(
        "preview.customInstrumentation",
        Form::Free,
        Becomes::Own("`OTEL_INSTRUMENTATION_METHODS_INCLUDE` in Java"),
    ),
    key(
        "preview.useNormalizedValueForNonNormalizedCpuPercentage",
        Form::Bool,
        nothing(ON, "both values are sent under their own names"),
    ),
    key("preview.statsbeat.disabled", Form::Bool, nothing(&["true", "false"], STATSBEAT)),
    key("preview.profiler", Form::Free, nothing(&[], "otel-run has no profiler")),
    key("preview.gcEvents", Form::Free, nothing(&[], JAVA)),
    key("preview.browserSdkLoader.enabled", Form::Bool, nothing(OFF, "otel-run changes no web pages")),
    key("preview.openTelemetryApiSupport", Form::Bool, nothing(ON, "the API works in any case")),
    key("preview.httpMethodInOperationName", Form::Bool, nothing(ON, "names of requests have the method")),
    key(
        "preview.ignoreRemoteParentNotSampled",
        Form::Bool,
        Becomes::Own("false: as `preview.sampling.parentBased`"),
    ),
    key(
        "preview.instrumentation.play|akka|apacheCamel|ktor|azureSdk|grizzly|javaHttpClient|jaxws|quartz|rabbitmq|springIntegration|vertx|jaxrsAnnotations|r2dbc|pekko.enabled",
        Form::Bool,
        Becomes::Own("the switch of that name in Java, `OTEL_INSTRUMENTATION_..._ENABLED`"),
    ),
    key(
        "internal.preAggregatedStandardMetrics.enabled",
        Form::Bool,
        Becomes::OnOff("OTEL_RUN_STANDARD_METRICS"),
    ),
    key(
        "internal.statsbeat.disabledAll|shortIntervalSeconds|longIntervalSeconds|instrumentationKey|endpoint",
        Form::Free,
        nothing(&[], STATSBEAT),
    ),
    key("instrumentationSettings", Form::Free, Becomes::Own("refused: it is of the 3.0 preview")),
];
