//! Files as a whole.

use super::*;
use crate::environment::Environment;
use crate::settings::Typed;
use crate::settings::shape::{
    Change, Item, Keys, Processor, Rate, Scalar, Source, TelemetryType, Text, Work,
};

/// What this text becomes, with these variables.
fn layer(text: &str, variables: &[(&str, &str)]) -> (Result<FileLayer, String>, Vec<String>) {
    let mut environment: Environment =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    environment.set("APPLICATIONINSIGHTS_CONFIGURATION_CONTENT", text);
    let mut notes = Notes::default();
    let read = read(&Layers::new(environment, &Typed::default()), &mut notes)
        .map_err(|error| error.to_string().replace("APPLICATIONINSIGHTS_CONFIGURATION_CONTENT", "FILE"));
    let notes = notes
        .into_lines()
        .into_iter()
        .map(|line| line.replace("APPLICATIONINSIGHTS_CONFIGURATION_CONTENT", "FILE"))
        .collect();
    (read.map(|layer| layer.expect("a file")), notes)
}

fn good(text: &str) -> FileLayer {
    let (layer, notes) = layer(text, &[]);
    assert_eq!(notes, [""; 0], "{text}");
    layer.unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn variables(text: &str) -> Vec<(String, String)> {
    good(text).variables.into_iter().map(|(name, value, _)| (name, value)).collect()
}

fn error(text: &str) -> String {
    layer(text, &[]).0.expect_err(text)
}

fn notes(text: &str) -> Vec<String> {
    let (layer, notes) = layer(text, &[]);
    layer.unwrap_or_else(|error| panic!("{error}\n{text}"));
    notes
}

mod bad;
mod declarative;
mod insights;
