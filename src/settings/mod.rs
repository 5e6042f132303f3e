//! What is meant: one typed value for everything that was said by flag, variable or file.
//!
//! Settings are plain data, made before anything is bound or started, and sent to the agent
//! over the link (never in an argument list).

mod azure;
mod azure_otlp;
mod capture;
mod connection_string;
pub mod credential;
mod destinations;
mod detectors;
mod endpoint;
mod entra;
mod env_file;
mod exporters;
mod file;
mod identity;
mod insights;
mod kind;
mod load;
mod normal;
mod notes;
mod origin;
mod otlp;
mod pairs;
mod proxy;
mod queues;
mod read;
mod ready;
mod request_metrics;
mod sampler;
pub mod sampling;
mod service_name;
pub mod shape;
mod spool;
pub mod suggest;
pub mod table;

pub use azure::{AzureSettings, ConnectionString, ResourceAttributes, Sampler};
pub use capture::CaptureSettings;
pub use credential::{Application, ChosenCredential, CredentialSettings, Identity, IdentityHost};
pub use detectors::Detector;
pub use file::reference as file_reference;
pub use kind::{Complaint, Kind};
pub use load::{Input, Loaded, load};
pub use origin::{Explained, Layers, Origin, Typed, Value};
pub use proxy::{ProxySettings, proxy_to};
pub use request_metrics::{Aggregation, ExemplarFilter, RequestMetrics, Temporality};
pub use spool::{Outlives, SpoolSettings};

