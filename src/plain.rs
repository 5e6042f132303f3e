//! Text from outside, made harmless for a terminal and kept on one line.

use std::fmt::{self, Display, Write};

/// Shows control characters (C0, DEL, C1), line and paragraph separators and the controls of
/// bidirectional text as escapes.
pub(crate) struct Plain<T>(pub(crate) T);

impl<T: Display> Display for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_harmful) {
            let (plain, tail) = rest.split_at(at);
            self.0.write_str(plain)?;
            let mut characters = tail.chars();
            match characters.next() {
                Some('\n') => self.0.write_str("\\n")?,
                Some('\r') => self.0.write_str("\\r")?,
                Some('\t') => self.0.write_str("\\t")?,
                Some(other) => write!(self.0, "\\u{{{:x}}}", other as u32)?,
                None => {}
            }
            rest = characters.as_str();
        }
        self.0.write_str(rest)
    }
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::Plain;

    #[test]
    fn escapes() {
        for (text, shown) in [
            ("plain ☃ \\ text", "plain ☃ \\ text"),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
            ("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\0\x7f\u{9b}1m", "\\u{0}\\u{7f}\\u{9b}1m"),
            (
                "\u{202e}evil\u{2066}\u{200f}\u{61c}\u{2028}",
                "\\u{202e}evil\\u{2066}\\u{200f}\\u{61c}\\u{2028}",
            ),
        ] {
            assert_eq!(Plain(text).to_string(), shown);
        }
    }
}
