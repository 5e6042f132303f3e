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
}

impl Piece<'_> {
    pub(super) fn is(&self, symbol: u8) -> bool {
        self.kind == Token::Symbol && self.text == [symbol]
    }
}

pub(super) struct Tokens<'a> {
    rest: &'a [u8],
    dialect: Dialect,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(sql: &'a [u8], dialect: Dialect) -> Tokens<'a> {
        Tokens { rest: sql, dialect }
    }

    fn at(&self, place: usize) -> Option<u8> {
        self.rest.get(place).copied()
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
            (b'#', _) if self.dialect.mysql => Some(self.until_line_end()),
            (b'/', Some(b'*')) => Some(self.block_comment()),
            (0..=b' ', _) => Some(self.rest.iter().position(|byte| *byte > b' ').unwrap_or(self.rest.len())),
            _ => None,
        }
    }

    fn until_line_end(&self) -> usize {
        self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len())
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
        Some(match (self.at(0)?, self.at(1)) {
            (b'\'', _) => (Token::Literal, self.quoted(1, b'\'', mysql)),
            (b'"', _) if mysql => (Token::Literal, self.quoted(1, b'"', true)),
            (quote @ (b'"' | b'`'), _) => self.quoted_name(quote),
            (b'[', _) if self.dialect.brackets => self.quoted_name(b']'),
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

    /// Length of what is quoted, which begins at `place`. What is not closed goes on to the end.
    fn quoted(&self, place: usize, quote: u8, escapes: bool) -> usize {
        self.closed(place, quote, escapes).unwrap_or(self.rest.len())
    }

    /// The same, if it is closed.
    fn closed(&self, place: usize, quote: u8, escapes: bool) -> Option<usize> {
        let mut place = place;
        while let Some(byte) = self.at(place) {
            match byte {
                b'\\' if escapes => place += 2,
                _ if byte != quote => place += 1,
                // Twice, it is a part of what is quoted.
                _ if self.at(place + 1) == Some(quote) => place += 2,
                _ => return Some(place + 1),
            }
        }
        None
    }

    /// A name in quotes. What is not closed may be anything.
    fn quoted_name(&self, quote: u8) -> (Token, usize) {
        match self.closed(1, quote, false) {
            Some(length) => (Token::Quoted, length),
            None => (Token::Literal, self.rest.len()),
        }
    }

    /// Length of `$$text$$` or `$tag$text$tag$`.
    fn dollar_quoted(&self) -> Option<usize> {
        if self.dialect.mysql {
            return None;
        }
        let inner = self.rest.get(1..)?;
        let tag = inner.iter().position(|byte| !is_name(*byte) || *byte == b'$')?;
        if inner.get(tag) != Some(&b'$') {
            return None;
        }
        let mark = self.rest.get(..tag + 2)?;
        let mut place = mark.len();
        loop {
            let rest = self.rest.get(place..)?;
            let Some(dollar) = rest.iter().position(|byte| *byte == b'$') else {
                return Some(self.rest.len());
            };
            place += dollar;
            if self.rest.get(place..)?.starts_with(mark) {
                return Some(place + mark.len());
            }
            place += 1;
        }
    }

    /// Length of the name that goes on at `place`.
    fn name(&self, place: usize) -> usize {
        let rest = self.rest.get(place..).unwrap_or_default();
        place + rest.iter().position(|byte| !is_name(*byte)).unwrap_or(rest.len())
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
        if length == 1 && self.at(1) == Some(b'\'') {
            let prefix = self.at(0).unwrap_or_default().to_ascii_lowercase();
            if matches!(prefix, b'n' | b'b' | b'x' | b'e' | b'r') {
                let escapes = self.dialect.mysql || prefix == b'e';
                return (Token::Literal, self.quoted(2, b'\'', escapes));
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
        Some(Piece { kind, text, space })
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
