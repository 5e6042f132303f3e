//! Temporality of the metrics that are made here.

use super::{Exporter, Temporality};

/// The variable that says it (OTLP exporter specification of metrics).
pub(super) const VARIABLE: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

/// The same that the program's SDK is told. `lowmemory` is delta for what is counted as it happens.
pub(super) fn temporality(exporters: &[Exporter], said: Option<&str>) -> Temporality {
    let said = said.map(str::to_ascii_lowercase);
    match said.as_deref() {
        _ if exporters.contains(&Exporter::Prometheus) => Temporality::Cumulative,
        Some("delta" | "lowmemory") => Temporality::Delta,
        None if exporters == [Exporter::Azure] => Temporality::Delta,
        _ => Temporality::Cumulative,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_program_is_told() {
        use Exporter::{Azure, Otlp, Prometheus};
        use Temporality::{Cumulative, Delta};
        for (exporters, said, expected) in [
            (&[Azure][..], None, Delta),
            (&[Azure], Some("cumulative"), Cumulative),
            (&[Azure, Otlp], None, Cumulative),
            (&[Otlp], None, Cumulative),
            (&[Otlp], Some("Delta"), Delta),
            (&[Otlp], Some("lowmemory"), Delta),
            (&[Otlp, Prometheus], Some("delta"), Cumulative),
            (&[], None, Cumulative),
        ] {
            assert_eq!(temporality(exporters, said), expected, "{exporters:?} {said:?}");
        }
    }
}
