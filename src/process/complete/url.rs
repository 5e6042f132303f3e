//! URLs without the credentials that stand in them (semantic conventions, `url.full` and `url.query`).

use std::borrow::Cow;

const REDACTED: &[u8] = b"REDACTED";

/// Names of query parameters whose values open something: signatures of AWS, Azure and Google.
const SECRETS: [&[u8]; 7] = [
    b"AWSAccessKeyId",
    b"Signature",
    b"sig",
    b"X-Amz-Credential",
    b"X-Amz-Security-Token",
    b"X-Amz-Signature",
    b"X-Goog-Signature",
];

/// Host and port as they stand in the URL, without user and password; with it the scheme in lower
/// case, as far as it is one that has a port of its own.
pub(super) fn authority(full: &[u8]) -> Option<(&'static [u8], &[u8])> {
    let (scheme, start, end) = parts(full)?;
    let authority = full.get(start..end)?;
    let host = authority.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
    let known = [&b"https"[..], b"http", b"wss", b"ws"];
    let scheme = known.into_iter().find(|known| scheme.eq_ignore_ascii_case(known)).unwrap_or_default();
    Some((scheme, authority.get(host..)?))
}

/// The scheme, and where the authority begins and ends.
fn parts(full: &[u8]) -> Option<(&[u8], usize, usize)> {
    let colon = full.iter().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'))?;
    let start = full.get(colon..)?.starts_with(b"://").then_some(colon + 3)?;
    Some((full.get(..colon)?, start, start + segment(full.get(start..)?)))
}

/// Length up to the next part of a URL.
fn segment(rest: &[u8]) -> usize {
    rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len())
}

/// Where user and password begin, and the `@` after them; also in what is no proper URL, since some
/// clients take `//user:password@host`, `https:/…` and `user:password@host`.
fn user(full: &[u8]) -> Option<(usize, usize)> {
    let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\' | 0..=b' ');
    let is_of_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let begin = full.iter().position(|byte| *byte > b' ')?;
    let colon = begin + full.get(begin..)?.iter().take_while(|byte| is_of_scheme(byte)).count();
    let has_scheme = full.get(colon) == Some(&b':') && full.get(colon + 1).is_some_and(is_slash);
    let after = if has_scheme { colon + 1 } else { begin };
    let rest = full.get(after..)?;
    let start = after + rest.iter().position(|byte| !is_slash(byte))?;
    let rest = full.get(start..)?;
    let at = rest.get(..segment(rest))?.iter().rposition(|byte| *byte == b'@')?;
    Some((start, start + at))
}

/// A URL without user, password and known secrets in its query.
pub(super) fn redact(full: &[u8]) -> Cow<'_, [u8]> {
    let without_user = user(full).and_then(|(start, at)| {
        Some([full.get(..start)?, REDACTED, b":", REDACTED, full.get(at..)?].concat())
    });
    let url = without_user.as_deref().unwrap_or(full);
    let Some(question) = url.iter().position(|byte| *byte == b'?') else {
        return without_user.map_or(Cow::Borrowed(full), Cow::Owned);
    };
    let (before, query) = url.split_at(question + 1);
    let end = query.iter().position(|byte| *byte == b'#').unwrap_or(query.len());
    let (query, fragment) = query.split_at(end);
    match redact_query(query) {
        Cow::Owned(query) => Cow::Owned([before, &query, fragment].concat()),
        Cow::Borrowed(_) => without_user.map_or(Cow::Borrowed(full), Cow::Owned),
    }
}

/// A query string, without its question mark, with known secrets hidden.
pub(super) fn redact_query(query: &[u8]) -> Cow<'_, [u8]> {
    if !query.split(|byte| *byte == b'&').any(|pair| secret(pair).is_some()) {
        return Cow::Borrowed(query);
    }
    let mut redacted = Vec::with_capacity(query.len());
    for (place, pair) in query.split(|byte| *byte == b'&').enumerate() {
        if place > 0 {
            redacted.push(b'&');
        }
        match secret(pair) {
            Some(value) => {
                redacted.extend_from_slice(pair.get(..value).unwrap_or_default());
                redacted.extend_from_slice(REDACTED);
            }
            None => redacted.extend_from_slice(pair),
        }
    }
    Cow::Owned(redacted)
}

