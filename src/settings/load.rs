//! From what was said to what is meant: flags are laid over the environment, each value is
//! brought into normal form or complained about, serde reads the rest, and what is left to
//! choose is chosen.

use super::capture::capture;
use super::destinations::destinations;
use super::detectors::detectors;
use super::identity::identity;
use super::kind::quoted;
use super::normal::normal_values;
use super::notes::Notes;
use super::origin::{Explained, Layers, Typed};
use super::queues::queues;
use super::read::{OnOff, Variables};
use super::ready::{self, Ready};
use super::sampler::Samplers;
use super::shape::{Item, Shape, Work};
use super::{
    ConsoleFormat, ConsoleOutput, ConsoleSettings, Exporter, HostPort, InjectSettings, Mode, OtlpSettings,
    PrometheusSettings, RecordSettings, Settings, Shim, SpoolSettings, env_file, file, insights,
    request_metrics, sampler, sampling, suggest,
};
use crate::environment::Environment;
use crate::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// Everything that settings depend on; nothing else is looked at.
pub struct Input<'a> {
    pub typed: &'a Typed,
    pub environment: Environment,
    pub command: &'a [OsString],
    /// Whether our stdout is a terminal.
    pub terminal: bool,
    /// The current folder.
    pub folder: &'a Path,
}

/// Settings, and how they came about.
pub struct Loaded {
    pub settings: Settings,
    /// The environment with the flags laid over it.
    pub environment: Environment,
    /// The environment with `-E` alone laid over it.
    pub bare: Environment,
    pub explained: Explained,
    pub warnings: Vec<String>,
}

const INTERVAL: Duration = Duration::from_secs(60);
/// Whoever scrapes sees figures that are at most this old.
const SCRAPED_INTERVAL: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(5);
const RECORD_BYTES: u64 = 256 << 20;
const LANGUAGES: [&str; 6] = ["python", "node", "java", "dotnet", "ruby", "php"];

