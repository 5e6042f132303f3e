//! Regular expressions: tried once, so that a wrong one is an error before anything starts.

use super::fields::Fields;
use crate::settings::file::problems::Place;
use crate::settings::shape::PATTERN_BYTES;
use regex::{Regex, RegexBuilder};

/// Tries a pattern; `None` if it cannot be used, and that is said.
pub(super) fn check(fields: &Fields<'_>, key: &str, pattern: &str, place: Place) -> Option<Regex> {
    match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build() {
        Ok(regex) => Some(regex),
        Err(error) => {
            let (why, hint) = explain(&error, pattern);
            fields.wrong_with(place, format!("{}: {why}: {pattern}", fields.path(key)), hint);
            None
        }
    }
}

fn explain(error: &regex::Error, pattern: &str) -> (String, &'static str) {
    if let regex::Error::CompiledTooBig(_) = error {
        return ("this pattern is too large".to_owned(), "use smaller numbers of repetitions");
    }
    let text = error.to_string();
    let why = text.lines().rev().find_map(|line| line.trim().strip_prefix("error: ")).unwrap_or(&text);
    let around = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|sign| pattern.contains(sign));
    let back = why.contains("backreference");
    let hint = if around || back {
        "patterns are matched in linear time, and know neither look-around nor back-references: use include and \
         exclude, or named groups"
    } else if why.contains("repetition operator missing expression") && pattern.starts_with('*') {
        "this is a regular expression: write .* for anything"
    } else {
        "the syntax is that of Rust's regex crate, nearly that of Java"
    };
    (format!("this is no regular expression ({why})"), hint)
}

/// Complains of names in `${...}` that are no group of the pattern.
pub(super) fn check_replacement(fields: &Fields<'_>, key: &str, regex: &Regex, replace: &str, place: Place) {
    let groups: Vec<&str> = regex.capture_names().flatten().collect();
    for part in replace.split("${").skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !groups.contains(&name) {
            let hint = match groups.as_slice() {
                [] => "the pattern has no named group: write (?<name>...)".to_owned(),
                groups => format!("its groups are {}", groups.join(", ")),
            };
            let what = format!("{}: {name} is no group of the pattern", fields.path(key));
            fields.wrong_with(place, what, &hint);
        }
    }
}
