//! The URL of a request, whichever attributes tell it.

use super::{Found, Pattern, Subject};

/// All that may tell it: semantic conventions of today, and before.
pub(super) const KEYS: &[&str] = &[
    "url.full",
    "http.url",
    "url.path",
    "http.target",
    "url.scheme",
    "http.scheme",
    "server.address",
    "http.host",
    "net.host.name",
    "server.port",
    "net.host.port",
];

/// Whether one of the patterns is found in the URL. Who was sent a request often tells only parts of it: `scheme://host:port/path`
/// is made of them, with what is known; without a query, which may hold anything.
pub(super) fn any(subject: &impl Subject, patterns: &[Pattern]) -> bool {
    let is_match = |url: &[u8]| patterns.iter().any(|pattern| pattern.is_match(url));
    let first = |keys: [&'static str; 2]| {
        keys.into_iter().map(|key| subject.attribute(key)).find(|found| found.text().is_some())
    };
    if let Some(Found::Text(url)) = first(["url.full", "http.url"]) {
        return is_match(without_query(&url));
    }
    let Some(Found::Text(path)) = first(["url.path", "http.target"]) else { return false };
    let scheme = first(["url.scheme", "http.scheme"]);
    let host = first(["server.address", "http.host"]).or_else(|| first(["net.host.name", "net.host.name"]));
    let port = first(["server.port", "net.host.port"]);
    let text =
        |found: &'_ Option<Found<'_>>| found.as_ref().and_then(Found::text).unwrap_or_default().to_vec();
    let (scheme, host, port) = (text(&scheme), text(&host), text(&port));
    let mut url = if scheme.is_empty() { b"http".to_vec() } else { scheme };
    let usual: &[u8] = if url == b"https" { b"443" } else { b"80" };
    url.extend_from_slice(b"://");
    url.extend_from_slice(&host);
    if !port.is_empty() && port != usual && !host.contains(&b':') {
        url.push(b':');
        url.extend_from_slice(&port);
    }
    url.extend_from_slice(without_query(&path));
    is_match(&url)
}

fn without_query(url: &[u8]) -> &[u8] {
    let end = url.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(url.len());
    url.get(..end).unwrap_or_default()
}
