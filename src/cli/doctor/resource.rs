//! Where the program would run, as its telemetry would tell.

use super::{Check, Verdict};
use crate::resource::{self, Surroundings};
use crate::settings::Settings;
use std::time::Duration;

const AREA: &str = "resource";

/// Metadata services are asked no longer than other hosts.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn check(settings: &Settings, offline: bool) -> Vec<Check> {
    let detectors = &settings.detectors;
    if detectors.is_empty() {
        return vec![Check::new(AREA, Verdict::Skipped, "nobody looks (--resource_detectors none)")];
    }
    let surroundings = Surroundings::here();
    let mut found = resource::at_hand(detectors, &surroundings);
    if !offline && let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        let mut asked = found.clone();
        let ask = resource::ask(detectors, &surroundings, &mut asked);
        if runtime.block_on(async { tokio::time::timeout(PATIENCE, ask).await }).is_ok() {
            found = asked;
        }
        runtime.shutdown_background();
    }
    let of = |detector| {
        let told: Vec<String> = found
            .iter()
            .filter(|attribute| attribute.detector == detector)
            .map(|attribute| {
                let said = settings.resource_attributes.iter().rfind(|(name, _)| name == attribute.key);
                match said {
                    Some((name, said)) => format!("{name}={said} (as you say)"),
                    None => format!("{}={}", attribute.key, attribute.value),
                }
            })
            .collect();
        (!told.is_empty()).then(|| Check::ok(AREA, format!("{}: {}", detector.name(), told.join(", "))))
    };
    detectors.iter().copied().filter_map(of).collect()
}
