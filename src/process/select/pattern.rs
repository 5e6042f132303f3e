//! Regular expressions, within bounds.

use crate::settings::shape::{PATTERN_BYTES, Text};
use regex::bytes::{Regex, RegexBuilder};

/// Compiles a pattern, as every one is compiled here.
///
/// # Errors
/// It is no regular expression, or needs more than [`PATTERN_BYTES`].
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build()
}

/// A [`Text`], compiled.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Exact(String),
    Regex(Regex),
}

impl Pattern {
    pub(crate) fn new(text: &Text) -> Result<Pattern, regex::Error> {
        Ok(match text {
            Text::Exact(text) => Pattern::Exact(text.clone()),
            Text::Pattern(text) => Pattern::Regex(compile(text)?),
            Text::WholePattern(text) => Pattern::Regex(whole(text)?),
        })
    }

    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Exact(exact) => exact.as_bytes() == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Of a pattern that must match all of a text.
pub(crate) fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    compile(&format!(r"\A(?:{pattern})\z"))
}
