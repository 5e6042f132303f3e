//! OpenTelemetry's declarative configuration, file format 1.x, with our own keys under `distribution.otel_run`.

mod exporters;
pub(super) mod keys;
mod own;
mod resource;
mod sampler;
mod scopes;
mod views;

#[cfg(test)]
pub(super) use own::entries as own_entries;

use super::problems::{Place, Problems};
use super::said::Said;
use super::scalar::{Reading, Scalar};
use super::schema::{Found, Walk};
use super::tree::Node;
use crate::settings::shape::Shape;

/// Minor versions of file format 1 whose keys are known.
const MINOR: u32 = 1;

/// Names of the keys that a file may begin with.
pub(super) fn names() -> Vec<&'static str> {
    keys::KEYS.iter().filter_map(|key| key.path.split('.').next()).collect()
}

struct Declarative<'a> {
    reading: Reading<'a>,
    said: &'a Said,
    found: Vec<Found<'a>>,
}

/// Reads the whole file.
pub(super) fn read<'a>(reading: Reading<'a>, said: &'a Said, root: &'a Node, shape: &mut Shape) {
    let own = root.get("distribution").and_then(|node| node.get("otel_run"));
    // What is said there comes first, and holds against what follows from the other sections.
    if let Some(node) = own {
        own::read(reading, said, node, shape);
        said.hold();
    }
    let walk = Walk { reading, said, prefixes: keys::PREFIXES };
    let found = walk.read(keys::KEYS, root);
    let file = Declarative { reading, said, found };
    file.version();
    file.log_level();
    resource::read(&file);
    file.propagators();
    sampler::read(&file);
    exporters::read(&file);
    scopes::read(&file, shape);
    views::read(&file, shape);
}

impl<'a> Declarative<'a> {
    fn problems(&self) -> &'a Problems {
        self.reading.problems
    }

    fn node(&self, path: &str) -> Option<&'a Node> {
        self.found.iter().find(|found| found.path == path).map(|found| found.node)
    }

    fn text(&self, path: &str) -> Option<(&Scalar, Place)> {
        let found = self.found.iter().find(|found| found.path == path)?;
        Some((found.value.as_ref()?, found.node.place))
    }

    fn say(&self, name: &str, value: &str, place: Place) {
        self.said.say(name, value, place, self.problems());
    }

    fn version(&self) {
        let Some((version, place)) = self.text("file_format") else {
            let hint = "write file_format: \"1.0\"";
            return self.problems().error(Place::START, "file_format is missing", hint);
        };
        let number = version.text.split('-').next().unwrap_or_default();
        let parts: Option<Vec<u32>> = number.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            Some([1, minor]) if *minor <= MINOR => {}
            Some([1, _]) => {
                let what =
                    format!("file_format {} is newer than what otel-run knows, 1.{MINOR}", version.text);
                self.problems().warn(place, what, "keys that it adds are unknown here");
            }
            Some([_, _] | [_]) => {
                let what = format!("file_format {} is not read: it must be 1.0 to 1.{MINOR}", version.text);
                self.problems().error(place, what, "bring the file up to date");
            }
            _ => {
                let what = format!("file_format {:?} is no version", version.text);
                self.problems().error(place, what, "write file_format: \"1.0\"");
            }
        }
    }

    fn log_level(&self) {
        if let Some((level, place)) = self.text("log_level") {
            let word = level.text.trim_end_matches(|c: char| c.is_ascii_digit());
            self.say("OTEL_LOG_LEVEL", word, place);
        }
    }

    fn propagators(&self) {
        const NAME: &str = "OTEL_PROPAGATORS";
        let mut names: Vec<String> = Vec::new();
        let mut at = None;
        for found in self.found.iter().filter(|found| found.path.starts_with("propagator.composite[")) {
            at.get_or_insert(found.node.place);
            names.extend(found.path.rsplit('.').next().map(str::to_owned));
        }
        if let Some((list, place)) = self.text("propagator.composite_list") {
            at.get_or_insert(place);
            names.extend(list.text.split(',').map(|name| name.trim().to_owned()));
        }
        let Some(place) = at else { return };
        if self.said.get(NAME).is_none() {
            self.said.add(NAME, &names.join(","), place);
        }
    }
}