use crate::otlp::{PerSignal, Signal};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that the supervisor and the agent need to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// `service.name` as the user gave it, or derived from the command.
    pub service_name: String,
    /// `OTEL_RESOURCE_ATTRIBUTES`, percent-decoded, without `service.name`.
    pub resource_attributes: Vec<(String, String)>,
    /// `OTEL_SDK_DISABLED`: only supervise.
    pub sdk_disabled: bool,
    /// Destinations of each signal; empty means `none`.
    pub exporters: PerSignal<Vec<Exporter>>,
    pub otlp: PerSignal<OtlpSettings>,
    pub console: ConsoleSettings,
    pub prometheus: PrometheusSettings,
    /// `None` when nothing goes to Azure Monitor.
    pub azure: Option<AzureSettings>,
    /// Interval of host and process metrics (`OTEL_METRIC_EXPORT_INTERVAL`).
    pub metric_export_interval: Duration,
    pub host_metrics: bool,
    /// Metrics that are derived from spans.
    pub request_metrics: RequestMetrics,
    /// Streams of the target that become log records.
    pub capture: CaptureSettings,
    /// Who looks at where the program runs.
    pub detectors: Vec<Detector>,
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`; empty means those of the conventions.
    pub http_known_methods: Vec<String>,
    pub queue: PerSignal<QueueSettings>,
    /// Fixed address of the receiver; `None` means loopback and a port by the kernel.
    pub ingress: Option<HostPort>,
    /// Longest time between the target's end and ours.
    pub grace: Duration,
    /// 0 quiet until something is wrong, 1 `-v`, 2 `-vv`.
    pub verbosity: u8,
    pub quiet: bool,
    /// `--kill-with-launcher`: the target gets SIGTERM when the supervisor dies.
    pub kill_with_launcher: bool,
    pub mode: Mode,
    /// `--strict`: what would be a warning and a start without telemetry is an error.
    pub strict: bool,
    pub inject: InjectSettings,
    /// What waits on disk.
    pub spool: SpoolSettings,
    /// Where what is received is written down.
    pub record: Option<RecordSettings>,
    /// What is kept of traces that go to others than Azure, where rules ask for otel-run to sample.
    pub sampler: Sampler,
    /// Log records go with what is decided of their traces; `None`: nobody said.
    pub logs_follow_traces: Option<bool>,
    /// What is done to telemetry on its way.
    pub shape: shape::Shape,
}

/// A destination by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exporter {
    Azure,
    Console,
    Otlp,
    /// JSON lines on the console (OpenTelemetry protocol, "file exporter").
    OtlpStdout,
    Prometheus,
}

impl Exporter {
    /// What may stand in the list of a signal.
    pub fn names(signal: Signal) -> &'static [&'static str] {
        match signal {
            Signal::Metrics => &["azure", "otlp", "otlp/stdout", "console", "prometheus", "none"],
            Signal::Traces | Signal::Logs => &["azure", "otlp", "otlp/stdout", "console", "none"],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Exporter::Azure => "azure",
            Exporter::Console => "console",
            Exporter::Otlp => "otlp",
            Exporter::OtlpStdout => "otlp/stdout",
            Exporter::Prometheus => "prometheus",
        }
    }

    /// Whether it prints to `--console_output`.
    pub fn prints(self) -> bool {
        matches!(self, Exporter::Console | Exporter::OtlpStdout)
    }
}

/// Where and how one signal leaves by OTLP (OTLP specification, "exporter configuration").
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OtlpSettings {
    /// Complete URL for HTTP (with `/v1/traces`), scheme and authority for gRPC.
    pub url: String,
    pub protocol: Protocol,
    pub headers: Vec<(String, Secret)>,
    pub certificate: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    pub compression: Compression,
    pub timeout: Duration,
    /// The proxy that may be on the way.
    pub proxy: Option<ProxySettings>,
    /// Every request carries a token of Entra ID.
    pub entra: Option<EntraSettings>,
    /// Nobody chose this destination: it is the specification's default, and when
    /// nobody answers there one quiet line says so.
    pub by_default: bool,
}

/// Whose tokens are sent along, and for whom they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraSettings {
    pub credential: CredentialSettings,
    /// Without a slash at its end, the scope of version 2 tokens has one and not two.
    pub audience: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    #[serde(rename = "grpc")]
    Grpc,
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    #[serde(rename = "http/json")]
    HttpJson,
}

impl Protocol {
    /// As it is written in settings.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Grpc => "grpc",
            Protocol::HttpProtobuf => "http/protobuf",
            Protocol::HttpJson => "http/json",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compression {
    None,
    /// zlib level 1 to 9.
    Gzip(u32),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConsoleSettings {
    pub format: ConsoleFormat,
    pub output: ConsoleOutput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleFormat {
    Json,
    Basic,
    Normal,
    Detailed,
    Pretty,
    /// What `otlp/stdout` prints, whatever is set.
    #[serde(skip)]
    Otlp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleOutput {
    Stdout,
    Stderr,
    File(PathBuf),
}

impl fmt::Display for ConsoleOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConsoleOutput::Stdout => f.write_str("stdout"),
            ConsoleOutput::Stderr => f.write_str("stderr"),
            ConsoleOutput::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// `--record`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSettings {
    pub path: PathBuf,
    /// Bytes of telemetry, as it is received, after which the record ends. As JSON they are about three times as many.
    pub max_bytes: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PrometheusSettings {
    pub address: HostPort,
}

/// How one destination's queue is bounded and emptied (`OTEL_BSP_*`, `OTEL_BLRP_*`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueSettings {
    /// Bytes that may wait, in flight included.
    pub max_bytes: usize,
    /// Items that may wait; `None` leaves it to the bytes.
    pub max_items: Option<u64>,
    /// A parcel is sent when it has this many bytes ...
    pub parcel_bytes: usize,
    /// ... or this many items ...
    pub parcel_items: Option<u64>,
    /// ... or when its oldest batch has waited this long.
    pub delay: Duration,
}

impl QueueSettings {
    /// For what is near: each batch goes as it comes, as there is no round trip to save.
    pub fn at_once(&self) -> QueueSettings {
        QueueSettings { delay: Duration::ZERO, ..self.clone() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InjectSettings {
    pub shim: Shim,
    /// `--languages`; empty means detect.
    pub languages: Vec<String>,
    /// `--skip`: globs of programs that stay as they are.
    pub skip: Vec<String>,
    /// `--only`: globs of the programs into which something is loaded; empty means all.
    pub only: Vec<String>,
    /// `--node_console`, if it was said: `off`, `warn` or `all`.
    pub node_console: Option<String>,
    /// `--java_agent`.
    pub java_agent: Option<PathBuf>,
    /// Upstream credentials stay in the target's environment (`--pass-credentials`).
    pub pass_credentials: bool,
    /// The connection string stays in the target's environment (`--keep_inprocess_azure`).
    pub keep_inprocess_azure: bool,
    pub traces_sampler: TargetSampler,
}

/// The sampler of the target's SDK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetSampler {
    /// What its environment says, or its own default.
    #[default]
    Same,
    /// Everything comes here, and is sampled here.
    AlwaysOn,
    /// The same, but for traces that their caller has not sampled.
    ParentBasedAlwaysOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shim {
    /// For each process the best that it has: its own packages, else the built-in shim.
    Auto,
    Builtin,
    Official,
    Off,
}

/// Who is whose parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The target is our child: we see how it ends, and start another agent when one dies.
    #[serde(alias = "auto")]
    Parent,
    /// The target takes our place and keeps our process id.
    Exec,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, for the wire and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
