//! Words of a peer, made fit for one line on a terminal.

use crate::plain::Plain;

/// Longest excerpt, in characters, before what is escaped in it.
const LONGEST: usize = 256;

/// The text on one line, shortened, with control characters escaped: what a peer answers
/// must neither move the cursor nor flood the log.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", Plain(text.get(..end).unwrap_or_default())),
        None => Plain(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped_and_length_is_bounded() {
        assert_eq!(excerpt(" a\r\nb\u{1b}[2J\u{202e}c "), "a\\r\\nb\\u{1b}[2J\\u{202e}c");
        assert_eq!(excerpt(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert_eq!(excerpt(&"é".repeat(1000)), format!("{}…", "é".repeat(LONGEST)));
    }
}
