//! From what was said to what is meant: flags are laid over the environment, each value is
//! brought into normal form or complained about, serde reads the rest, and what is left to
//! choose is chosen.

use super::kind::quoted;
use super::origin::{Explained, Layers, Origin, Typed};
use super::read::{Queue, Variables};
use super::{
    ConsoleFormat, ConsoleOutput, ConsoleSettings, Exporter, HostPort, InjectSettings, OtlpSettings,
    PrometheusSettings, QueueSettings, Settings, Shim, exporters, otlp, pairs, service_name, suggest, table,
};
use crate::environment::Environment;
use crate::error::Error;
use crate::otlp::{PerSignal, Signal};
use std::collections::BTreeMap;
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

/// What must be told to the user, in the order in which it was found, and once.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    /// Says something in the three parts of an [`Error`].
    pub(super) fn warn(&mut self, error: Error) {
        let text = error.to_string();
        if !self.0.contains(&text) {
            self.0.push(text);
        }
    }

    /// Says which pairs of a list were dropped: each of the first few, the number of the rest.
    pub(super) fn bad_pairs(&mut self, variable: &str, origin: &Origin, bad: &[(usize, &str)]) {
        const FEW: usize = 3;
        const HINT: &str = "write name=value,name=value; percent-encode commas and percent signs in values";
        for (place, why) in bad.iter().take(FEW) {
            let what = format!("{variable}: pair {place} {why} and was dropped");
            self.warn(Error::usage(what).from(origin).hint(HINT));
        }
        if let Some(more) = bad.len().checked_sub(FEW).filter(|more| *more > 0) {
            let pairs = if more == 1 { "pair was" } else { "pairs were" };
            let what = format!("{variable}: {more} more {pairs} dropped");
            self.warn(Error::usage(what).from(origin).hint(HINT));
        }
    }
}

const INTERVAL: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(5);
const LANGUAGES: [&str; 6] = ["python", "node", "java", "dotnet", "ruby", "php"];

/// Makes the settings. What has a safe default costs a warning; what is contradictory or
/// unusable is an error with exit code 2.
pub fn load(input: Input<'_>) -> Result<Loaded, Error> {
    let layers = Layers::new(input.environment, input.typed);
    let mut notes = Notes::default();
    let values = normal_values(&layers, &mut notes)?;
    let variables = Variables::read(&values)
        // Values are in normal form, so this would be our own mistake.
        .map_err(|e| Error::launcher(format!("cannot read the settings: {e}")))?;
    let mut explained = Explained::new(&values, &layers);

    let (exporters, otlp) = destinations(&variables, &layers, input.terminal, &mut explained, &mut notes)?;
    let (name, attributes) =
        identity(&variables, &layers, input.command, input.folder, &mut explained, &mut notes);
    let own = &variables.own;
    for variable in ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"] {
        if values.contains_key(variable) {
            notes.warn(
                Error::usage(format!("{variable} is not read by otel-run, nor passed to the program"))
                    .from(layers.origin(variable))
                    .hint("use flags and variables"),
            );
        }
    }
    let prometheus = PrometheusSettings {
        address: HostPort {
            host: variables.prometheus.host.as_deref().map_or("localhost", unbracketed).to_owned(),
            port: variables.prometheus.port.unwrap_or(9464),
        },
    };
    let ingress = own.ingress.as_deref().and_then(|text| HostPort::parse(text).ok());
    let (verbosity, quiet) = loudness(input.typed, variables.general.log_level.as_deref());
    let settings = Settings {
        service_name: name,
        resource_attributes: attributes,
        sdk_disabled: variables.general.sdk_disabled,
        exporters,
        otlp,
        console: console(&variables),
        prometheus,
        metric_export_interval: variables.general.metric_export_interval.map_or(INTERVAL, |m| m.0),
        host_metrics: own.host_metrics.as_deref() != Some("off"),
        queue: queues(&variables, &layers, &mut notes),
        ingress,
        grace: own.grace.map_or(GRACE, |s| s.0),
        verbosity,
        quiet,
        kill_with_launcher: own.kill_with_launcher,
        strict: own.strict,
        inject: InjectSettings {
            shim: own.shim.unwrap_or(Shim::Auto),
            languages: languages(&own.languages, &layers, &mut notes),
            skip: own.skip.clone(),
            pass_credentials: own.pass_credentials,
        },
    };
    let Layers { environment, bare, .. } = layers;
    Ok(Loaded { settings, environment, bare, explained, warnings: notes.0 })
}

/// The variables of the table that were said, each in normal form. A value that cannot be used
/// counts as unset, with a warning that says what holds instead.
fn normal_values(layers: &Layers, notes: &mut Notes) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut values = BTreeMap::new();
    for entry in table::entries() {
        let variable = entry.variable;
        let Some(raw) = layers.environment.get(variable).filter(|raw| !raw.is_empty()) else { continue };
        let Some(text) = raw.to_str() else {
            notes.warn(
                Error::usage(format!("{variable} is not UTF-8 and counts as unset"))
                    .from(layers.origin(variable)),
            );
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        match entry.kind.normal(text) {
            // A list of nothing but commas says nothing.
            Ok(normal) if normal.is_empty() => {}
            Ok(normal) => {
                values.insert(variable, normal.into_owned());
            }
            Err(complaint) => {
                let stops = variable == "OTEL_RUN_INGRESS";
                let what = if stops {
                    format!("cannot use {variable}: {}", complaint.what)
                } else {
                    let instead = match entry.default {
                        Some(default) => format!("the default holds ({default})"),
                        None => "it counts as unset".to_owned(),
                    };
                    format!("cannot use {variable}: {}; {instead}", complaint.what)
                };
                let mut error = Error::usage(what).from(layers.origin(variable));
                error.hint = complaint.hint;
                if stops {
                    return Err(error);
                }
                notes.warn(error);
            }
        }
    }
    Ok(values)
}