/// Makes the settings. What has a safe default costs a warning; what is contradictory or
/// unusable is an error with exit code 2.
pub fn load(input: Input<'_>) -> Result<Loaded, Error> {
    let mut layers = Layers::new(input.environment, input.typed);
    let mut notes = Notes::default();
    layers.lay_env_file(env_file::read(&layers)?);
    let file = file::read(&layers, &mut notes)?.unwrap_or_default();
    layers.lay_file(&file);
    let values = normal_values(&layers, &mut notes)?;
    let variables = Variables::read(&values)
        // Values are in normal form, so this would be our own mistake.
        .map_err(|e| Error::launcher(format!("cannot read the settings: {e}")))?;
    let mut explained = Explained::new(&values, &layers);
    // An SDK that reads the file would ignore all variables that lead its telemetry to us.
    file::VARIABLES.iter().for_each(|variable| layers.environment.remove(variable));

    let (mut exporters, otlp) =
        destinations(&variables, &layers, input.terminal, &mut explained, &mut notes)?;
    let wishes = metrics_for_azure_otlp(&exporters.metrics, &otlp.metrics);
    for (variable, value) in wishes.iter().filter(|(variable, _)| !values.contains_key(variable)) {
        layers.environment.set(variable, value);
        explained.chosen(variable, value, "Azure Monitor wants it");
    }
    let headers = ready::capture(&variables.own.capture_headers);
    for (variable, value) in headers.iter().filter(|(variable, _)| !values.contains_key(variable)) {
        layers.environment.set(variable, value);
        explained.chosen(variable, value, "OTEL_RUN_CAPTURE_HEADERS is set");
    }
    let mut azure = insights::azure(&variables, &layers, &mut exporters, &mut notes)?;
    let Ready { first, last } = ready::ready(&variables, &layers, &mut notes);
    let shape = file.shape;
    let shape = Shape { processors: [first, shape.processors, last].concat(), ..shape };
    if let Some(azure) = &mut azure {
        azure.names_are_given = shape.processors.iter().any(|processor| {
            matches!(processor.work, Work::Name(_)) && processor.items.contains(&Item::Span)
        });
    }
    let shape = Shape { sampling: sampling::rules(shape.sampling, &variables, &layers, &mut notes), ..shape };
    let mut samplers = Samplers::default();
    if azure.is_some() || !shape.sampling.is_empty() {
        samplers = sampler::samplers(&variables, &exporters.traces, &shape.sampling, &layers, &mut notes);
    }
    let (name, attributes) =
        identity(&variables, &layers, input.command, input.folder, &mut explained, &mut notes);
    if let Some(azure) = &mut azure {
        (azure.sampler, azure.spans_are_complete) = (samplers.azure, samplers.complete);
        azure.instance_is_given = attributes.iter().any(|(name, _)| name == "service.instance.id");
    }
    let own = &variables.own;
    let prometheus = PrometheusSettings {
        address: HostPort {
            host: variables.prometheus.host.as_deref().map_or("localhost", unbracketed).to_owned(),
            port: variables.prometheus.port.unwrap_or(9464),
        },
    };
    let mode = own.mode.unwrap_or(Mode::Parent);
    if mode == Mode::Exec && own.kill_with_launcher {
        notes.warn(
            Error::usage("OTEL_RUN_KILL_WITH_LAUNCHER has no effect: the program takes otel-run's place")
                .from(layers.origin("OTEL_RUN_KILL_WITH_LAUNCHER"))
                .hint("leave it out, or use --mode parent"),
        );
    }
    let metric_export_interval = match &variables.general.metric_export_interval {
        Some(said) => said.0,
        None if let Some(seconds) = variables.insights.metric_interval_seconds => {
            let interval = Duration::from_secs(seconds);
            let millis = interval.as_millis().to_string();
            // The program's SDK measures at the same interval.
            layers.environment.set("OTEL_METRIC_EXPORT_INTERVAL", &millis);
            explained.chosen(
                "OTEL_METRIC_EXPORT_INTERVAL",
                &millis,
                "APPLICATIONINSIGHTS_METRIC_INTERVAL_SECONDS",
            );
            interval
        }
        None if exporters.metrics == [Exporter::Prometheus] => {
            let interval = SCRAPED_INTERVAL.as_millis().to_string();
            explained.chosen("OTEL_METRIC_EXPORT_INTERVAL", &interval, "metrics are only scraped");
            SCRAPED_INTERVAL
        }
        None => INTERVAL,
    };
    let request_metrics = request_metrics::request_metrics(&exporters.metrics, &layers.environment);
    let ingress = own.ingress.as_deref().and_then(|text| HostPort::parse(text).ok());
    let (verbosity, quiet) = loudness(input.typed, variables.general.log_level.as_deref());
    let logs_go_nowhere = exporters.logs.is_empty();
    let settings = Settings {
        service_name: name,
        resource_attributes: attributes,
        sdk_disabled: variables.general.sdk_disabled,
        exporters,
        otlp,
        console: console(&variables),
        prometheus,
        azure,
        metric_export_interval,
        host_metrics: own.host_metrics.as_deref() != Some("off"),
        request_metrics,
        capture: capture(own.capture_output.as_deref(), logs_go_nowhere, mode, &layers, &mut notes),
        detectors: detectors(own.resource_detectors.as_deref(), &layers, &mut notes),
        http_known_methods: variables.general.instrumentation_http_known_methods.clone().unwrap_or_default(),
        queue: queues(&variables, &layers, &mut notes),
        ingress,
        grace: own.grace.map_or(GRACE, |s| s.0),
        verbosity,
        quiet,
        kill_with_launcher: own.kill_with_launcher,
        mode,
        strict: own.strict,
        inject: InjectSettings {
            shim: own.shim.unwrap_or(Shim::Auto),
            languages: languages(&own.languages, &layers, &mut notes),
            skip: own.skip.clone(),
            only: own.only.clone(),
            node_console: own.node_console.clone(),
            java_agent: own.java_agent.clone(),
            pass_credentials: own.pass_credentials,
            keep_inprocess_azure: own.keep_inprocess_azure,
            traces_sampler: samplers.target,
        },
        record: own
            .record
            .clone()
            .map(|path| RecordSettings { path, max_bytes: own.record_max_bytes.unwrap_or(RECORD_BYTES) }),
        sampler: samplers.others,
        logs_follow_traces: own.logs_follow_traces.map(|said| said == OnOff::On),
        spool: SpoolSettings::new(own),
        shape,
    };
    let Layers { environment, bare, .. } = layers;
    Ok(Loaded { settings, environment, bare, explained, warnings: notes.into_lines() })
}

