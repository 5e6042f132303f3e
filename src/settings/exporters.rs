//! Which destinations each signal has: the list that was given, or a choice.

use super::kind::quoted;
use super::{Exporter, Protocol, suggest};
use crate::error::Error;
use crate::otlp::Signal;

/// A list of exporters, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exporters {
    pub(super) list: Vec<Exporter>,
    /// From `otlp_proto_grpc` and `otlp_proto_http`.
    pub(super) protocol: Option<Protocol>,
    pub(super) warnings: Vec<String>,
}

/// Reads the names of one signal's list. `Err`: it cannot be meant. `lenient` drops an unknown
/// name with a warning.
pub(super) fn parse(signal: Signal, names: &[String], lenient: bool) -> Result<Exporters, Error> {
    let mut exporters = Exporters::default();
    let mut none = false;
    for name in names {
        let exporter = match name.as_str() {
            "none" => {
                none = true;
                continue;
            }
            "azure" | "azure_monitor" | "azure_monitor_opentelemetry_exporter" => Exporter::Azure,
            "console" => Exporter::Console,
            "logging" => {
                exporters.warnings.push("exporter \"logging\" is deprecated; it means console".to_owned());
                Exporter::Console
            }
            "otlp" => Exporter::Otlp,
            "otlp/stdout" => Exporter::OtlpStdout,
            "otlp_proto_grpc" => {
                exporters.protocol = Some(Protocol::Grpc);
                Exporter::Otlp
            }
            "otlp_proto_http" => {
                exporters.protocol = Some(Protocol::HttpProtobuf);
                Exporter::Otlp
            }
            "prometheus" if signal == Signal::Metrics => Exporter::Prometheus,
            unknown => {
                let error = unknown_exporter(signal, unknown);
                if !lenient {
                    return Err(error);
                }
                exporters.warnings.push(format!("{}; going on without it", error.what));
                continue;
            }
        };
        if exporters.list.contains(&exporter) {
            return Err(Error::usage(format!("{signal} exporter {} is named twice", exporter.name()))
                .hint(format!("name it once; supported: {}", Exporter::names(signal).join(", "))));
        }
        exporters.list.push(exporter);
    }
    if none && !exporters.list.is_empty() {
        let dropped: Vec<_> = exporters.list.drain(..).map(Exporter::name).collect();
        exporters.warnings.push(format!(
            "\"none\" among the {signal} exporters switches the others off: {}",
            dropped.join(", ")
        ));
        exporters.protocol = None;
    }
    Ok(exporters)
}

fn unknown_exporter(signal: Signal, name: &str) -> Error {
    let what = if name == "prometheus" {
        format!("exporter \"prometheus\" is for metrics alone, not for {signal}")
    } else {
        format!("unknown {signal} exporter {}", quoted(name))
    };
    let names = Exporter::names(signal);
    let supported = names.join(", ");
    Error::usage(what).hint(match suggest::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}? Supported: {supported}"),
        None => format!("supported: {supported}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<String> {
        list.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn lists() {
        use Exporter::{Azure, Console, Otlp, OtlpStdout, Prometheus};
        for (list, exporters, protocol) in [
            ("otlp", vec![Otlp], None),
            ("azure", vec![Azure], None),
            ("azure_monitor,console", vec![Azure, Console], None),
            ("azure_monitor_opentelemetry_exporter", vec![Azure], None),
            ("console,otlp", vec![Console, Otlp], None),
            ("otlp/stdout,otlp", vec![OtlpStdout, Otlp], None),
            ("prometheus,console", vec![Prometheus, Console], None),
            ("none", vec![], None),
            ("otlp_proto_grpc", vec![Otlp], Some(Protocol::Grpc)),
            ("otlp_proto_http,console", vec![Otlp, Console], Some(Protocol::HttpProtobuf)),
        ] {
            let read = parse(Signal::Metrics, &names(list), false).unwrap();
            assert_eq!(read, Exporters { list: exporters, protocol, warnings: vec![] }, "{list}");
        }
    }

    #[test]
    fn warnings() {
        for (list, left, warning) in [
            ("logging", 1, "exporter \"logging\" is deprecated; it means console"),
            ("console,none", 0, "\"none\" among the traces exporters switches the others off: console"),
            (
                "none,otlp,console",
                0,
                "\"none\" among the traces exporters switches the others off: otlp, console",
            ),
            ("zipkin,otlp", 1, "unknown traces exporter \"zipkin\"; going on without it"),
        ] {
            let read = parse(Signal::Traces, &names(list), true).unwrap();
            assert_eq!((read.list.len(), read.warnings), (left, vec![warning.to_owned()]), "{list}");
        }
    }

    #[test]
    fn refusals() {
        for (signal, list, what, hint) in [
            (
                Signal::Traces,
                "azur",
                "unknown traces exporter \"azur\"",
                "did you mean azure? Supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Logs,
                "azure,azure_monitor",
                "logs exporter azure is named twice",
                "name it once; supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Traces,
                "zipkin",
                "unknown traces exporter \"zipkin\"",
                "supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Metrics,
                "consol",
                "unknown metrics exporter \"consol\"",
                "did you mean console? Supported: azure, otlp, otlp/stdout, console, prometheus, none",
            ),
            (
                Signal::Logs,
                "prometheus",
                "exporter \"prometheus\" is for metrics alone, not for logs",
                "supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Logs,
                "otlp,otlp",
                "logs exporter otlp is named twice",
                "name it once; supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Traces,
                "otlp_proto_grpc,otlp_proto_http",
                "traces exporter otlp is named twice",
                "name it once; supported: azure, otlp, otlp/stdout, console, none",
            ),
            (
                Signal::Metrics,
                "console,logging",
                "metrics exporter console is named twice",
                "name it once; supported: azure, otlp, otlp/stdout, console, prometheus, none",
            ),
        ] {
            let error = parse(signal, &names(list), false).unwrap_err();
            assert_eq!((error.code, error.what.as_str()), (2, what), "{list}");
            assert_eq!(error.hint.as_deref(), Some(hint), "{list}");
        }
    }
}
