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
    let rest = full.get(start..)?;
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Some((full.get(..colon)?, start, start + length))
}

/// A URL without user, password and known secrets in its query.
pub(super) fn redact(full: &[u8]) -> Cow<'_, [u8]> {
    let without_user = match parts(full) {
        Some((_, start, end)) => {
            let authority = full.get(start..end).unwrap_or_default();
            authority.iter().rposition(|byte| *byte == b'@').map(|at| {
                let host = full.get(start + at..).unwrap_or_default();
                [full.get(..start).unwrap_or_default(), REDACTED, b":", REDACTED, host].concat()
            })
        }
        None => None,
    };
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
    let is_secret = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.len() < pair.len() && SECRETS.contains(&name)
    };
    if !query.split(|byte| *byte == b'&').any(is_secret) {
        return Cow::Borrowed(query);
    }
    let mut redacted = Vec::with_capacity(query.len());
    for (place, pair) in query.split(|byte| *byte == b'&').enumerate() {
        if place > 0 {
            redacted.push(b'&');
        }
        if is_secret(pair) {
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            redacted.extend_from_slice(name);
            redacted.push(b'=');
            redacted.extend_from_slice(REDACTED);
        } else {
            redacted.extend_from_slice(pair);
        }
    }
    Cow::Owned(redacted)
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
