//! Who samples traces, and how: the program's SDK, or otel-run, for Azure Monitor or by rules.
//!
//! Sampled here, standard metrics and Live Metrics see every request, and each item tells how
//! many it stands for. So a sampler is applied here whenever that is the same for the user.

use super::kind::quoted;
use super::notes::Notes;
use super::origin::Layers;
use super::read::Variables;
use super::shape::SamplingRules;
use super::{Complaint, Exporter, Sampler, TargetSampler, suggest};
use crate::error::Error;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
const PERCENTAGE: &str = "APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE";
const RATE: &str = "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND";

/// Traces per second of `microsoft.rate_limited` when nothing is said.
const TRACES_PER_SECOND: f64 = 5.0;

/// Samplers that OpenTelemetry and Microsoft name. Others are the program's own.
const NAMES: [&str; 8] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "microsoft.fixed_percentage",
    "microsoft.rate_limited",
];

/// Those that SDKs know beside them, and that need somebody to ask.
const REMOTE: [&str; 3] = ["jaeger_remote", "parentbased_jaeger_remote", "xray"];

/// A sampler by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Named {
    /// One that every SDK knows.
    Everywhere(Sampler),
    /// One for Application Insights.
    Microsoft(Sampler),
    /// The program may know it.
    Foreign,
}

/// Who samples.
#[derive(Default)]
pub(super) struct Samplers {
    /// What otel-run keeps of the traces for Azure.
    pub(super) azure: Sampler,
    /// And for all others.
    pub(super) others: Sampler,
    /// What the program's SDK is told.
    pub(super) target: TargetSampler,
    /// The program's SDK keeps all spans.
    pub(super) complete: bool,
}

/// Decides who samples.
///
/// Microsoft's samplers are applied here and concern Azure alone. OpenTelemetry's are applied here when
/// Azure is the only destination of traces, or rules ask for spans that they would leave out; otherwise they are the
/// program's, and hold for all.
pub(super) fn samplers(
    variables: &Variables,
    exporters: &[Exporter],
    rules: &SamplingRules,
    layers: &Layers,
    notes: &mut Notes,
) -> Samplers {
    let alone = exporters == [Exporter::Azure];
    let insights = insights(variables, layers, notes);
    let azure = insights.unwrap_or_default();
    let others = Sampler::AlwaysOn;
    let all = |parents: bool| match parents || rules.parent_based == Some(true) {
        true => TargetSampler::ParentBasedAlwaysOn,
        false => TargetSampler::AlwaysOn,
    };
    let said = variables.general.traces_sampler.as_deref();
    let named = said.map(|name| (name, named(name, variables, layers, notes)));
    match named {
        Some((_, Named::Microsoft(sampler))) => {
            if insights.is_some() {
                let variable =
                    if variables.insights.sampling_percentage.is_some() { PERCENTAGE } else { RATE };
                notes.warn(
                    Error::usage(format!("{variable} does not count: {SAMPLER} names a sampler for Azure"))
                        .from(layers.origin(variable))
                        .hint("keep one of the two"),
                );
            }
            Samplers { azure: sampler, others, target: all(false), complete: true }
        }
        Some((_, Named::Everywhere(sampler))) if (alone || !rules.is_empty()) && insights.is_none() => {
            let parents = match sampler {
                Sampler::ParentBased { .. } => true,
                Sampler::TraceIdRatio { parent_based, .. } => parent_based,
                _ => false,
            };
            Samplers { azure: sampler, others: sampler, target: all(parents), complete: true }
        }
        Some((name, Named::Foreign)) => {
            if !REMOTE.contains(&name.to_ascii_lowercase().as_str()) {
                let near = suggest::nearest(name, NAMES).map(|near| format!("did you mean {near}? "));
                let what = format!(
                    "{SAMPLER}: {} is not known to otel-run; it is left to the program, and all that comes is kept",
                    quoted(name)
                );
                let hint = format!("{}known: {}", near.unwrap_or_default(), NAMES.join(", "));
                notes.warn(Error::usage(what).from(layers.origin(SAMPLER)).hint(hint));
            }
            Samplers { azure, others, target: TargetSampler::Same, complete: false }
        }
        Some((_, Named::Everywhere(sampler))) => {
            let complete = matches!(sampler, Sampler::AlwaysOn | Sampler::ParentBased { root_on: true });
            Samplers { azure, others, target: TargetSampler::Same, complete }
        }
        // Left alone, SDKs drop what the caller did not sample, and many a proxy of Azure says that.
        None if alone || rules.keep() => Samplers { azure, others, target: all(false), complete: true },
        None if rules.parent_based == Some(true) => {
            Samplers { azure, others, target: all(true), complete: true }
        }
        None => Samplers { azure, others, target: TargetSampler::Same, complete: true },
    }
}

