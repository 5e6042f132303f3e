//! Statements of SQL: without what they are about, and in a few words (semantic conventions,
//! "Sanitization of `db.query.text`" and "Generating a summary of the query").
//!
//! One pass from left to right, whatever the bytes are. What is not understood is passed on in the
//! text, and left out of the summary; what looks like a literal never gets through.

mod lists;
mod summary;
#[cfg(test)]
mod tests;
mod token;
mod word;

use super::text::beginning;
use lists::Lists;
use summary::Summary;
use token::{Token, Tokens};
use word::{Word, word};

/// More of a statement is not read, in bytes.
const LONGEST: usize = 32 << 10;
/// Stands for what was not read.
const MORE: &[u8] = b"...";

/// What differs between databases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dialect {
    /// `\` escapes in every string, `"` begins one, and `#` a comment.
    mysql: bool,
    /// `"` always begins a name. Elsewhere it may begin a string where no name is expected.
    strict_quotes: bool,
    /// `[` begins a name.
    brackets: bool,
    /// `$` begins an amount of money.
    money: bool,
    /// A comment may hold another.
    nested_comments: bool,
    /// `q'[text]'` is a string.
    delimiters: bool,
    /// Nobody knows: what may be hidden is hidden.
    unknown: bool,
}

impl Dialect {
    /// That of a `db.system.name`.
    pub(super) fn of(system: &[u8]) -> Dialect {
        let plain = Dialect::default();
        match system {
            b"mysql" | b"mariadb" => Dialect { mysql: true, ..plain },
            b"microsoft.sql_server" | b"mssql" => {
                Dialect { strict_quotes: true, brackets: true, money: true, nested_comments: true, ..plain }
            }
            b"sqlite" => Dialect { brackets: true, ..plain },
            b"postgresql" | b"cockroachdb" | b"aws.redshift" => {
                Dialect { strict_quotes: true, nested_comments: true, ..plain }
            }
            b"oracle.db" => Dialect { strict_quotes: true, delimiters: true, ..plain },
            _ => Dialect { delimiters: true, unknown: true, ..plain },
        }
    }
}

/// What is known of a statement. Its room is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Without literals, comments and superfluous space.
    pub(super) text: Vec<u8>,
    /// Operations and what they are done to, in their order.
    pub(super) summary: Vec<u8>,
    /// The operation, if there is one.
    pub(super) operation: Vec<u8>,
    /// What it is done to, if that is one table.
    pub(super) collection: Vec<u8>,
    pub(super) procedure: Vec<u8>,
}

impl Statement {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.summary.clear();
        self.operation.clear();
        self.collection.clear();
        self.procedure.clear();
    }

    pub(super) fn read(&mut self, sql: &[u8], dialect: Dialect) {
        let beginning = beginning(sql, LONGEST);
        let mut summary = Summary::new(self);
        let mut lists = Lists::default();
        for mut token in Tokens::new(beginning, dialect) {
            let word = if token.kind == Token::Word { word(token.text) } else { Word::Name };
            let may_be_text = match token.kind {
                Token::Word => summary.is_value(word),
                Token::Quoted => {
                    token.text.starts_with(b"\"")
                        && !(dialect.strict_quotes || token.dotted || summary.is_name())
                }
                _ => false,
            };
            if may_be_text {
                token.kind = Token::Literal;
            }
            let text = &mut summary.statement.text;
            if token.space && !text.is_empty() {
                text.push(b' ');
            }
            match token.kind {
                Token::Literal => text.push(b'?'),
                _ => text.extend_from_slice(token.text),
            }
            lists.fold(&token, word, text);
            summary.take(&token, word);
        }
        summary.finish();
        if beginning.len() < sql.len() {
            self.text.extend_from_slice(MORE);
        }
    }

    /// Says before the operation how it is done.
    pub(super) fn put_before(&mut self, word: &[u8]) {
        for part in [&mut self.summary, &mut self.operation] {
            if !part.is_empty() {
                part.splice(0..0, word.iter().copied());
            }
        }
    }
}
