//! A value for clap: any text, with the words that completions offer. What is not among them
//! is judged later, where the origin of the value is known.

use crate::otlp::Signal;
use crate::settings::table::Entry;
use crate::settings::{Exporter, Kind};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use std::ffi::OsStr;

#[derive(Clone, Copy)]
pub(super) struct Words(&'static [&'static str]);

impl Words {
    /// The words of a setting; empty where anything goes.
    pub(super) fn of(entry: &Entry) -> Self {
        Words(match entry.kind {
            Kind::Choice(_, words) => words,
            Kind::Boolean | Kind::Switch => &["true", "false"],
            Kind::Exporters if entry.variable == "OTEL_METRICS_EXPORTER" => Exporter::names(Signal::Metrics),
            Kind::Exporters => Exporter::names(Signal::Traces),
            _ => &[],
        })
    }

    pub(super) fn list(self) -> &'static [&'static str] {
        self.0
    }
}

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        if self.0.is_empty() {
            return None;
        }
        Some(Box::new(self.0.iter().map(|word| PossibleValue::new(*word))))
    }
}