/// Exporters of each signal, and how OTLP leaves. Where nobody chose: an OTLP endpoint means
/// otlp, else a terminal means console, else the specification's default. With the SDK
/// disabled there are none, and nothing is checked that nobody uses.
fn destinations(
    variables: &Variables,
    layers: &Layers,
    terminal: bool,
    explained: &mut Explained,
    notes: &mut Notes,
) -> Result<(PerSignal<Vec<Exporter>>, PerSignal<OtlpSettings>), Error> {
    let mut chosen = PerSignal::<Vec<Exporter>>::default();
    let mut settings = PerSignal::from_fn(otlp::Source::unused);
    if variables.general.sdk_disabled {
        return Ok((chosen, settings));
    }
    for signal in Signal::ALL {
        let general = &variables.general;
        let (variable, said) = match signal {
            Signal::Traces => ("OTEL_TRACES_EXPORTER", &general.traces_exporter),
            Signal::Metrics => ("OTEL_METRICS_EXPORTER", &general.metrics_exporter),
            Signal::Logs => ("OTEL_LOGS_EXPORTER", &general.logs_exporter),
        };
        let mut protocol = None;
        let mut by_default = false;
        if let Some(names) = said {
            let origin = layers.origin(variable);
            let read = exporters::parse(signal, names, variables.own.lenient)
                .map_err(|e| Error { what: format!("{variable}: {}", e.what), ..e }.from(&origin))?;
            for warning in read.warnings {
                notes.warn(Error::usage(format!("{variable}: {warning}")).from(&origin));
            }
            chosen[signal] = read.list;
            protocol = read.protocol;
        } else {
            let endpoint = endpoint_variable(variables, signal);
            let (exporter, because) = match &endpoint {
                Some(endpoint) => (Exporter::Otlp, format!("{endpoint} is set")),
                None if terminal => (Exporter::Console, "stdout is a terminal".to_owned()),
                None => (Exporter::Otlp, "nothing chooses: the specification's default".to_owned()),
            };
            by_default = exporter == Exporter::Otlp && endpoint.is_none();
            explained.chosen(variable, exporter.name(), &because);
            chosen[signal] = vec![exporter];
        }
        let source = otlp::Source { signal, variables, layers, protocol, by_default };
        if chosen[signal].contains(&Exporter::Otlp) {
            settings[signal] = source.build(notes)?;
        }
    }
    Ok((chosen, settings))
}

fn endpoint_variable(variables: &Variables, signal: Signal) -> Option<String> {
    if variables.otlp_of[signal].endpoint.is_some() {
        return Some(format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.name().to_uppercase()));
    }
    variables.otlp.endpoint.as_ref().map(|_| "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned())
}

/// The service's name, and the other attributes of the resource.
fn identity(
    variables: &Variables,
    layers: &Layers,
    command: &[OsString],
    folder: &Path,
    explained: &mut Explained,
    notes: &mut Notes,
) -> (String, Vec<(String, String)>) {
    const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let read = pairs::parse(variables.general.resource_attributes.as_deref().unwrap_or_default());
    let origin = layers.origin(ATTRIBUTES);
    notes.bad_pairs(ATTRIBUTES, &origin, &read.bad);
    let (named, attributes): (Vec<_>, Vec<_>) =
        read.good.into_iter().partition(|(name, _)| name == "service.name");
    let name = match (&variables.general.service_name, named.into_iter().next()) {
        (Some(name), _) => name.clone(),
        (None, Some((_, name))) if !name.trim().is_empty() => {
            explained.chosen("OTEL_SERVICE_NAME", &name, "service.name in OTEL_RESOURCE_ATTRIBUTES");
            name
        }
        _ => {
            let derived = service_name::derive(command, &layers.environment, folder);
            explained.chosen("OTEL_SERVICE_NAME", &derived.name, &derived.because);
            derived.name
        }
    };
    (name, attributes)
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

fn queues(variables: &Variables, layers: &Layers, notes: &mut Notes) -> PerSignal<QueueSettings> {
    let defaults = QueueSettings {
        max_bytes: 16 << 20,
        max_items: None,
        parcel_bytes: 2 << 20,
        parcel_items: None,
        delay: Duration::from_millis(200),
    };
    let mut queue = |said: &Queue, prefix: &str| {
        let mut parcel_items = said.max_export_batch_size;
        if let (Some(batch), Some(room)) = (parcel_items, said.max_queue_size)
            && batch > room
        {
            let variable = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
            notes.warn(
                Error::usage(format!(
                    "{variable}: {batch} is more than {prefix}_MAX_QUEUE_SIZE, which is {room}; batches of {room} it is"
                ))
                .from(layers.origin(&variable))
                .hint(format!("use at most {room}")),
            );
            parcel_items = Some(room);
        }
        QueueSettings {
            max_items: said.max_queue_size,
            parcel_items,
            delay: said.schedule_delay.map_or(defaults.delay, |m| m.0),
            ..defaults.clone()
        }
    };
    PerSignal {
        traces: queue(&variables.spans, "OTEL_BSP"),
        logs: queue(&variables.logs, "OTEL_BLRP"),
        metrics: defaults.clone(),
    }
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
