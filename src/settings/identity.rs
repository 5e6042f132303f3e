//! Who sends: the service's name, and the resource around it.

use super::notes::Notes;
use super::origin::{Explained, Layers};
use super::read::Variables;
use super::{pairs, service_name};
use std::ffi::OsString;
use std::path::Path;

/// The service's name, and the other attributes of the resource.
pub(super) fn identity(
    variables: &Variables,
    layers: &Layers,
    command: &[OsString],
    folder: &Path,
    explained: &mut Explained,
    notes: &mut Notes,
) -> (String, Vec<(String, String)>) {
    const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let read = pairs::parse(variables.general.resource_attributes.as_deref().unwrap_or_default());
    let origin = layers.origin(ATTRIBUTES);
    notes.bad_pairs(ATTRIBUTES, &origin, &read.bad);
    let (named, attributes): (Vec<_>, Vec<_>) =
        read.good.into_iter().partition(|(name, _)| name == "service.name");
    let name = match (&variables.general.service_name, named.into_iter().next()) {
        (Some(name), _) => name.clone(),
        (None, Some((_, name))) if !name.trim().is_empty() => {
            explained.chosen("OTEL_SERVICE_NAME", &name, "service.name in OTEL_RESOURCE_ATTRIBUTES");
            name
        }
        _ => {
            let derived = service_name::derive(command, &layers.environment, folder);
            explained.chosen("OTEL_SERVICE_NAME", &derived.name, &derived.because);
            derived.name
        }
    };
    (name, attributes)
}
