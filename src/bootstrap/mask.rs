//! Package managers repeat the URLs of their indexes, and those may hold passwords.

use crate::plain::Plain;

/// The text on one line, without what stands before the @ of a URL.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c)).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                masked.push_str("***@");
                masked.push_str(host);
            }
            None => masked.push_str(authority),
        }
        rest = tail;
    }
    masked.push_str(rest);
    Plain(masked.trim_end()).to_string()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_of_urls() {
        for (text, shown) in [
            (
                "Looking in indexes: https://me:s3cret@pypi.example/simple, http://x/",
                "Looking in indexes: https://***@pypi.example/simple, http://x/",
            ),
            ("https://token@h", "https://***@h"),
            ("from 'https://a@b:p@h/x'", "from 'https://***@h/x'"),
            ("https://h/a@b", "https://h/a@b"),
            ("plain \x1b[1m\n", "plain \\u{1b}[1m"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
