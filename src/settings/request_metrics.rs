//! How metrics are made that are derived from spans: as the program's SDK is told to make its own.

use super::Exporter;
use crate::environment::Environment;
use serde::{Deserialize, Serialize};

/// The variables that say it (OTLP exporter specification of metrics; metrics SDK, "ExemplarFilter").
pub(super) const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
pub(super) const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
const EXEMPLARS: &str = "OTEL_METRICS_EXEMPLAR_FILTER";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMetrics {
    pub temporality: Temporality,
    pub aggregation: Aggregation,
    pub exemplars: ExemplarFilter,
}

/// Whether figures count from the beginning, or from one report to the next (metrics data model,
/// "Temporality").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Temporality {
    Delta,
    Cumulative,
}

/// How measurements become histograms (metrics SDK specification, "Aggregation").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregation {
    ExplicitBucket,
    Base2Exponential,
}

/// Which measurements may become exemplars (metrics SDK specification, "ExemplarFilter").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExemplarFilter {
    AlwaysOn,
    AlwaysOff,
    /// Those of sampled traces.
    TraceBased,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        RequestMetrics {
            temporality: Temporality::Cumulative,
            aggregation: Aggregation::ExplicitBucket,
            exemplars: ExemplarFilter::TraceBased,
        }
    }
}

/// `exporters`: those of metrics. What cannot be used was complained about, and counts as unset.
pub(super) fn request_metrics(exporters: &[Exporter], environment: &Environment) -> RequestMetrics {
    let said = |variable| environment.setting(variable).map(|said| said.trim().to_ascii_lowercase());
    RequestMetrics {
        temporality: temporality(exporters, said(TEMPORALITY).as_deref()),
        aggregation: match said(AGGREGATION).as_deref() {
            Some("base2_exponential_bucket_histogram") => Aggregation::Base2Exponential,
            _ => Aggregation::ExplicitBucket,
        },
        exemplars: match said(EXEMPLARS).as_deref() {
            Some("always_on") => ExemplarFilter::AlwaysOn,
            Some("always_off") => ExemplarFilter::AlwaysOff,
            _ => ExemplarFilter::TraceBased,
        },
    }
}

/// `lowmemory` is delta for what is counted as it happens.
fn temporality(exporters: &[Exporter], said: Option<&str>) -> Temporality {
    match said {
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
            (&[Azure][..], "", Delta),
            (&[Azure], "cumulative", Cumulative),
            (&[Azure, Otlp], "", Cumulative),
            (&[Otlp], "", Cumulative),
            (&[Otlp], "Delta", Delta),
            (&[Otlp], " lowmemory ", Delta),
            (&[Otlp, Prometheus], "delta", Cumulative),
            (&[], "", Cumulative),
        ] {
            let mut environment = Environment::default();
            environment.set(TEMPORALITY, said);
            assert_eq!(
                request_metrics(exporters, &environment).temporality,
                expected,
                "{exporters:?} {said:?}"
            );
        }
        let mut environment = Environment::default();
        assert_eq!(request_metrics(&[], &environment), RequestMetrics::default());
        environment.set(AGGREGATION, "BASE2_exponential_bucket_histogram");
        for (said, exemplars) in [
            ("always_on", ExemplarFilter::AlwaysOn),
            ("Always_Off", ExemplarFilter::AlwaysOff),
            ("trace_based", ExemplarFilter::TraceBased),
            ("sometimes", ExemplarFilter::TraceBased),
        ] {
            environment.set(EXEMPLARS, said);
            let aggregation = Aggregation::Base2Exponential;
            let expected = RequestMetrics { aggregation, exemplars, ..RequestMetrics::default() };
            assert_eq!(request_metrics(&[], &environment), expected, "{said}");
        }
    }
}
