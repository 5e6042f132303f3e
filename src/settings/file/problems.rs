//! What is wrong with a file: everything at once, each with its place.

use crate::error::Error;
use crate::plain::Plain;
use crate::settings::notes::Notes;
use crate::settings::table;
use std::cell::RefCell;
use std::fmt::Write;

/// Line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    pub(super) const START: Place = Place { line: 1, column: 1 };
}

/// What was found, in one file.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    found: RefCell<Found>,
}

#[derive(Debug, Default)]
struct Found {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Variables that are not set, with the line that wants them.
    missing: Vec<(String, usize)>,
    /// Keys that mean nothing here, each with the reason.
    idle: Vec<(String, usize, &'static str)>,
}

#[derive(Debug)]
struct Problem {
    place: Place,
    what: String,
    hint: String,
}

/// Errors that are shown; there may be more.
const MOST: usize = 20;

impl Problems {
    pub(super) fn new(file: impl Into<String>) -> Self {
        Problems { file: file.into(), found: RefCell::default() }
    }

    /// Something that keeps the file from being used.
    pub(super) fn error(&self, place: Place, what: impl Into<String>, hint: impl Into<String>) {
        let problem = Problem { place, what: what.into(), hint: hint.into() };
        self.found.borrow_mut().errors.push(problem);
    }

    pub(super) fn warn(&self, place: Place, what: impl Into<String>, hint: impl Into<String>) {
        let problem = Problem { place, what: what.into(), hint: hint.into() };
        self.found.borrow_mut().warnings.push(problem);
    }

    /// A variable that is not set, and counts as empty. That is usual for those that are settings themselves.
    pub(super) fn missing(&self, name: String, place: Place) {
        let mut found = self.found.borrow_mut();
        if table::find(&name).is_none() && !found.missing.iter().any(|(known, _)| *known == name) {
            found.missing.push((name, place.line));
        }
    }

    /// A key that is accepted, and does nothing.
    pub(super) fn idle(&self, key: impl Into<String>, place: Place, why: &'static str) {
        self.found.borrow_mut().idle.push((key.into(), place.line, why));
    }

    /// No error was found so far.
    pub(super) fn is_fine(&self) -> bool {
        self.found.borrow().errors.is_empty()
    }

    /// How messages name a place.
    pub(super) fn at(&self, place: Place) -> String {
        format!("{}:{}", self.file, place.line)
    }

    /// All errors as one; else the warnings go to `notes`.
    pub(super) fn into_result(self, notes: &mut Notes) -> Result<(), Error> {
        let Problems { file, found } = self;
        let Found { mut errors, warnings, missing, idle } = found.into_inner();
        if !errors.is_empty() {
            errors.sort_by_key(|problem| problem.place);
            return Err(together(&file, &errors));
        }
        for Problem { place, what, hint } in warnings {
            let mut error = Error::usage(Plain(what).to_string()).from(format!("{file}:{}", place.line));
            error.hint = Some(hint).filter(|hint| !hint.is_empty());
            notes.warn(error);
        }
        if !missing.is_empty() {
            let names: Vec<String> =
                missing.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
            notes.warn(
                Error::usage(format!("variables that are not set count as empty: {}", names.join(", ")))
                    .from(&file)
                    .hint("set them, or write ${NAME:-} where a variable may be missing"),
            );
        }
        if !idle.is_empty() {
            notes.warn(without_effect(&file, &idle));
        }
        Ok(())
    }
}

fn together(file: &str, errors: &[Problem]) -> Error {
    let mut what = match errors.len() {
        1 => "the configuration file cannot be used:".to_owned(),
        many => format!("the configuration file cannot be used, {many} things are wrong:"),
    };
    for Problem { place, what: wrong, hint } in errors.iter().take(MOST) {
        let _ = write!(what, "\n  {file}:{}:{}: {}", place.line, place.column, Plain(wrong));
        if !hint.is_empty() {
            let _ = write!(what, "\n    hint: {}", Plain(hint));
        }
    }
    if let Some(more) = errors.len().checked_sub(MOST).filter(|more| *more > 0) {
        let _ = write!(what, "\n  and {more} more");
    }
    Error::usage(what)
}

/// One line for all of them, by reason.
fn without_effect(file: &str, idle: &[(String, usize, &'static str)]) -> Error {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (key, line, why) in idle {
        let key = format!("{} (line {line})", Plain(key));
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, keys)) => keys.push(key),
            None => reasons.push((why, vec![key])),
        }
    }
    let reasons: Vec<String> =
        reasons.iter().map(|(why, keys)| format!("{}: {why}", keys.join(", "))).collect();
    Error::usage(format!("some keys have no effect here. {}", reasons.join("; "))).from(file)
}
