//! Sampling rules that flags and variables say, and all rules in words.

mod rule;
#[cfg(test)]
mod tests;
mod words;

pub use words::told;

use super::Complaint;
use super::notes::Notes;
use super::origin::Layers;
use super::read::Variables;
use super::shape::SamplingRules;
use crate::error::Error;

const OVERRIDES: &str = "OTEL_RUN_SAMPLING_OVERRIDE";

/// Between the rules of a variable.
pub const SEPARATOR: &str = ";";

/// Adds what flags and variables say to the rules of a file: their overrides come first, and their
/// other values win. A rule that cannot be read costs a warning.
pub(super) fn rules(
    of_file: SamplingRules,
    variables: &Variables,
    layers: &Layers,
    notes: &mut Notes,
) -> SamplingRules {
    let own = &variables.own;
    let mut overrides = Vec::new();
    let texts = own.sampling_override.as_deref().unwrap_or_default().split(SEPARATOR);
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        match rule::parse(text) {
            Ok(rule) => overrides.push(rule),
            Err(Complaint { what, hint }) => {
                let what = format!("{OVERRIDES}: {what}; this rule is left out");
                notes.warn(Error { hint, ..Error::usage(what).from(layers.origin(OVERRIDES)) });
            }
        }
    }
    overrides.extend(of_file.overrides);
    SamplingRules {
        overrides,
        keep_errors: own.keep_errors.unwrap_or(of_file.keep_errors),
        keep_slower_than: own.keep_slower_than.map(|millis| millis.0).or(of_file.keep_slower_than),
        delay: own.sampling_delay.map(|millis| millis.0).or(of_file.delay),
        ..of_file
    }
}
