//! Writes JSON straight into bytes: no tree, no copy.

use std::io::Write;

/// Writes text in quotes.
pub fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    escaped(out, value);
    out.push(b'"');
}

/// Writes text in quotes, cut to `limit` UTF-16 units at a character boundary.
pub fn text_cut(out: &mut Vec<u8>, value: &str, limit: usize) {
    text(out, cut(value, limit));
}

/// The start of `value` that has at most `limit` UTF-16 units.
pub fn cut(value: &str, limit: usize) -> &str {
    // UTF-8 has never fewer bytes than UTF-16 has units.
    if value.len() <= limit {
        return value;
    }
    let mut units = 0;
    for (at, character) in value.char_indices() {
        units += character.len_utf16();
        if units > limit {
            return value.get(..at).unwrap_or_default();
        }
    }
    value
}

/// Writes a finite number; what JSON cannot say is 0, and must be kept away before.
pub fn number(out: &mut Vec<u8>, value: f64) {
    if value == value.trunc() && value.abs() < 1e15 {
        integer(out, value as i64);
    } else if value.is_finite() {
        // Into memory it cannot fail.
        let _ = serde_json::to_writer(out, &value);
    } else {
        out.push(b'0');
    }
}

pub fn integer(out: &mut Vec<u8>, value: i64) {
    let _ = write!(out, "{value}");
}

/// Writes bytes as lower-case hexadecimal digits, without quotes.
pub fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Writes the characters of text as they stand in quotes.
pub fn escaped(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let short: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        if short.is_empty() {
            out.extend_from_slice(b"\\u00");
            hex(out, &[*byte]);
        } else {
            out.extend_from_slice(short);
        }
        from = at + 1;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        for value in ["", "a\"b\\c", "\u{0}\u{1f}\n\t\r", "é🙂", "\u{7f}</script>"] {
            let mut out = Vec::new();
            text(&mut out, value);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), value);
        }
        for value in [0.0, -1.0, 1.5, 1e21, 1e-7, 123_456_789.0, f64::MAX, -0.0] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(serde_json::from_slice::<f64>(&out).unwrap(), value);
        }
    }

    #[test]
    fn cuts_at_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("ééé", 3), "ééé");
        // Two UTF-16 units each.
        assert_eq!(cut("🙂🙂", 3), "🙂");
        assert_eq!(cut("a🙂", 2), "a");
        assert_eq!(cut("x", 0), "");
    }
}
