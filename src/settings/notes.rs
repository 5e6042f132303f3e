//! What reading the settings has to tell, though it goes on.

use super::Origin;
use crate::error::Error;

/// What must be told to the user, in the order in which it was found, and once.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub(super) fn into_lines(self) -> Vec<String> {
        self.0
    }

    /// Says something in the three parts of an [`Error`].
    pub(super) fn warn(&mut self, error: Error) {
        let text = error.to_string();
        if !self.0.contains(&text) {
            self.0.push(text);
        }
    }

    /// Says which pairs of a list were dropped: each of the first few, the number of the rest.
    pub(super) fn bad_pairs(&mut self, variable: &str, origin: &Origin, bad: &[(usize, &str)]) {
        const FEW: usize = 3;
        const HINT: &str = "write name=value,name=value; percent-encode commas and percent signs in values";
        for (place, why) in bad.iter().take(FEW) {
            let what = format!("{variable}: pair {place} {why} and was dropped");
            self.warn(Error::usage(what).from(origin).hint(HINT));
        }
        if let Some(more) = bad.len().checked_sub(FEW).filter(|more| *more > 0) {
            let pairs = if more == 1 { "pair was" } else { "pairs were" };
            let what = format!("{variable}: {more} more {pairs} dropped");
            self.warn(Error::usage(what).from(origin).hint(HINT));
        }
    }
}
