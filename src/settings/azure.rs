//! Azure Monitor (Application Insights): where, as whom, and what is sent.

use super::{CredentialSettings, ProxySettings, Secret};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Everything that the `azure` exporter needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AzureSettings {
    pub connection: ConnectionString,
    /// Entra ID; `None`: the instrumentation key alone.
    pub credential: Option<CredentialSettings>,
    /// Longest time of one request, connecting included.
    pub timeout: Duration,
    pub proxy: Option<ProxySettings>,
    /// Pre-aggregated request and dependency metrics, computed from spans before sampling.
    pub standard_metrics: bool,
    /// The same out of the HTTP instruments of SDKs, where no spans come by.
    pub http_standard_metrics: bool,
    /// Windows-style performance counters of the process tree and the machine.
    pub perf_counters: bool,
    pub live_metrics: bool,
    /// The metrics of host and processes that other destinations get are sent as custom metrics.
    pub host_metrics: bool,
    /// What the launcher keeps of spans, and of log records with their spans.
    pub sampler: Sampler,
    /// Percentage of log records that are kept, 0 to 100, beside the sampling of their traces.
    pub log_sampling_percentage: f64,
    /// Log records go with the decision of their trace.
    pub logs_follow_traces: bool,
    /// Resource attributes that become properties of every item.
    pub resource_attributes: ResourceAttributes,
    /// The `_OTELRESOURCE_` metric.
    pub resource_metric: bool,
    /// The instrumentation scope's name becomes the metric namespace.
    pub metric_namespace: bool,
    /// An HTTP request without route is called `METHOD path`; otherwise by its span's name.
    pub raw_path_names: bool,
    /// Responses 400 to 499 make a request a failed one.
    pub server_4xx_is_error: bool,
    /// Internal spans without a parent are requests, for programs that run in batches.
    pub root_internal_is_request: bool,
    /// Attributes stay among the properties although a field of the item holds their value.
    pub keep_all_attributes: bool,
    /// Log records with an event name and no body are custom events.
    pub event_name_as_event: bool,
    /// `service.instance.id` was set by the user, and not by an SDK for each process.
    pub instance_is_given: bool,
}

impl AzureSettings {
    /// What holds when nothing but a connection string is given.
    pub fn new(connection: ConnectionString) -> AzureSettings {
        AzureSettings {
            connection,
            credential: None,
            timeout: Duration::from_secs(30),
            proxy: None,
            standard_metrics: true,
            http_standard_metrics: false,
            perf_counters: true,
            live_metrics: false,
            host_metrics: false,
            sampler: Sampler::AlwaysOn,
            log_sampling_percentage: 100.0,
            logs_follow_traces: true,
            resource_attributes: ResourceAttributes::Useful,
            resource_metric: false,
            metric_namespace: false,
            raw_path_names: true,
            server_4xx_is_error: true,
            root_internal_is_request: false,
            keep_all_attributes: false,
            event_name_as_event: true,
            instance_is_given: false,
        }
    }
}

impl AzureSettings {
    /// What holds when traces or metrics go elsewhere: what is told as metrics needs metrics, and
    /// without spans standard metrics come from what SDKs measure.
    pub fn with_signals(self, traces: bool, metrics: bool) -> AzureSettings {
        AzureSettings {
            standard_metrics: self.standard_metrics && traces && metrics,
            http_standard_metrics: self.standard_metrics && !traces && metrics,
            perf_counters: self.perf_counters && metrics,
            ..self
        }
    }
}

/// A connection string, read and completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionString {
    pub instrumentation_key: Secret,
    /// Base URL without a slash at its end, or a complete one that ends in `/track`.
    pub ingestion_endpoint: String,
    /// Base URL without a slash at its end.
    pub live_endpoint: String,
    /// Audience of Entra tokens.
    pub audience: String,
    pub application_id: Option<String>,
}

/// What is kept of traces (OpenTelemetry specification, "Built-in samplers"; Microsoft's own).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sampler {
    AlwaysOn,
    AlwaysOff,
    /// OpenTelemetry's `traceidratio`: 0 to 1.
    TraceIdRatio {
        ratio: f64,
        parent_based: bool,
    },
    ParentBased {
        root_on: bool,
    },
    /// `microsoft.fixed_percentage`: 0 to 100.
    FixedPercentage(f64),
    /// `microsoft.rate_limited`: traces per second.
    RateLimited(f64),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceAttributes {
    /// A short list of those that one looks for.
    Useful,
    None,
    All,
    List(Vec<String>),
}
