//! The values that were said, in normal form.

use super::notes::Notes;
use super::origin::Layers;
use super::table;
use crate::error::Error;
use std::collections::BTreeMap;

/// The variables of the table that were said, each in normal form. A value that cannot be used
/// counts as unset, with a warning that says what holds instead.
pub(super) fn normal_values(
    layers: &Layers,
    notes: &mut Notes,
) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut values = BTreeMap::new();
    for entry in table::entries() {
        let variable = entry.variable;
        let Some(raw) = layers.environment.get(variable).filter(|raw| !raw.is_empty()) else { continue };
        let Some(text) = raw.to_str() else {
            notes.warn(
                Error::usage(format!("{variable} is not UTF-8 and counts as unset"))
                    .from(layers.origin(variable)),
            );
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        match entry.kind.normal(text) {
            // A list of nothing but commas says nothing.
            Ok(normal) if normal.is_empty() => {}
            Ok(normal) => {
                values.insert(variable, normal.into_owned());
            }
            Err(complaint) => {
                let stops = variable == "OTEL_RUN_INGRESS";
                let what = if stops {
                    format!("cannot use {variable}: {}", complaint.what)
                } else {
                    let instead = match entry.default {
                        Some(default) => format!("the default holds ({default})"),
                        None => "it counts as unset".to_owned(),
                    };
                    format!("cannot use {variable}: {}; {instead}", complaint.what)
                };
                let mut error = Error::usage(what).from(layers.origin(variable));
                error.hint = complaint.hint;
                if stops {
                    return Err(error);
                }
                notes.warn(error);
            }
        }
    }
    Ok(values)
}
