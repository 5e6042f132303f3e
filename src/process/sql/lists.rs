//! Lists of values that differ in their lengths only: `IN (?, ?, ?)`, and rows after `VALUES`.

use super::token::{Piece, Token};
use super::word::Word;

#[derive(Debug, Default)]
pub(super) struct Lists(State);

/// Places are those of the text that was written.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Elsewhere,
    /// After `IN`.
    In,
    /// Among the values after `IN`, that began at `start`.
    Values {
        start: usize,
        depth: usize,
    },
    /// After `VALUES`, or after a comma behind a row: `first` is the end of the first row.
    Rows {
        first: Option<usize>,
    },
    Row {
        first: Option<usize>,
        depth: usize,
    },
    AfterRow {
        first: usize,
    },
}

impl Lists {
    /// A piece, that is this word, was written at the end of `text`.
    pub(super) fn fold(&mut self, piece: &Piece<'_>, word: Word, text: &mut Vec<u8>) {
        self.0 = match self.0 {
            State::In if piece.is(b'(') => State::Values { start: text.len(), depth: 0 },
            State::Values { start, depth: 0 } if piece.is(b')') => {
                if text.len() > start + 1 {
                    text.truncate(start);
                    text.extend_from_slice(b"?)");
                }
                State::Elsewhere
            }
            State::Values { start, depth } if is_of_values(piece) => {
                State::Values { start, depth: nested(depth, piece) }
            }
            State::Rows { first } if piece.is(b'(') => State::Row { first, depth: 0 },
            State::Row { first, depth: 0 } if piece.is(b')') => {
                let first = first.unwrap_or(text.len());
                text.truncate(first);
                State::AfterRow { first }
            }
            State::Row { first, depth } if !piece.is(b';') => {
                State::Row { first, depth: nested(depth, piece) }
            }
            State::AfterRow { first } if piece.is(b',') => State::Rows { first: Some(first) },
            _ => match word {
                Word::In => State::In,
                Word::Values => State::Rows { first: None },
                _ => State::Elsewhere,
            },
        };
    }
}

fn nested(depth: usize, piece: &Piece<'_>) -> usize {
    if piece.is(b'(') {
        depth + 1
    } else if piece.is(b')') {
        depth.saturating_sub(1)
    } else {
        depth
    }
}

fn is_of_values(piece: &Piece<'_>) -> bool {
    match piece.kind {
        Token::Literal | Token::Placeholder => true,
        Token::Symbol => matches!(piece.text, b"," | b"(" | b")" | b"+" | b"-"),
        Token::Word | Token::Quoted => false,
    }
}