/// Where the value of a secret begins. Old servers divide pairs at `;`, too; what follows may belong to it.
fn secret(pair: &[u8]) -> Option<usize> {
    let mut start = 0;
    for part in pair.split(|byte| matches!(byte, b';' | b'?')) {
        if let Some(equals) = part.iter().position(|byte| *byte == b'=')
            && part.get(..equals).is_some_and(is_secret)
        {
            return Some(start + equals + 1);
        }
        start += part.len() + 1;
    }
    None
}

/// Whether this is the name of a secret; it may be percent-encoded.
fn is_secret(name: &[u8]) -> bool {
    if !name.contains(&b'%') {
        return SECRETS.contains(&name);
    }
    SECRETS.iter().any(|secret| percent_decoded(name).eq(secret.iter().copied()))
}

fn percent_decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digit = |place: usize| rest.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        let (byte, length) = match (rest.first()?, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => ((high << 4 | low) as u8, 3),
            (byte, _, _) => (*byte, 1),
        };
        rest = rest.get(length..).unwrap_or_default();
        Some(byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden() {
        for (full, expected) in [
            ("https://h/a?b=c#d", "https://h/a?b=c#d"),
            ("https://user:word@h:8443/a", "https://REDACTED:REDACTED@h:8443/a"),
            ("https://user@h", "https://REDACTED:REDACTED@h"),
            ("https://a@b:c@h/", "https://REDACTED:REDACTED@h/"),
            ("https://h/a@b?c@d", "https://h/a@b?c@d"),
            ("https://h/?sig=abc", "https://h/?sig=REDACTED"),
            (
                "https://u:p@h?a=1&Signature=x%20y&b=2#sig=z",
                "https://REDACTED:REDACTED@h?a=1&Signature=REDACTED&b=2#sig=z",
            ),
            (
                "/path?X-Amz-Signature=1&X-Goog-Signature=2",
                "/path?X-Amz-Signature=REDACTED&X-Goog-Signature=REDACTED",
            ),
            ("https://h/?sig", "https://h/?sig"),
            ("https://h/?design=x", "https://h/?design=x"),
            ("", ""),
            ("://@", "://REDACTED:REDACTED@"),
            ("//user:word@h/a", "//REDACTED:REDACTED@h/a"),
            ("user:word@h:80/a", "REDACTED:REDACTED@h:80/a"),
            ("https:/user:word@h/", "https:/REDACTED:REDACTED@h/"),
            ("https:///user:word@h/", "https:///REDACTED:REDACTED@h/"),
            ("https:user:word@h/", "REDACTED:REDACTED@h/"),
            (r"https:\\user:word@h/", r"https:\\REDACTED:REDACTED@h/"),
            (" https://user:word@h/", " https://REDACTED:REDACTED@h/"),
            ("https://user:w%40rd@[fe80::1%25eth0]:80/", "https://REDACTED:REDACTED@[fe80::1%25eth0]:80/"),
            ("/a/user:word@h", "/a/user:word@h"),
            ("https://h/?%73ig=abc&si%67=d&%zz=e", "https://h/?%73ig=REDACTED&si%67=REDACTED&%zz=e"),
            ("https://h/?a=1;sig=abc;def&b=2", "https://h/?a=1;sig=REDACTED&b=2"),
            ("https://h/?sig=abc;a=1", "https://h/?sig=REDACTED"),
            ("https://h/?sig=a=b&sig=", "https://h/?sig=REDACTED&sig=REDACTED"),
            ("https://h/?SIG=abc", "https://h/?SIG=abc"),
            ("https://h/??sig=abc", "https://h/??sig=REDACTED"),
        ] {
            let seen = redact(full.as_bytes());
            assert_eq!(String::from_utf8_lossy(&seen), expected, "{full}");
        }
    }

    #[test]
    fn authorities() {
        for (full, expected) in [
            ("https://user:word@h:8443/a", Some(("https", "h:8443"))),
            ("HTTP://h?x", Some(("http", "h"))),
            ("unix://h", Some(("", "h"))),
            ("/a?b=http://c", None),
            ("h:80", None),
            ("", None),
        ] {
            let expected = expected.map(|(scheme, host): (&str, &str)| (scheme.as_bytes(), host.as_bytes()));
            assert_eq!(authority(full.as_bytes()), expected, "{full}");
        }
    }
}