/// What the program's SDK and our own measurements are told for Azure Monitor's OTLP endpoints, unless
/// somebody says otherwise. Other destinations of metrics must be able to live with it.
fn metrics_for_azure_otlp(exporters: &[Exporter], otlp: &OtlpSettings) -> Vec<(&'static str, &'static str)> {
    const DELTA: (&str, &str) = (request_metrics::TEMPORALITY, "delta");
    const EXPONENTIAL: (&str, &str) = (request_metrics::AGGREGATION, "base2_exponential_bucket_histogram");
    if otlp.entra.is_none()
        || !exporters.contains(&Exporter::Otlp)
        || exporters.contains(&Exporter::Prometheus)
    {
        Vec::new()
    } else if exporters.len() == 1 {
        vec![DELTA, EXPONENTIAL]
    } else {
        vec![DELTA]
    }
}

fn console(variables: &Variables) -> ConsoleSettings {
    let own = &variables.own;
    let format = match own.console_format.as_deref() {
        Some("basic") => ConsoleFormat::Basic,
        Some("normal") => ConsoleFormat::Normal,
        Some("detailed") => ConsoleFormat::Detailed,
        Some("pretty") => ConsoleFormat::Pretty,
        _ => ConsoleFormat::Json,
    };
    let output = match &own.console_output {
        None => ConsoleOutput::Stdout,
        Some(path) if path.as_os_str() == "stdout" => ConsoleOutput::Stdout,
        Some(path) if path.as_os_str() == "stderr" => ConsoleOutput::Stderr,
        Some(path) => ConsoleOutput::File(path.clone()),
    };
    ConsoleSettings { format, output }
}

fn languages(names: &[String], layers: &Layers, notes: &mut Notes) -> Vec<String> {
    const VARIABLE: &str = "OTEL_RUN_LANGUAGES";
    let mut known = Vec::new();
    for name in names.iter().map(|name| name.to_lowercase()) {
        if LANGUAGES.contains(&name.as_str()) {
            known.push(name);
            continue;
        }
        let near = suggest::nearest(&name, LANGUAGES).map(|near| format!("did you mean {near}? "));
        notes.warn(
            Error::usage(format!(
                "{VARIABLE}: {} is not a language that otel-run knows, and was dropped",
                quoted(&name)
            ))
            .from(layers.origin(VARIABLE))
            .hint(format!("{}known: {}", near.unwrap_or_default(), LANGUAGES.join(", "))),
        );
    }
    known
}

/// `-v` and `-q` win over `OTEL_LOG_LEVEL`.
fn loudness(typed: &Typed, level: Option<&str>) -> (u8, bool) {
    if typed.quiet || typed.verbosity > 0 {
        return (typed.verbosity.min(2), typed.quiet);
    }
    match level {
        Some("none" | "off" | "fatal" | "error") => (0, true),
        Some("info") => (1, false),
        Some("debug" | "verbose" | "trace" | "all") => (2, false),
        _ => (0, false),
    }
}

/// `[::1]` is `::1`.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
