//! Words of a peer, made fit for one line on a terminal.

/// Longest excerpt, in characters.
const LONGEST: usize = 256;

/// The text on one line, shortened, with control characters escaped: what a peer answers
/// must neither move the cursor nor flood the log.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.trim();
    let mut line = String::with_capacity(text.len().min(LONGEST));
    let mut room = LONGEST;
    for character in text.chars() {
        if room == 0 {
            line.push('…');
            break;
        }
        room -= 1;
        match character {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control() || is_direction(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

/// Bidirectional controls reorder what is printed around them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped_and_length_is_bounded() {
        assert_eq!(
            excerpt(" a\r\nb\u{1b}[2J\u{202e}c\u{9b}\u{7f} "),
            "a  b\\u{1b}[2J\\u{202e}c\\u{9b}\\u{7f}"
        );
        let long = excerpt(&"é".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
