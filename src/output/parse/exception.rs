//! The exception whose trace an entry holds.

use super::Parsed;

/// Adds what is known of it. The trace is the entry's text.
pub(super) fn find(text: &str, parsed: &mut Parsed) {
    let Some((line, trace)) = python(text).or_else(|| of_frames(text)) else { return };
    let (kind, message) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
    let kind = kind.trim();
    if kind.is_empty() || kind.contains(char::is_whitespace) {
        return;
    }
    parsed.text("exception.type", kind);
    parsed.text("exception.message", message);
    parsed.text("exception.stacktrace", trace);
    if parsed.severity == 0 {
        parsed.severity = 17;
    }
}

/// The last traceback's first line that is not indented.
fn python(text: &str) -> Option<(&str, &str)> {
    const BEGIN: &str = "Traceback (most recent call last):";
    let (first, last) = (text.find(BEGIN)?, text.rfind(BEGIN)?);
    let lines = text.get(last..)?.lines().skip(1);
    let line = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with([' ', '\t']))?;
    Some((line, text.get(first..)?))
}

/// The line before the first frame (`    at …`): of Java, Node.js and .NET.
fn of_frames(text: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    let mut before: Option<(usize, &str)> = None;
    for line in text.lines() {
        if line.trim_start().starts_with("at ") && line.starts_with([' ', '\t']) {
            let (start, line) = before?;
            let line = match line.strip_prefix("Exception in thread ") {
                // The thread's name is in quotes.
                Some(rest) => rest.rsplit_once("\" ").map_or(rest, |(_, line)| line),
                None => line.strip_prefix("Uncaught ").unwrap_or(line),
            };
            return Some((line, text.get(start..)?));
        }
        before = Some((start, line));
        start += line.len() + 1;
    }
    None
}
