//! Azure Monitor.

use super::{Entry, Heading, ON_OFF};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_CONNECTION_STRING", "connection_string", Kind::Text("STRING"),
        "Connection string of the Application Insights resource, or file:PATH of a file that holds it").secret(),
    Entry::new(Heading::Azure, "APPINSIGHTS_INSTRUMENTATIONKEY", "", Kind::Text("KEY"),
        "Deprecated: the instrumentation key alone, for the global endpoint").secret(),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_CREDENTIAL", "azure_credential", Kind::Text("NAME"),
        "How Entra tokens are got: auto, client_secret, client_certificate, workload_identity, \
         managed_identity[:CLIENT-ID], azure_cli, azure_developer_cli, or none")
        .default("as the authentication string says, else none"),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "", Kind::Text("STRING"),
        "Authorization=AAD for the machine's managed identity, with ;ClientId=ID for another one of its own").secret(),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_TIMEOUT", "azure_timeout", Kind::Millis { least: 1 },
        "Longest time of one request, in milliseconds").default("30000"),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE", "sampling_percentage", Kind::Percent,
        "Percentage of traces that are kept, the same ones in every service").default("100").both(),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND", "sampling_requests_per_second",
        Kind::PerSecond, "Traces per second that are kept, about").both(),
    Entry::new(Heading::Azure, "OTEL_RUN_LOG_SAMPLING_PERCENTAGE", "log_sampling_percentage", Kind::Percent,
        "Percentage of log records that are kept").default("100"),
    Entry::new(Heading::Azure, "OTEL_RUN_LOGS_FOLLOW_TRACES", "logs_follow_traces", ON_OFF,
        "Log records of a trace that is not kept are not kept").default("on"),
    Entry::new(Heading::Azure, "OTEL_RUN_STANDARD_METRICS", "standard_metrics", ON_OFF,
        "Exact metrics of requests and dependencies, counted before sampling").default("on"),
    Entry::new(Heading::Azure, "OTEL_RUN_PERF_COUNTERS", "perf_counters", ON_OFF,
        "Performance counters of the program's processes and of the machine").default("on"),
    Entry::new(Heading::Azure, "OTEL_RUN_LIVE_METRICS", "live_metrics", ON_OFF,
        "Live Metrics: what happens now, while somebody looks at it").default("off"),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_PREVIEW_LIVE_METRICS_ENABLED", "", Kind::Boolean,
        "true: as --live_metrics on").default("false").both(),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN", "metric_namespace_opt_in", Kind::Switch,
        "The name of a meter becomes the namespace of its metrics").default("false").both(),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_RESOURCE_METRIC", "azure_resource_metric", ON_OFF,
        "Send the attributes of the resource as the metric _OTELRESOURCE_").default("off"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_RESOURCE_ATTRIBUTES", "azure_resource_attributes",
        Kind::List("useful|none|all|NAMES"), "Resource attributes that become properties of every item")
        .default("useful"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_RAW_PATH_NAMES", "azure_raw_path_names", ON_OFF,
        "A request without a route is named by its path; off: by the name of its span").default("on"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_SERVER_4XX_IS_ERROR", "azure_server_4xx_is_error", ON_OFF,
        "A request that was answered with 400 to 499 has failed").default("on"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_ROOT_INTERNAL_IS_REQUEST", "azure_root_internal_is_request", ON_OFF,
        "An internal span without a parent is a request, for programs that run in batches").default("off"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_KEEP_ALL_ATTRIBUTES", "azure_keep_all_attributes", ON_OFF,
        "Attributes stay among the properties although a field of the item has their value").default("off"),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_EVENT_NAME_AS_EVENT", "azure_event_name_as_event", ON_OFF,
        "A log record with an event name and no body is a custom event").default("on"),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_ROLE_NAME", "role_name", Kind::Text("NAME"),
        "Cloud role name in Azure Monitor, whatever the service is called; and name of the service for all exporters if \
         OTEL_SERVICE_NAME and service.name are not given").both(),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_ROLE_INSTANCE", "role_instance", Kind::Text("NAME"),
        "Cloud role instance in Azure Monitor, for all processes of the program").default("service.instance.id, or the host").both(),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_METRIC_INTERVAL_SECONDS", "", Kind::Count { least: 1, most: 86_400 },
        "Interval of metrics in seconds if OTEL_METRIC_EXPORT_INTERVAL is not given").both(),
    Entry::new(Heading::Azure, "APPLICATIONINSIGHTS_PROXY", "", Kind::Text("URL"),
        "Proxy on the way to Azure, such as http://user:password@proxy:8080")
        .default("HTTPS_PROXY, but for hosts of NO_PROXY").both().secret(),
    Entry::new(Heading::Azure, "OTEL_RUN_AZURE_OTLP", "azure_otlp", Kind::Text("dce=HOST,dcr=ID"),
        "OTLP endpoints of Azure Monitor: host of the data collection endpoint (for metrics: metrics_dce=HOST) and \
         immutable id of the data collection rule"),
    Entry::new(Heading::Azure, "OTEL_RUN_KEEP_INPROCESS_AZURE", "keep_inprocess_azure", Kind::Switch,
        "Leave the connection string in the program's environment, where an exporter of its own sends as well")
        .default("false"),
];