/// What the variables of Application Insights' Java agent say.
fn insights(variables: &Variables, layers: &Layers, notes: &mut Notes) -> Option<Sampler> {
    let percentage = variables.insights.sampling_percentage;
    let rate = variables.insights.sampling_requests_per_second;
    if percentage.is_some() && rate.is_some() {
        notes.warn(
            Error::usage(format!("{RATE} does not count: {PERCENTAGE} is set as well"))
                .from(layers.origin(RATE))
                .hint("keep one of the two"),
        );
    }
    let percentage = percentage.map(Sampler::FixedPercentage);
    percentage.or(rate.map(Sampler::RateLimited))
}

fn named(name: &str, variables: &Variables, layers: &Layers, notes: &mut Notes) -> Named {
    let mut argument = |default: f64, most: f64, what: &str| {
        let said = variables.general.traces_sampler_arg.as_deref();
        said.map_or(default, |text| {
            number(text, most, what).unwrap_or_else(|Complaint { what, hint }| {
                let what = format!("cannot use {ARGUMENT}: {what}; the default holds ({default})");
                notes.warn(Error { hint, ..Error::usage(what).from(layers.origin(ARGUMENT)) });
                default
            })
        })
    };
    let mut ratio = || argument(1.0, 1.0, "a ratio from 0 to 1");
    match name.to_ascii_lowercase().as_str() {
        "always_on" => Named::Everywhere(Sampler::AlwaysOn),
        "always_off" => Named::Everywhere(Sampler::AlwaysOff),
        "parentbased_always_on" => Named::Everywhere(Sampler::ParentBased { root_on: true }),
        "parentbased_always_off" => Named::Everywhere(Sampler::ParentBased { root_on: false }),
        "traceidratio" | "trace_id_ratio" => {
            Named::Everywhere(Sampler::TraceIdRatio { ratio: ratio(), parent_based: false })
        }
        "parentbased_traceidratio" | "parentbased_trace_id_ratio" => {
            Named::Everywhere(Sampler::TraceIdRatio { ratio: ratio(), parent_based: true })
        }
        "microsoft.fixed_percentage" | "microsoft.fixed.percentage" => {
            Named::Microsoft(Sampler::FixedPercentage(ratio() * 100.0))
        }
        "microsoft.rate_limited" | "microsoft.rate.limited" => {
            let rate = argument(TRACES_PER_SECOND, f64::INFINITY, "a number of traces per second");
            Named::Microsoft(Sampler::RateLimited(rate))
        }
        _ => Named::Foreign,
    }
}

fn number(text: &str, most: f64, what: &str) -> Result<f64, Complaint> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && (0.0..=most).contains(&number) => Ok(number),
        Ok(number) if most <= 1.0 && (1.0..=100.0).contains(&number) => Err(Complaint::new(
            format!("{} is not {what}", quoted(text)),
            format!("for {number} % write {}", number / 100.0),
        )),
        _ => Err(Complaint::new(format!("{} is not {what}", quoted(text)), "use a number such as 0.25")),
    }
}

#[cfg(test)]
mod tests;
