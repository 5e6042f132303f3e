//! The configuration file: YAML or JSON, in one of two vocabularies. What has a variable becomes that variable, so that
//! everything behind treats it like any other; what has none becomes rules.

mod declarative;
mod insights;
mod problems;
mod reference;
mod rules;
mod said;
mod scalar;
mod schema;
mod source;
mod substitute;
mod tree;

pub use reference::reference;
pub(super) use source::{VARIABLES, read as read_text};

use super::notes::Notes;
use super::origin::Layers;
use super::shape::Shape;
use crate::error::Error;
use problems::{Place, Problems};
use said::Said;
use scalar::Reading;
use source::Source;
use std::path::PathBuf;
use tree::Node;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct FileLayer {
    /// As it was named; empty for text in a variable.
    pub(super) path: PathBuf,
    /// Variables with their value and their line.
    pub(super) variables: Vec<(String, String, usize)>,
    pub(super) shape: Shape,
}

/// Reads the file that the environment names, if it names one.
///
/// # Errors
/// With exit code 2, when it cannot be read, or says anything that is not understood: all of it at once.
pub(super) fn read(layers: &Layers, notes: &mut Notes) -> Result<Option<FileLayer>, Error> {
    let environment = &layers.environment;
    let Some(source) = Source::find(layers, notes) else { return Ok(None) };
    let text = source.read()?;
    let problems = Problems::new(source.name());
    let said = Said::default();
    let mut shape = Shape::default();
    if let Some(root) = tree::parse(&text, &problems) {
        let reading = Reading { environment, problems: &problems };
        match vocabulary(&root) {
            Some(Vocabulary::Declarative) => declarative::read(reading, &said, &root, &mut shape),
            Some(Vocabulary::Insights) => {
                insights::read(reading, &said, &root, &mut shape, source.folder());
            }
            None => {
                let what = "this is neither an OpenTelemetry configuration nor an applicationinsights.json";
                let hint = "the first begins with file_format: \"1.0\"; the second has keys such as connectionString, \
                            role, sampling, instrumentation, preview";
                problems.error(Place::START, what, hint);
            }
        }
        source.warn_of_readers(&said.secrets(), &problems);
    }
    problems.into_result(notes)?;
    let variables =
        said.into_variables().into_iter().map(|(name, value, place)| (name, value, place.line)).collect();
    Ok(Some(FileLayer { path: source.path(), variables, shape }))
}

#[derive(Clone, Copy)]
enum Vocabulary {
    Declarative,
    Insights,
}

/// By the keys that only one of them has. One that comes from neither is complained of in the likelier one.
fn vocabulary(root: &Node) -> Option<Vocabulary> {
    let tree::Value::Map(pairs) = &root.value else { return None };
    let has = |names: &[&'static str]| pairs.iter().any(|(name, _)| names.contains(&name.text.as_str()));
    if has(&["file_format"]) {
        Some(Vocabulary::Declarative)
    } else if has(&insights::names()) {
        Some(Vocabulary::Insights)
    } else {
        has(&declarative::names()).then_some(Vocabulary::Declarative)
    }
}

/// A pair of a list such as `OTEL_RESOURCE_ATTRIBUTES`.
fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

/// Percent-encoded, but for what is harmless everywhere.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
