//! A statement of SQL in pieces.

use super::Dialect;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword or a name.
    Word,
    /// A name in quotes.
    Quoted,
    Literal,
    /// What stands for a value: `?`, `$1`, `:name`, `@name`, `%s`, `%(name)s`.
    Placeholder,
    /// One byte, or `::`.
    Symbol,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece<'a> {
    pub(super) kind: Token,
    pub(super) text: &'a [u8],
    /// Space or a comment stands before it.
    pub(super) space: bool,
    /// A dot stands right before or behind it.
    pub(super) dotted: bool,
}

impl Piece<'_> {
    pub(super) fn is(&self, symbol: u8) -> bool {
        self.kind == Token::Symbol && self.text == [symbol]
    }
}

pub(super) struct Tokens<'a> {
    rest: &'a [u8],
    dialect: Dialect,
    /// The last piece was a dot.
    after_dot: bool,
}

/// What `\` does in a string.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    No,
    Yes,
    /// Before a quote, it may be either: the rest may be a part of the string.
    Unknown,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(sql: &'a [u8], dialect: Dialect) -> Tokens<'a> {
        Tokens { rest: sql, dialect, after_dot: false }
    }

    #[inline]
    fn at(&self, place: usize) -> Option<u8> {
        #[cfg(test)]
        steps::count(1);
        self.rest.get(place).copied()
    }

    /// The first place from `place` on where there is such a byte, or the end.
    #[inline]
    fn find(&self, place: usize, is_it: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest.get(place..).unwrap_or_default();
        let found = rest.iter().position(|byte| is_it(*byte)).unwrap_or(rest.len());
        #[cfg(test)]
        steps::count(found);
        place + found
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    /// Skips space and comments. True: there were some.
    fn space(&mut self) -> bool {
        let mut any = false;
        while let Some(length) = self.blank() {
            self.skip(length);
            any = true;
        }
        any
    }

    /// Length of the space or comment that comes next.
    fn blank(&self) -> Option<usize> {
        match (self.at(0)?, self.at(1)) {
            (b'-', Some(b'-')) => {
                // In MySQL, `1--1` is 2.
                let comment = !self.dialect.mysql || self.at(2).is_none_or(|byte| byte <= b' ');
                comment.then(|| self.until_line_end())
            }
            (b'#', _) if self.dialect.mysql || self.dialect.unknown => Some(self.until_line_end()),
            (b'/', Some(b'*')) => Some(self.block_comment()),
            (0..=b' ', _) => Some(self.find(0, |byte| byte > b' ')),
            _ => None,
        }
    }

    fn until_line_end(&self) -> usize {
        self.find(0, |byte| byte == b'\n')
    }

    fn block_comment(&self) -> usize {
        let (mut place, mut depth) = (2, 1);
        while let Some(byte) = self.at(place) {
            match (byte, self.at(place + 1)) {
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    place += 2;
                    if depth == 0 {
                        return place;
                    }
                }
                (b'/', Some(b'*')) if self.dialect.nested_comments => {
                    depth += 1;
                    place += 2;
                }
                _ => place += 1,
            }
        }
        self.rest.len()
    }

    /// Kind and length of what comes next.
    fn measure(&self) -> Option<(Token, usize)> {
        let mysql = self.dialect.mysql;
        let escapes = self.escapes();
        Some(match (self.at(0)?, self.at(1)) {
            (b'\'', _) => (Token::Literal, self.quoted(1, b'\'', escapes)),
            (b'"', _) if mysql => (Token::Literal, self.quoted(1, b'"', escapes)),
            (b'"', _) => self.quoted_name(b'"', escapes),
            (b'`', _) => self.quoted_name(b'`', Escapes::No),
            (b'[', _) if self.dialect.brackets => self.quoted_name(b']', Escapes::No),
            (b'$', Some(b'0'..=b'9')) if self.dialect.money => (Token::Literal, self.number()),
            (b'$', Some(b'0'..=b'9')) | (b'?', _) => (Token::Placeholder, self.name(1)),
            (b'$', _) => match self.dollar_quoted() {
                Some(length) => (Token::Literal, length),
                None => (Token::Symbol, 1),
            },
            (b':', Some(b':')) => (Token::Symbol, 2),
            (b':', Some(next)) if is_name(next) => (Token::Placeholder, self.name(1)),
            (b'@', Some(b'@')) => (Token::Placeholder, self.name(2)),
            (b'@', Some(next)) if is_name(next) => (Token::Placeholder, self.name(1)),
            (b'%', Some(b'(')) => match self.name(2) {
                end if self.at(end) == Some(b')') => (Token::Placeholder, self.name(end + 1)),
                _ => (Token::Symbol, 1),
            },
            (b'%', Some(b's' | b'b' | b't')) => (Token::Placeholder, 2),
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => (Token::Literal, self.number()),
            (first, _) if is_name(first) => self.word(),
            _ => (Token::Symbol, 1),
        })
    }

    fn escapes(&self) -> Escapes {
        match self.dialect {
            Dialect { mysql: true, .. } => Escapes::Yes,
            Dialect { unknown: true, .. } => Escapes::Unknown,
            _ => Escapes::No,
        }
    }

    /// Length of what is quoted, which begins at `place`. What is not closed goes on to the end.
    fn quoted(&self, place: usize, quote: u8, escapes: Escapes) -> usize {
        self.closed(place, quote, escapes).unwrap_or(self.rest.len())
    }

    /// The same, if it is closed.
    fn closed(&self, place: usize, quote: u8, escapes: Escapes) -> Option<usize> {
        let mut place = place;
        while let Some(byte) = self.at(place) {
            match byte {
                b'\\' if escapes == Escapes::Yes => place += 2,
                b'\\' if escapes == Escapes::Unknown => {
                    place += match self.at(place + 1) {
                        Some(next) if next == quote => return None,
                        Some(b'\\') => 2,
                        _ => 1,
                    }
                }
                _ if byte != quote => place += 1,
                // Twice, it is a part of what is quoted.
                _ if self.at(place + 1) == Some(quote) => place += 2,
                _ => return Some(place + 1),
            }
        }
        None
    }

    /// A name in quotes. What is not closed may be anything.
    fn quoted_name(&self, quote: u8, escapes: Escapes) -> (Token, usize) {
        match self.closed(1, quote, escapes) {
            Some(length) => (Token::Quoted, length),
            None => (Token::Literal, self.rest.len()),
        }
    }

    /// Length of `[text]'`, `(text)'`, `xtextx'` and the like, which begins at `place`.
    fn delimited(&self, place: usize) -> usize {
        let end = match self.at(place) {
            Some(b'[') => b']',
            Some(b'(') => b')',
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(other) => other,
            None => return self.rest.len(),
        };
        let mut quote = place;
        loop {
            quote = self.find(quote + 1, |byte| byte == b'\'');
            match self.at(quote) {
                Some(_) if quote > place + 1 && self.at(quote - 1) == Some(end) => return quote + 1,
                Some(_) => {}
                None => return self.rest.len(),
            }
        }
    }

    /// Length of `$$text$$` or `$tag$text$tag$`.
    fn dollar_quoted(&self) -> Option<usize> {
        if self.dialect.mysql {
            return None;
        }
        let tag = self.find(1, |byte| !is_name(byte) || byte == b'$');
        if self.at(tag) != Some(b'$') {
            return None;
        }
        let mark = self.rest.get(..=tag)?;
        let mut place = mark.len();
        loop {
            place = self.find(place, |byte| byte == b'$');
            if place == self.rest.len() {
                return Some(place);
            }
            if self.rest.get(place..)?.starts_with(mark) {
                return Some(place + mark.len());
            }
            place += 1;
        }
    }

    /// Length of the name that goes on at `place`.
    fn name(&self, place: usize) -> usize {
        self.find(place, |byte| !is_name(byte))
    }

    fn number(&self) -> usize {
        let mut place = 1;
        while let Some(byte) = self.at(place) {
            let exponent = matches!(self.at(place - 1), Some(b'e' | b'E'));
            let sign = exponent && matches!(byte, b'+' | b'-') && !matches!(self.at(1), Some(b'x' | b'X'));
            if !(is_name(byte) || byte == b'.' || sign) {
                break;
            }
            place += 1;
        }
        place
    }

    /// A word, or a string with a prefix such as `N'text'`.
    fn word(&self) -> (Token, usize) {
        let length = self.name(0);
        if length <= 2 && self.at(length) == Some(b'\'') {
            let [first, second] = [0, 1].map(|place| self.at(place).unwrap_or_default().to_ascii_lowercase());
            let delimiters = self.dialect.delimiters;
            match (first, second) {
                (b'e', b'\'') => return (Token::Literal, self.quoted(2, b'\'', Escapes::Yes)),
                (b'n' | b'b' | b'x' | b'r', b'\'') => {
                    return (Token::Literal, self.quoted(2, b'\'', self.escapes()));
                }
                (b'q', b'\'') | (b'n', b'q') if delimiters => {
                    return (Token::Literal, self.delimited(length + 1));
                }
                _ => {}
            }
        }
        (Token::Word, length)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Piece<'a>;

    #[inline]
    fn next(&mut self) -> Option<Piece<'a>> {
        let space = self.space();
        let (kind, length) = self.measure()?;
        let (text, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        let dotted = self.after_dot || rest.first() == Some(&b'.');
        self.after_dot = text == b".";
        Some(Piece { kind, text, space, dotted })
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// How many bytes were looked at, for the test that this grows as the statement does.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count(more: usize) {
        STEPS.set(STEPS.get() + more);
    }

    pub(in super::super) fn take() -> usize {
        STEPS.take()
    }
}
