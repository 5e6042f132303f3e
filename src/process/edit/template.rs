//! What takes the place of a match: text in which `${name}` stands for a group of the pattern, and all else for itself.

use crate::process::text::beginning;
use regex::bytes::{Captures, Regex};

/// A text that a processor makes is at most this long, or as long as it was before.
pub(super) const LONGEST: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    /// Number of a group.
    Group(usize),
}

impl Template {
    /// A name that is no group of the pattern, nor the number of one, stands for nothing.
    pub(super) fn new(text: &str, pattern: &Regex) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            pieces.push(Piece::Text(before.into()));
            let named = pattern.capture_names().position(|group| group == Some(name));
            pieces.extend(named.or_else(|| name.parse().ok()).map(Piece::Group));
            rest = behind;
        }
        pieces.push(Piece::Text(rest.into()));
        Template(pieces)
    }

    pub(super) fn write(&self, captures: &Captures<'_>, out: &mut Vec<u8>) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Group(number) => {
                    out.extend_from_slice(captures.get(*number).map_or(&[], |group| group.as_bytes()));
                }
            }
        }
    }

    /// The text with every match replaced; `None` where nothing changes.
    pub(super) fn replace_all(&self, pattern: &Regex, text: &[u8]) -> Option<Vec<u8>> {
        let mut matches = pattern.captures_iter(text).peekable();
        matches.peek()?;
        let mut out = Vec::with_capacity(text.len() + 32);
        let mut end = 0;
        for captures in matches {
            let Some(all) = captures.get(0) else { continue };
            out.extend_from_slice(text.get(end..all.start()).unwrap_or_default());
            self.write(&captures, &mut out);
            end = all.end();
            if out.len() > text.len().max(LONGEST) {
                break;
            }
        }
        if out.len() <= text.len().max(LONGEST) {
            out.extend_from_slice(text.get(end..).unwrap_or_default());
        }
        cut(&mut out, text.len().max(LONGEST));
        (out != text).then_some(out)
    }
}

/// Cuts what is longer, and leaves no half characters.
pub(super) fn cut(text: &mut Vec<u8>, longest: usize) {
    if text.len() > longest {
        text.truncate(beginning(text, longest).len());
    }
}
