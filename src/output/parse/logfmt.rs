//! `level=info msg="it works" size=7`, as programs in Go write.

use super::{Parsed, level, time, trace};

pub(super) fn parse(text: &str) -> Option<Parsed> {
    if text.contains('\n') || !(text.contains("level=") || text.contains("lvl=")) {
        return None;
    }
    let mut parsed = Parsed::default();
    let mut message = None;
    for (key, value) in pairs(text)? {
        match key {
            "level" | "lvl" | "severity" if level::severity(&value).is_some() => parsed.level(&value),
            "msg" | "message" if message.is_none() => message = Some(value),
            "time" | "ts" | "timestamp" | "t" if time::at_start(&value).is_some() => {
                parsed.time = time::at_start(&value);
            }
            "trace_id" | "traceID" | "traceId" if trace::id::<16>(&value).is_some() => {
                parsed.trace_id = trace::id(&value);
            }
            "span_id" | "spanID" | "spanId" if trace::id::<8>(&value).is_some() => {
                parsed.span_id = trace::id(&value);
            }
            key => parsed.text(key, value),
        }
    }
    if parsed.severity == 0 {
        return None;
    }
    parsed.body = message?;
    Some(parsed)
}

/// All of the line, or nothing.
fn pairs(text: &str) -> Option<Vec<(&str, String)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        if key.is_empty() || key.contains(|c: char| c.is_whitespace() || c == '"') {
            return None;
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (value, after) = after.split_once(' ').unwrap_or((after, ""));
                (value.to_owned(), after)
            }
        };
        pairs.push((key, value));
        rest = after.trim_start();
    }
    Some(pairs)
}

/// The text before the closing quote, and what stands behind it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                c => value.push(c),
            },
            c => value.push(c),
        }
    }
    None
}
