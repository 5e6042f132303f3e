//! The variables as typed values: serde and envy read them from pairs that are in normal form
//! already, so that no value can fail here, and from no other variable of the environment.

use super::{Mode, Outlives, Protocol, Secret, Shim};
use crate::otlp::{PerSignal, Signal};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that the launcher itself reads.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) general: General,
    pub(super) otlp: Otlp,
    pub(super) otlp_of: PerSignal<Otlp>,
    pub(super) prometheus: Prometheus,
    pub(super) insights: Insights,
    pub(super) legacy: Legacy,
    pub(super) spans: Queue,
    pub(super) logs: Queue,
    pub(super) own: Own,
}

/// `OTEL_*`.
#[derive(Debug, Deserialize)]
pub(super) struct General {
    pub(super) traces_exporter: Option<Vec<String>>,
    pub(super) metrics_exporter: Option<Vec<String>>,
    pub(super) logs_exporter: Option<Vec<String>>,
    pub(super) service_name: Option<String>,
    pub(super) resource_attributes: Option<String>,
    pub(super) metric_export_interval: Option<Millis>,
    #[serde(default)]
    pub(super) sdk_disabled: bool,
    pub(super) log_level: Option<String>,
    pub(super) instrumentation_http_known_methods: Option<Vec<String>>,
    pub(super) traces_sampler: Option<String>,
    pub(super) traces_sampler_arg: Option<String>,
    pub(super) python_excluded_urls: Option<Vec<String>>,
    pub(super) exporter_otlp_span_insecure: Option<bool>,
    pub(super) exporter_otlp_metric_insecure: Option<bool>,
}

/// `OTEL_EXPORTER_OTLP_*`, general or of one signal.
#[derive(Debug, Deserialize)]
pub(super) struct Otlp {
    pub(super) endpoint: Option<String>,
    pub(super) protocol: Option<Protocol>,
    pub(super) headers: Option<String>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) client_key: Option<PathBuf>,
    pub(super) insecure: Option<bool>,
    pub(super) compression: Option<String>,
    pub(super) timeout: Option<Millis>,
}

/// `OTEL_EXPORTER_PROMETHEUS_*`.
#[derive(Debug, Deserialize)]
pub(super) struct Prometheus {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
}

/// `APPLICATIONINSIGHTS_*`.
#[derive(Debug, Deserialize)]
pub(super) struct Insights {
    pub(super) connection_string: Option<Secret>,
    pub(super) authentication_string: Option<Secret>,
    pub(super) sampling_percentage: Option<f64>,
    pub(super) sampling_requests_per_second: Option<f64>,
    pub(super) role_name: Option<String>,
    pub(super) role_instance: Option<String>,
    pub(super) metric_interval_seconds: Option<u64>,
    #[serde(default)]
    pub(super) metric_namespace_opt_in: bool,
    #[serde(default)]
    pub(super) preview_live_metrics_enabled: bool,
}

/// `APPINSIGHTS_*`, as it was before connection strings.
#[derive(Debug, Deserialize)]
pub(super) struct Legacy {
    pub(super) instrumentationkey: Option<Secret>,
}

/// `OTEL_BSP_*`, `OTEL_BLRP_*`.
#[derive(Debug, Deserialize)]
pub(super) struct Queue {
    pub(super) schedule_delay: Option<Millis>,
    pub(super) max_queue_size: Option<u64>,
    pub(super) max_export_batch_size: Option<u64>,
}

