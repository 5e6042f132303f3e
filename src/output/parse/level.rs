//! Levels by their names in many languages, as severity numbers (logs data model, "SeverityNumber").

/// So much of a line may come before its level, in bytes and words.
const PREFIX: usize = 160;
const WORDS: usize = 12;

/// 1 to 24.
pub(super) fn severity(level: &str) -> Option<u8> {
    const LEVELS: [(u8, &[&str]); 9] = [
        (1, &["trace", "finest", "silly", "trc"]),
        (5, &["debug", "finer", "fine", "verbose", "dbg"]),
        (9, &["info", "information", "config", "http", "inf", "log"]),
        (10, &["notice"]),
        (13, &["warn", "warning", "wrn"]),
        (17, &["error", "err", "severe", "eror"]),
        (18, &["critical", "crit"]),
        (19, &["alert"]),
        (21, &["fatal", "emerg", "emergency", "panic"]),
    ];
    let of = |(number, names): &(u8, &[&str])| {
        names.iter().any(|name| level.eq_ignore_ascii_case(name)).then_some(*number)
    };
    LEVELS.iter().find_map(of)
}

/// Whether the line tells of an error.
pub(in crate::output) fn is_trouble(line: &str) -> bool {
    of_line(line).and_then(severity).is_some_and(|severity| severity >= 13)
        || line.starts_with("Exception in thread ")
}

/// The level in the first words of a line: in capitals, or in brackets, or before a colon at the beginning. The
/// logger of Java's own library has it in the second line.
pub(super) fn of_line(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default();
    in_line(line).or_else(|| {
        let (level, _) = lines.next()?.split_once(": ")?;
        let known = ["SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST"].contains(&level);
        known.then_some(level)
    })
}

fn in_line(line: &str) -> Option<&str> {
    let end = line.char_indices().map(|(at, _)| at).find(|at| *at >= PREFIX).unwrap_or(line.len());
    let head = line.get(..end).unwrap_or_default();
    let mut at = 0;
    for word in head.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').take(2 * WORDS) {
        let (before, after) =
            (head.get(..at)?.chars().next_back(), head.get(at + word.len()..)?.chars().next());
        at += word.len() + after.map_or(0, char::len_utf8);
        if word.len() < 3 || severity(word).is_none() {
            continue;
        }
        let capitals = word.bytes().all(|byte| byte.is_ascii_uppercase());
        let bracketed = matches!((before, after), (Some('['), Some(']')) | (Some('<'), Some('>')));
        let first = before.is_none() && after == Some(':') && word != "Error";
        // A word of a sentence is none: `INFO about…` in its middle.
        let set_off = !matches!(after, None | Some('=' | '/' | '.' | '-' | '_' | '\''))
            && !matches!(before, Some('/' | '.' | '-' | '_' | '=' | '"' | '\''));
        if bracketed || first || (capitals && set_off) {
            return Some(word);
        }
    }
    None
}
