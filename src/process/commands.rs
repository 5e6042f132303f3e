//! Commands of Redis and its relatives, a line each, without what they are about.

/// More lines, and more words of one, are not read.
const MOST_LINES: usize = 64;
const MOST_WORDS: usize = 64;
/// Longest name of a command, in bytes.
const LONGEST: usize = 64;

/// Commands whose second word says what is done, and what shims say of several commands.
const TWO_WORDS: [&[u8]; 19] = [
    b"ACL",
    b"BATCH",
    b"CLIENT",
    b"CLUSTER",
    b"COMMAND",
    b"CONFIG",
    b"DEBUG",
    b"FUNCTION",
    b"LATENCY",
    b"MEMORY",
    b"MODULE",
    b"OBJECT",
    b"PIPELINE",
    b"PUBSUB",
    b"SCRIPT",
    b"SENTINEL",
    b"SLOWLOG",
    b"XGROUP",
    b"XINFO",
];

pub(super) fn are_of(system: &[u8]) -> bool {
    matches!(system, b"redis" | b"valkey")
}

/// The name of a command without what follows it.
pub(super) fn name(command: &[u8]) -> &[u8] {
    let end = |from: usize| {
        let rest = command.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !is_name(*byte)).unwrap_or(rest.len())
    };
    let first = end(0);
    let is_one_of_two = command.get(first) == Some(&b' ')
        && command
            .get(..first)
            .is_some_and(|name| TWO_WORDS.iter().any(|two| name.eq_ignore_ascii_case(two)));
    let end = if is_one_of_two { end(first + 1) } else { first };
    command.get(..end.min(LONGEST)).unwrap_or_default().trim_ascii_end()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Writes the commands with `?` in the place of every argument.
pub(super) fn hide(text: &[u8], out: &mut Vec<u8>) {
    for (place, line) in text.split(|byte| *byte == b'\n').take(MOST_LINES).enumerate() {
        if place > 0 {
            out.push(b'\n');
        }
        let line = line.trim_ascii();
        let name = name(line);
        out.extend_from_slice(name);
        let rest = line.get(name.len()..).unwrap_or_default();
        let words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        for word in words.take(MOST_WORDS) {
            out.extend_from_slice(if word == b"..." { b" ..." } else { b" ?" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_hidden() {
        for (text, expected) in [
            ("GET ?", "GET ?"),
            ("SET key secret EX 5", "SET ? ? ? ?"),
            ("set ? ? ...", "set ? ? ..."),
            ("CONFIG GET maxmemory", "CONFIG GET ?"),
            ("CONFIG secret\u{0}word", "CONFIG secret ?"),
            ("GET ?\nSET ? ?", "GET ?\nSET ? ?"),
            ("'secret' x", " ? ?"),
            ("  PING\t", "PING"),
            ("JSON.GET doc", "JSON.GET ?"),
            ("", ""),
        ] {
            let mut out = Vec::new();
            hide(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{text}");
        }
        let mut out = Vec::new();
        hide("x \n".repeat(100_000).as_bytes(), &mut out);
        hide("x ".repeat(100_000).as_bytes(), &mut out);
        hide("x".repeat(100_000).as_bytes(), &mut out);
        assert!(out.len() < 1000, "{}", out.len());
    }

    #[test]
    fn names() {
        for (command, expected) in [
            ("SET", "SET"),
            ("SET key value", "SET"),
            ("CONFIG GET", "CONFIG GET"),
            ("config get x", "config get"),
            ("PIPELINE GET", "PIPELINE GET"),
            ("CONFIG ", "CONFIG"),
            ("FT.SEARCH index", "FT.SEARCH"),
            ("\u{0}", ""),
        ] {
            assert_eq!(name(command.as_bytes()), expected.as_bytes(), "{command}");
        }
    }
}
