//! The one table of settings. Parsing, `--help`, completions, the man page, the reference
//! (`otel-run settings`), `doctor` and every "did you mean" are made from it.

mod azure;
mod batching;
mod exporters;
mod heading;
mod injection;
mod launch;
mod local;
mod metrics;
mod otlp;
mod processing;
mod program;
mod python;
mod sampling;
mod spool;

pub use heading::Heading;

use super::kind::Kind;

/// One setting: a flag and the variable that it stands for.
#[derive(Debug)]
pub struct Entry {
    pub variable: &'static str,
    /// Without the two dashes, with underscores as `opentelemetry-instrument` writes it.
    /// `None`: the setting exists as a variable only.
    pub flag: Option<&'static str>,
    pub kind: Kind,
    /// What holds when nobody says anything, in words or as a value.
    pub default: Option<&'static str>,
    pub help: &'static str,
    pub heading: Heading,
    pub consumer: Consumer,
    /// The value is never shown.
    pub secret: bool,
}

/// Who reads the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// Stays with otel-run; the program gets nothing, or a replacement.
    Launcher,
    /// Passed on unchanged.
    Target,
    Both,
}

impl Consumer {
    pub fn name(self) -> &'static str {
        match self {
            Consumer::Launcher => "otel-run",
            Consumer::Target => "program",
            Consumer::Both => "both",
        }
    }
}

/// Every setting, in the order of `--help`.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let per_signal = otlp::PER_SIGNAL.iter().flatten();
    exporters::ENTRIES.iter().chain(per_signal).chain(REST.into_iter().flatten())
}

/// What comes after the OTLP exporter's settings for each signal.
static REST: [&[Entry]; 12] = [
    otlp::MORE,
    azure::ENTRIES,
    local::ENTRIES,
    metrics::ENTRIES,
    batching::ENTRIES,
    spool::ENTRIES,
    processing::ENTRIES,
    sampling::ENTRIES,
    injection::ENTRIES,
    program::ENTRIES,
    python::ENTRIES,
    launch::ENTRIES,
];

/// The setting of this variable.
pub fn find(variable: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.variable == variable)
}

impl Entry {
    const fn new(
        heading: Heading,
        variable: &'static str,
        flag: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        let flag = if flag.is_empty() { None } else { Some(flag) };
        let consumer = Consumer::Launcher;
        Entry { variable, flag, kind, default: None, help, heading, consumer, secret: false }
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn both(mut self) -> Self {
        self.consumer = Consumer::Both;
        self
    }

    const fn target(mut self) -> Self {
        self.consumer = Consumer::Target;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Largest number of items: what fits 31 bits, as SDKs of other languages read it.
const MOST: u64 = 2_147_483_647;

const ON_OFF: Kind = Kind::Choice("on|off", &["on", "off"]);
