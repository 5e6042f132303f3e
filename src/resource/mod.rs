//! Where the program runs: attributes of the resource that files, variables and the metadata services of
//! clouds tell (semantic conventions, "resource").
//!
//! What is at hand is known before the first request comes. Metadata services are asked meanwhile, and
//! only on machines that look like theirs. Nothing of it goes into the program's environment: the agent
//! completes what comes (`process/enrich.rs`), so that all signals of all SDKs say the same.

mod aws;
mod azure;
mod container;
mod gcp;
mod host;
mod kubernetes;
mod metadata;
mod platforms;
mod surroundings;

pub use surroundings::Surroundings;

use crate::otlp::write::{put_int_attribute, put_text_attribute};
use crate::settings::Detector;
use std::fmt;
use std::time::Duration;

/// Longest time that metadata services are waited for, all of them side by side.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// Longest text of a value, in bytes. What is longer is no name.
const LONGEST: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Int(i64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Int(number) => write!(f, "{number}"),
        }
    }
}

/// An attribute, and who found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub key: &'static str,
    pub value: Value,
    pub detector: Detector,
}

/// What was found, each key once: the first who knows it tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(Vec<Attribute>);

impl Found {
    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.0.iter()
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
    }

    /// Each key with its encoded field. What the user says of an attribute stands above what was found.
    pub fn encoded(&self, said: &[(String, String)]) -> Vec<(&'static str, Vec<u8>)> {
        let encode = |Attribute { key, value, .. }: &Attribute| {
            let mut field = Vec::new();
            match (said.iter().rfind(|(name, _)| name == key), value) {
                (Some((_, said)), _) => put_text_attribute(&mut field, 1, key, said.as_bytes()),
                (None, Value::Text(text)) => put_text_attribute(&mut field, 1, key, text.as_bytes()),
                (None, Value::Int(number)) => put_int_attribute(&mut field, 1, key, *number),
            }
            (*key, field)
        };
        self.0.iter().map(encode).collect()
    }

    fn take(&mut self, detector: Detector, told: Told) {
        for (key, value) in told.0 {
            if self.get(key).is_none() {
                self.0.push(Attribute { key, value, detector });
            }
        }
    }
}

/// What one detector tells.
#[derive(Debug, Default)]
struct Told(Vec<(&'static str, Value)>);

impl Told {
    /// Nothing is told where there is nothing, or something that is no name.
    fn text(&mut self, key: &'static str, value: Option<impl Into<String>>) {
        let Some(value) = value.map(Into::into) else { return };
        let value = value.trim();
        if !value.is_empty() && value.len() <= LONGEST && !value.contains(char::is_control) {
            self.0.push((key, Value::Text(value.to_owned())));
        }
    }

    fn int(&mut self, key: &'static str, value: Option<i64>) {
        self.0.extend(value.map(|value| (key, Value::Int(value))));
    }
}

/// What files and variables tell. Takes less than a millisecond.
pub fn at_hand(detectors: &[Detector], surroundings: &Surroundings) -> Found {
    let mut found = Found::default();
    for detector in detectors {
        let told = match detector {
            Detector::Heroku => platforms::heroku(surroundings),
            Detector::Fly => platforms::fly(surroundings),
            Detector::Azure => azure::at_hand(surroundings),
            Detector::Aws => aws::at_hand(surroundings),
            Detector::Gcp => gcp::at_hand(surroundings),
            Detector::K8s => kubernetes::at_hand(surroundings),
            Detector::Container => container::at_hand(surroundings),
            Detector::Host => host::machine(surroundings),
            Detector::Os => host::system(surroundings),
        };
        found.take(*detector, told);
    }
    found
}

/// Adds what metadata services tell, where there are signs of one, and what was left to them and did not
/// come. Takes at most [`PATIENCE`].
pub async fn ask(detectors: &[Detector], surroundings: &Surroundings, found: &mut Found) {
    let wanted = |detector| detectors.contains(&detector);
    let answers = async {
        tokio::join!(
            async { if wanted(Detector::Azure) { azure::ask(surroundings).await } else { Told::default() } },
            async { if wanted(Detector::Aws) { aws::ask(surroundings).await } else { Told::default() } },
            async { if wanted(Detector::Gcp) { gcp::ask(surroundings).await } else { Told::default() } },
        )
    };
    if let Ok((azure, aws, gcp)) = tokio::time::timeout(PATIENCE, answers).await {
        found.take(Detector::Azure, azure);
        found.take(Detector::Aws, aws);
        found.take(Detector::Gcp, gcp);
    }
    if wanted(Detector::Host) {
        found.take(Detector::Host, host::own_id(surroundings));
    }
}

#[cfg(test)]
mod tests;