/// `OTEL_RUN_*`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Own {
    pub(super) lenient: bool,
    pub(super) compression_level: Option<u32>,
    pub(super) azure_otlp: Option<String>,
    pub(super) otlp_auth: Option<String>,
    pub(super) otlp_audience: Option<String>,
    pub(super) console_format: Option<String>,
    pub(super) console_output: Option<PathBuf>,
    pub(super) host_metrics: Option<String>,
    pub(super) capture_output: Option<Vec<String>>,
    pub(super) resource_detectors: Option<Vec<String>>,
    pub(super) shim: Option<Shim>,
    pub(super) languages: Vec<String>,
    pub(super) skip: Vec<String>,
    pub(super) only: Vec<String>,
    pub(super) node_console: Option<String>,
    pub(super) java_agent: Option<PathBuf>,
    pub(super) pass_credentials: bool,
    pub(super) keep_inprocess_azure: bool,
    pub(super) azure_credential: Option<String>,
    pub(super) azure_timeout: Option<Millis>,
    pub(super) azure_resource_attributes: Option<Vec<String>>,
    pub(super) standard_metrics: Option<OnOff>,
    pub(super) perf_counters: Option<OnOff>,
    pub(super) live_metrics: Option<OnOff>,
    pub(super) log_sampling_percentage: Option<f64>,
    pub(super) logs_follow_traces: Option<OnOff>,
    pub(super) sampling_override: Option<String>,
    pub(super) keep_errors: Option<bool>,
    pub(super) keep_slower_than: Option<Millis>,
    pub(super) sampling_delay: Option<Millis>,
    pub(super) azure_resource_metric: Option<OnOff>,
    pub(super) azure_raw_path_names: Option<OnOff>,
    pub(super) azure_server_4xx_is_error: Option<OnOff>,
    pub(super) azure_root_internal_is_request: Option<OnOff>,
    pub(super) azure_keep_all_attributes: Option<OnOff>,
    pub(super) azure_event_name_as_event: Option<OnOff>,
    pub(super) ingress: Option<String>,
    pub(super) grace: Option<Seconds>,
    pub(super) mode: Option<Mode>,
    pub(super) kill_with_launcher: bool,
    pub(super) strict: bool,
    pub(super) spool: Option<Outlives>,
    pub(super) spool_dir: Option<PathBuf>,
    pub(super) spool_max_bytes: Option<u64>,
    pub(super) redact: Vec<String>,
    pub(super) drop_health_checks: bool,
    pub(super) custom_dimension: Option<String>,
    pub(super) capture_headers: Vec<String>,
    pub(super) record: Option<PathBuf>,
    pub(super) record_max_bytes: Option<u64>,
}

/// A feature of ours.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnOff {
    On,
    Off,
}

impl OnOff {
    /// What holds, if that is `default` when nobody says anything.
    pub(super) fn or(said: Option<OnOff>, default: bool) -> bool {
        said.map_or(default, |said| said == OnOff::On)
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(from = "u64")]
pub(super) struct Millis(pub(super) Duration);

impl From<u64> for Millis {
    fn from(millis: u64) -> Self {
        Millis(Duration::from_millis(millis))
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(pub(super) Duration);

impl TryFrom<f64> for Seconds {
    type Error = std::time::TryFromFloatSecsError;
    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        Duration::try_from_secs_f64(seconds).map(Seconds)
    }
}

impl Variables {
    /// Reads values in normal form, keyed by variable.
    pub(super) fn read(values: &BTreeMap<&'static str, String>) -> Result<Self, envy::Error> {
        let of = |signal: Signal| format!("OTEL_EXPORTER_OTLP_{}_", signal.name().to_uppercase());
        Ok(Variables {
            general: section(values, "OTEL_")?,
            otlp: section(values, "OTEL_EXPORTER_OTLP_")?,
            otlp_of: PerSignal {
                traces: section(values, &of(Signal::Traces))?,
                metrics: section(values, &of(Signal::Metrics))?,
                logs: section(values, &of(Signal::Logs))?,
            },
            prometheus: section(values, "OTEL_EXPORTER_PROMETHEUS_")?,
            insights: section(values, "APPLICATIONINSIGHTS_")?,
            legacy: section(values, "APPINSIGHTS_")?,
            spans: section(values, "OTEL_BSP_")?,
            logs: section(values, "OTEL_BLRP_")?,
            own: section(values, "OTEL_RUN_")?,
        })
    }
}

fn section<T: DeserializeOwned>(
    values: &BTreeMap<&'static str, String>,
    prefix: &str,
) -> Result<T, envy::Error> {
    envy::prefixed(prefix).from_iter(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())))
}
