//! Where each signal goes.

use super::azure_otlp::{self, AzureOtlp};
use super::notes::Notes;
use super::origin::{Explained, Layers};
use super::read::Variables;
use super::{Exporter, OtlpSettings, exporters, insights, otlp};
use crate::error::Error;
use crate::otlp::{PerSignal, Signal};

/// Exporters of each signal, and how OTLP leaves. Where nobody chose: a connection string
/// means azure, else an OTLP endpoint otlp, else a terminal means console, else the specification's default. With the SDK
/// disabled there are none, and nothing is checked that nobody uses.
pub(super) fn destinations(
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
    let azure_otlp = variables.own.azure_otlp.as_deref().map(AzureOtlp::parse);
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
            let (exporter, because) = match (insights::variable(variables), &endpoint) {
                // Whoever writes this means it, whatever the platform has set.
                _ if azure_otlp.is_some() => (Exporter::Otlp, format!("{} is set", azure_otlp::VARIABLE)),
                (Some(azure), otlp) => {
                    if let Some(otlp) = otlp {
                        notes.warn(left_out(otlp, azure, layers));
                    }
                    (Exporter::Azure, format!("{azure} is set"))
                }
                (None, Some(endpoint)) => (Exporter::Otlp, format!("{endpoint} is set")),
                (None, None) if terminal => (Exporter::Console, "stdout is a terminal".to_owned()),
                (None, None) => (Exporter::Otlp, "nothing chooses: the specification's default".to_owned()),
            };
            by_default = exporter == Exporter::Otlp && endpoint.is_none() && azure_otlp.is_none();
            explained.chosen(variable, exporter.name(), &because);
            chosen[signal] = vec![exporter];
        }
        let azure = azure_otlp.as_ref();
        let source = otlp::Source { signal, variables, layers, protocol, by_default, azure };
        if chosen[signal].contains(&Exporter::Otlp) {
            settings[signal] = source.build(notes)?;
        }
    }
    Ok((chosen, settings))
}

/// Both are set, and nobody says that both are meant: one destination, and a word about it.
fn left_out(otlp: &str, azure: &str, layers: &Layers) -> Error {
    Error::usage(format!("{otlp} does not count: {azure} is set, and chooses azure alone"))
        .from(layers.origin(otlp))
        .hint("name what is meant: --traces_exporter azure,otlp, and so for metrics and logs")
}

fn endpoint_variable(variables: &Variables, signal: Signal) -> Option<String> {
    if variables.otlp_of[signal].endpoint.is_some() {
        return Some(format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.name().to_uppercase()));
    }
    variables.otlp.endpoint.as_ref().map(|_| "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned())
}
