//! What an entry says of itself: severity, time, trace, exception. Nobody has declared a format: what is not
//! recognised without doubt is text without severity.

mod access;
mod exception;
mod json;
mod level;
mod logfmt;
mod time;
mod trace;

pub(super) use level::is_trouble;

/// Attributes of a record, at most so many.
const MOST_ATTRIBUTES: usize = 64;

/// How far a record's own time may be from when it was printed, in nanoseconds: a day.
const FAR: u64 = 86_400_000_000_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parsed {
    pub(super) body: String,
    /// 1 to 24; 0: it does not say.
    pub(super) severity: u8,
    /// The level as it was printed.
    pub(super) level: String,
    /// Nanoseconds since 1970, where it says so without doubt.
    pub(super) time: Option<u64>,
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: Option<[u8; 8]>,
    pub(super) attributes: Vec<(String, Value)>,
    /// The length of the first line without the words that a server prints behind a status and does not log.
    pub(super) without_phrase: Option<usize>,
}

impl Parsed {
    fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, Value::Text(value.into()));
    }

    fn add(&mut self, key: &str, value: Value) {
        if self.attributes.len() < MOST_ATTRIBUTES && !self.attributes.iter().any(|(known, _)| known == key) {
            self.attributes.push((key.to_owned(), value));
        }
    }

    fn level(&mut self, level: &str) {
        if let Some(severity) = level::severity(level) {
            self.severity = severity;
            level.clone_into(&mut self.level);
        }
    }
}

/// Reads an entry that was printed at `printed` (nanoseconds since 1970).
pub(super) fn parse(text: &str, printed: u64) -> Parsed {
    let mut parsed = json::parse(text).or_else(|| logfmt::parse(text)).unwrap_or_else(|| plain(text));
    if parsed.trace_id.is_none() {
        (parsed.trace_id, parsed.span_id) = trace::find(text);
    }
    exception::find(text, &mut parsed);
    parsed.time = parsed.time.filter(|time| time.abs_diff(printed) <= FAR);
    parsed
}

/// A line as people read it: it stays whole.
fn plain(text: &str) -> Parsed {
    let mut parsed = Parsed { body: text.to_owned(), ..Parsed::default() };
    let line = text.lines().next().unwrap_or_default();
    parsed.time = time::at_start(line);
    if let Some(level) = level::of_line(text) {
        parsed.level(level);
    }
    access::find(line, &mut parsed);
    parsed
}

#[cfg(test)]
mod tests;
