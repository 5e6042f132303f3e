//! Settings of the Azure Monitor exporter, from `APPLICATIONINSIGHTS_*` and our own variables.

use super::connection_string::{self, Read};
use super::notes::Notes;
use super::origin::Layers;
use super::read::Variables;
use super::{AzureSettings, Complaint, Exporter};
use crate::error::Error;
use crate::otlp::{PerSignal, Signal};

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const KEY: &str = "APPINSIGHTS_INSTRUMENTATIONKEY";

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
        Some(string) => connection_string::parse(string),
        None => {
            let key = variables.legacy.instrumentationkey.as_ref();
            connection_string::of_key(key.map(|key| key.reveal()).unwrap_or_default())
        }
    };
    let Read { connection, warnings } = read.map_err(complain)?;
    if string.is_none() {
        notes.warn(complain(Complaint::new(
            "an instrumentation key alone is deprecated, and goes to the global endpoint",
            format!("set {STRING} to the resource's connection string"),
        )));
    }
    warnings.into_iter().for_each(|complaint| notes.warn(complain(complaint)));
    Ok(Some(AzureSettings::new(connection)))
}
