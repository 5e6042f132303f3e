//! Settings of the Azure Monitor exporter, from `APPLICATIONINSIGHTS_*` and our own variables.

use super::connection_string::{self, Parsed};
use super::notes::Notes;
use super::origin::Layers;
use super::read::{OnOff, Variables};
use super::{AzureSettings, Complaint, Exporter, ResourceAttributes, entra, proxy};
use crate::error::Error;
use crate::otlp::{PerSignal, Signal};
use std::path::Path;
use std::time::Duration;

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const KEY: &str = "APPINSIGHTS_INSTRUMENTATIONKEY";
const TIMEOUT: Duration = Duration::from_secs(30);

/// The variable that says which resource to send to. The connection string beats the key, which
/// platforms set beside it.
pub(super) fn variable(variables: &Variables) -> Option<&'static str> {
    let string = variables.insights.connection_string.as_ref().map(|_| STRING);
    string.or(variables.legacy.instrumentationkey.as_ref().map(|_| KEY))
}

/// Builds the settings if anything goes to azure. Without a connection string that is an
/// error; with `--lenient` the others go on without it.
pub(super) fn azure(
    variables: &Variables,
    layers: &Layers,
    exporters: &mut PerSignal<Vec<Exporter>>,
    notes: &mut Notes,
) -> Result<Option<AzureSettings>, Error> {
    let wanted = |signal: &Signal| exporters[*signal].contains(&Exporter::Azure);
    let Some(signal) = Signal::ALL.into_iter().find(wanted) else { return Ok(None) };
    let Some(variable) = variable(variables) else {
        let what = "the azure exporter has no connection string";
        let error = Error::usage(what)
            .from(layers.origin(&format!("OTEL_{}_EXPORTER", signal.name().to_uppercase())))
            .hint(format!("set {STRING}, or --connection_string"));
        if !variables.own.lenient {
            return Err(error);
        }
        notes.warn(Error { what: format!("{what}; going on without it"), ..error });
        for signal in Signal::ALL {
            exporters[signal].retain(|exporter| *exporter != Exporter::Azure);
        }
        return Ok(None);
    };
    let origin = layers.origin(variable);
    let complain = |Complaint { what, hint }| Error {
        hint,
        ..Error::usage(format!("{variable}: {what}")).from(&origin)
    };
    let string = variables.insights.connection_string.as_ref().map(|string| string.reveal());
    let read = match string {
        Some(string) => match file(string) {
            Some(file) => connection_string::read(file).and_then(|string| connection_string::parse(&string)),
            None => connection_string::parse(string),
        },
        None => {
            let key = variables.legacy.instrumentationkey.as_ref();
            connection_string::of_key(key.map(|key| key.reveal()).unwrap_or_default())
        }
    };
    let Parsed { connection, warnings } = read.map_err(complain)?;
    if string.is_none() {
        notes.warn(complain(Complaint::new(
            "an instrumentation key alone is deprecated, and goes to the global endpoint",
            format!("set {STRING} to the resource's connection string"),
        )));
    }
    warnings.into_iter().for_each(|complaint| notes.warn(complain(complaint)));
    let own = &variables.own;
    let insights = &variables.insights;
    let proxy = proxy::usable(proxy::proxy(&layers.environment), layers, notes);
    let settings = AzureSettings {
        proxy,
        credential: entra::credential(variables, layers, notes)?,
        timeout: own.azure_timeout.map_or(TIMEOUT, |millis| millis.0),
        standard_metrics: OnOff::or(own.standard_metrics, true),
        perf_counters: OnOff::or(own.perf_counters, true),
        live_metrics: OnOff::or(own.live_metrics, insights.preview_live_metrics_enabled),
        host_metrics: own.host_metrics.as_deref() == Some("on"),
        log_sampling_percentage: own.log_sampling_percentage.unwrap_or(100.0),
        logs_follow_traces: OnOff::or(own.logs_follow_traces, true),
        resource_attributes: resource_attributes(own.azure_resource_attributes.as_deref()),
        resource_metric: OnOff::or(own.azure_resource_metric, false),
        metric_namespace: insights.metric_namespace_opt_in,
        raw_path_names: OnOff::or(own.azure_raw_path_names, true),
        server_4xx_is_error: OnOff::or(own.azure_server_4xx_is_error, true),
        root_internal_is_request: OnOff::or(own.azure_root_internal_is_request, false),
        keep_all_attributes: OnOff::or(own.azure_keep_all_attributes, false),
        event_name_as_event: OnOff::or(own.azure_event_name_as_event, true),
        role_name: insights.role_name.clone(),
        role_instance: insights.role_instance.clone(),
        ..AzureSettings::new(connection)
    };
    Ok(Some(settings))
}

/// `file:PATH`, and as the Java agent has it `${file:PATH}`: the string is in a file, such as a
/// credential of systemd or a mounted secret.
fn file(string: &str) -> Option<&Path> {
    let inner = string.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(string);
    inner.strip_prefix("file:").map(|path| Path::new(path.trim()))
}

/// The first word decides, unless all are names.
fn resource_attributes(said: Option<&[String]>) -> ResourceAttributes {
    match said {
        None => ResourceAttributes::Useful,
        Some([word]) if word.eq_ignore_ascii_case("useful") => ResourceAttributes::Useful,
        Some([word]) if word.eq_ignore_ascii_case("none") => ResourceAttributes::None,
        Some([word]) if word.eq_ignore_ascii_case("all") => ResourceAttributes::All,
        Some(names) => ResourceAttributes::List(names.to_vec()),
    }
}
