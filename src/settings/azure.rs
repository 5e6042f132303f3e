//! Azure Monitor (Application Insights): where, as whom, and what is sent.

use super::{CredentialSettings, ProxySettings, Secret, TargetSampler};
use serde::{Deserialize, Serialize};
use std::fmt;
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
    /// The target's SDK keeps all spans, so that what is counted from them is right.
    pub spans_are_complete: bool,
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
    /// A processor names spans: what it has named is called so, with a route or without.
    pub names_are_given: bool,
    /// Cloud role name and instance, whatever resources say.
    pub role_name: Option<String>,
    pub role_instance: Option<String>,
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
            spans_are_complete: true,
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
            names_are_given: false,
            role_name: None,
            role_instance: None,
        }
    }
}

impl AzureSettings {
    /// What is counted when not all spans come by (`traces`), or metrics go elsewhere: what is
    /// told as metrics needs metrics; without spans, standard metrics come from what SDKs measure.
    pub fn with_signals(self, traces: bool, metrics: bool) -> AzureSettings {
        AzureSettings {
            standard_metrics: self.standard_metrics && traces && metrics,
            http_standard_metrics: self.standard_metrics && !traces && metrics,
            perf_counters: self.perf_counters && traces && metrics,
            ..self
        }
    }

    /// Who keeps what of traces and log records, in words.
    pub fn sampling(&self, target: TargetSampler) -> String {
        let traces = match (target, self.sampler) {
            (TargetSampler::Same, Sampler::AlwaysOn) if self.spans_are_complete => {
                "sampling: all traces are kept".to_owned()
            }
            (TargetSampler::Same, sampler) if self.spans_are_complete => {
                format!("sampling: otel-run keeps {sampler}")
            }
            (TargetSampler::Same, Sampler::AlwaysOn) => {
                "sampling: the program's SDK samples, and all traces that come are kept".to_owned()
            }
            (TargetSampler::Same, sampler) => {
                format!("sampling: the program's SDK samples, and of what comes otel-run keeps {sampler}")
            }
            (_, sampler) => format!("sampling: otel-run keeps {sampler}"),
        };
        let all = matches!(self.sampler, Sampler::AlwaysOn | Sampler::ParentBased { root_on: true });
        let logs = match (self.log_sampling_percentage, self.logs_follow_traces) {
            (100.0.., true) if all => "all log records".to_owned(),
            (100.0.., true) => "log records go with their trace".to_owned(),
            (100.0.., false) => "all log records".to_owned(),
            (percent, true) => format!("{percent} % of the log records that go with their trace"),
            (percent, false) => format!("{percent} % of log records"),
        };
        format!("{traces}; {logs}")
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Sampler {
    #[default]
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

impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Sampler::AlwaysOn => f.write_str("all traces (always_on)"),
            Sampler::AlwaysOff => f.write_str("no traces (always_off)"),
            Sampler::TraceIdRatio { ratio, parent_based } => {
                let parent = if parent_based { "parentbased_" } else { "" };
                write!(f, "{} % of traces ({parent}traceidratio)", rounded(ratio * 100.0))
            }
            Sampler::ParentBased { root_on: true } => f.write_str("all traces (parentbased_always_on)"),
            Sampler::ParentBased { root_on: false } => {
                f.write_str("only traces that come from elsewhere (parentbased_always_off)")
            }
            Sampler::FixedPercentage(percent) => {
                write!(f, "{} % of traces (microsoft.fixed_percentage)", rounded(percent))
            }
            Sampler::RateLimited(rate) => {
                write!(f, "about {rate} traces per second (microsoft.rate_limited)")
            }
        }
    }
}

/// For people: a product such as 0.07 · 100 has digits that nobody wrote.
fn rounded(percent: f64) -> f64 {
    (percent * 1e6).round() / 1e6
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceAttributes {
    /// A short list of those that one looks for.
    Useful,
    None,
    All,
    List(Vec<String>),
}
