//! Writes JSON straight into bytes: no tree, no copy.

/// Writes text in quotes.
#[inline]
pub fn text(out: &mut Vec<u8>, value: &str) {
    out.reserve(value.len() + 2);
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
    let mut digits = [0; 20];
    let mut from = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        from -= 1;
        digits[from] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[from..]);
}

/// Writes bytes as lower-case hexadecimal digits, without quotes.
pub fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for bytes in bytes.chunks(16) {
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.extend_from_slice(&text[..2 * bytes.len()]);
    }
}

/// How many bytes from the start stand for themselves in quotes.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The high bit of every byte that is zero, or less than a blank. A byte above a hit may be
        // taken for one too: only the lowest counts.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let hits = (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | control) & HIGH;
        if hits != 0 {
            return 8 * at + (hits.trailing_zeros() / 8) as usize;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    8 * words.len() + rest.iter().position(special).unwrap_or(rest.len())
}

/// Writes the characters of text as they stand in quotes.
#[inline]
pub fn escaped(out: &mut Vec<u8>, value: &str) {
    let mut rest = value.as_bytes();
    loop {
        let (head, tail) = rest.split_at(plain(rest));
        out.extend_from_slice(head);
        let Some((byte, tail)) = tail.split_first() else { return };
        rest = tail;
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                out.extend_from_slice(b"\\u00");
                hex(out, &[*byte]);
            }
            byte => out.extend_from_slice(&[b'\\', *byte]),
        }
    }
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
        // Each special character at each place of a word.
        for special in ["\"", "\\", "\u{1f}", "\n", "\u{80}", "é", "~", " ", "!", "["] {
            for before in 0..18 {
                let value = ["x".repeat(before), special.repeat(2), "y".repeat(9)].concat();
                let mut out = Vec::new();
                text(&mut out, &value);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), value);
            }
        }
        for value in [0, 7, -7, 10, 99, 100, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            integer(&mut out, value);
            assert_eq!(out, value.to_string().into_bytes());
        }
        for length in 0..40 {
            let mut out = Vec::new();
            hex(&mut out, &vec![0xa7; length]);
            assert_eq!(out, "a7".repeat(length).into_bytes());
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
