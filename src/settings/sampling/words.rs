//! Sampling rules in words.

use crate::settings::shape::{Rate, SamplingRules};
use crate::settings::{Exporter, Settings, TargetSampler};

/// Who keeps what, if that is worth a line: something goes to Azure, or there are rules.
pub fn told(settings: &Settings) -> Option<String> {
    let rules = words(&settings.shape.sampling);
    let azure = settings.azure.as_ref().filter(|_| settings.exporters.traces.contains(&Exporter::Azure));
    let rest = match (azure, settings.inject.traces_sampler) {
        (Some(azure), target) => azure.sampling(target),
        (None, _) if rules.is_empty() => return None,
        (None, TargetSampler::Same) => "sampling: all that the program's SDK keeps".to_owned(),
        (None, _) => format!("sampling: otel-run keeps {}", settings.sampler),
    };
    if rules.is_empty() {
        return Some(rest);
    }
    let rest = rest.strip_prefix("sampling: ").unwrap_or(&rest);
    Some(format!("sampling: {}; of the rest {rest}", rules.join("; ")))
}

/// What the rules say, in their order, each in a few words. Empty: there are none.
fn words(rules: &SamplingRules) -> Vec<String> {
    let mut words: Vec<String> = rules
        .overrides
        .iter()
        .map(|rule| match rule.rate {
            Rate::Percentage(percent) => format!("{percent} % for {}", rule.name),
            Rate::PerSecond(rate) => format!("about {rate} traces per second for {}", rule.name),
        })
        .collect();
    if rules.keep_errors {
        words.push("all traces with an error".to_owned());
    }
    if let Some(duration) = rules.keep_slower_than {
        words.push(format!("all traces with a span of {} s or more", duration.as_secs_f64()));
    }
    words
}
