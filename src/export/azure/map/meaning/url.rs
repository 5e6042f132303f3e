//! URLs, whole or in parts, and hosts with their ports.

use super::{Known, Slot};
use std::borrow::Cow;

/// Where an HTTP request goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Url<'a> {
    /// As given, if it was given whole.
    pub full: Option<&'a str>,
    pub scheme: &'a str,
    /// Host and port as they stand in the URL, without user and password.
    pub authority: &'a str,
    /// With its brackets, if it is an address of IPv6.
    pub host: &'a str,
    pub port: Option<u16>,
    /// `/` at least, for a URL that was given whole.
    pub path: &'a str,
    /// Without its question mark.
    pub query: &'a str,
}

impl<'a> Url<'a> {
    /// The URL of a request that came in: given whole, or made from scheme, host and path. Without one
    /// of these there is none.
    pub(super) fn received(known: &Known<'a>) -> Option<Url<'a>> {
        if let Some(url) = Url::given(known) {
            return Some(url);
        }
        let (host, port) = match known.take(Slot::ServerAddress) {
            Some(host) => with_port(host, known.port(Slot::ServerPort)),
            None => match known.take(Slot::HttpHost) {
                Some(host) => split_port(host),
                None => {
                    let host = known.take_first(&[Slot::NetHostName, Slot::HttpServerName])?;
                    with_port(host, known.port(Slot::NetHostPort))
                }
            },
        };
        Url::of_parts(known, host, port)
    }

    /// The URL of a request that went out.
    pub(super) fn sent(known: &Known<'a>) -> Option<Url<'a>> {
        if let Some(url) = Url::given(known) {
            return Some(url);
        }
        let (host, port) = match known.text(Slot::ServerAddress) {
            Some(host) => with_port(host, known.port(Slot::ServerPort)),
            None => match known.text(Slot::HttpHost) {
                Some(host) => split_port(host),
                None => (known.text(Slot::NetPeerName)?, known.port(Slot::NetPeerPort)),
            },
        };
        Url::of_parts(known, host, port)
    }

    fn given(known: &Known<'a>) -> Option<Url<'a>> {
        let url = Url::parse(known.take_first(&[Slot::UrlFull, Slot::HttpUrl])?);
        url.tell_parts(known);
        Some(url)
    }

    fn of_parts(known: &Known<'a>, host: &'a str, port: Option<u16>) -> Option<Url<'a>> {
        let scheme = known.first(&[Slot::UrlScheme, Slot::HttpScheme])?;
        let (path, query) = match known.text(Slot::UrlPath) {
            Some(path) => (path, known.text(Slot::UrlQuery).unwrap_or_default()),
            None => known.text(Slot::HttpTarget).map(split_query)?,
        };
        let url = Url { full: None, scheme, authority: "", host, port, path, query };
        url.tell_parts(known);
        Some(url)
    }

    /// Reads any text: what is not there is empty.
    fn parse(full: &'a str) -> Url<'a> {
        let (scheme, rest) = full.split_once("://").unwrap_or(("", full));
        let (authority, rest) = if scheme.is_empty() {
            ("", rest)
        } else {
            rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority);
        let (path, query) = split_query(rest);
        let path = if path.is_empty() { "/" } else { path };
        Url { full: Some(full), scheme, authority, host, port, path, query }
    }

    /// Attributes that say again what the URL says.
    fn tell_parts(&self, known: &Known<'_>) {
        let tell = |slots: &[Slot], part: &str| {
            for slot in slots.iter().filter(|slot| known.text(**slot).is_some_and(|text| text == part)) {
                known.tell(*slot);
            }
        };
        tell(&[Slot::UrlScheme, Slot::HttpScheme], self.scheme);
        tell(&[Slot::UrlPath], self.path);
        tell(&[Slot::UrlQuery], self.query);
        tell(&[Slot::ServerAddress, Slot::HttpHost, Slot::NetHostName, Slot::HttpServerName], self.host);
        if !self.authority.is_empty() {
            tell(&[Slot::HttpHost, Slot::HttpServerName], self.authority);
        }
        let port = self.port.or(default_port(self.scheme));
        for slot in [Slot::ServerPort, Slot::NetHostPort, Slot::NetPeerPort] {
            if port.is_some() && known.port(slot) == port {
                known.tell(slot);
            }
        }
        if let Some(target) = known.text(Slot::HttpTarget)
            && split_query(target) == (self.path, self.query)
        {
            known.tell(Slot::HttpTarget);
        }
    }

    /// The whole of it; the port only when it is not the scheme's own.
    pub fn text(&self) -> Cow<'a, str> {
        if let Some(full) = self.full {
            return Cow::Borrowed(full);
        }
        let mut text = String::with_capacity(
            self.scheme.len() + self.host.len() + self.path.len() + self.query.len() + 16,
        );
        text.push_str(self.scheme);
        text.push_str("://");
        push_host(&mut text, self.host, self.port.filter(|port| !is_default(self.scheme, *port)));
        if !self.path.starts_with('/') {
            text.push('/');
        }
        text.push_str(self.path);
        if !self.query.is_empty() {
            text.push('?');
            text.push_str(self.query);
        }
        Cow::Owned(text)
    }
}

/// Path and query of what follows the host; a fragment is nobody's business.
fn split_query(rest: &str) -> (&str, &str) {
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    rest.split_once('?').unwrap_or((rest, ""))
}

/// Host and port of `host`, `host:80`, `[::1]:80`, `::1`.
pub(super) fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (host, None),
        },
        _ => (authority, None),
    }
}

/// Host and port, where the port has an attribute of its own. There are instrumentations that put
/// it into the host as well.
pub(super) fn with_port(host: &str, port: Option<u16>) -> (&str, Option<u16>) {
    let (host, own) = split_port(host);
    (host, own.or(port))
}

pub(super) fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("ws") {
        Some(80)
    } else {
        None
    }
}

/// Whether the port goes without saying. Without a scheme both of HTTP do.
pub(super) fn is_default(scheme: &str, port: u16) -> bool {
    match scheme {
        "" => port == 80 || port == 443,
        scheme => default_port(scheme) == Some(port),
    }
}

/// `host`, or `host:port`.
pub(super) fn host_port<'a>(host: &'a str, port: Option<u16>) -> Cow<'a, str> {
    match port {
        None => Cow::Borrowed(host),
        port => {
            let mut text = String::with_capacity(host.len() + 8);
            push_host(&mut text, host, port);
            Cow::Owned(text)
        }
    }
}

fn push_host(text: &mut String, host: &str, port: Option<u16>) {
    // An address of IPv6.
    let bare = host.contains(':') && !host.starts_with('[');
    text.push_str(if bare { "[" } else { "" });
    text.push_str(host);
    text.push_str(if bare { "]" } else { "" });
    if let Some(port) = port {
        text.push(':');
        text.push_str(&port.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_fall_apart() {
        for (full, scheme, host, port, path, query) in [
            ("https://api.example/v1?id=3", "https", "api.example", None, "/v1", "id=3"),
            ("https://api.example", "https", "api.example", None, "/", ""),
            ("http://u:p@h:8080?a", "http", "h", Some(8080), "/", "a"),
            ("http://[::1]:80/x#f?y", "http", "[::1]", Some(80), "/x", ""),
            ("http://[::1]/", "http", "[::1]", None, "/", ""),
            ("/only/path?q", "", "", None, "/only/path", "q"),
            ("http://h:99999/", "http", "h", None, "/", ""),
            ("://", "", "", None, "/", ""),
            ("", "", "", None, "/", ""),
        ] {
            let url = Url::parse(full);
            assert_eq!(
                (url.scheme, url.host, url.port, url.path, url.query),
                (scheme, host, port, path, query),
                "{full}"
            );
        }
    }

    #[test]
    fn parts_make_a_url() {
        let url =
            Url { scheme: "http", host: "::1", port: Some(8080), path: "a", query: "", ..Url::default() };
        assert_eq!(url.text(), "http://[::1]:8080/a");
        let url =
            Url { scheme: "https", host: "h", port: Some(443), path: "/a", query: "b", ..Url::default() };
        assert_eq!(url.text(), "https://h/a?b");
    }

    #[test]
    fn a_port_is_said_once() {
        for (host, expected) in [
            ("h:8080", ("h", Some(8080))),
            ("h", ("h", Some(80))),
            ("::1", ("::1", Some(80))),
            ("[::1]:9", ("[::1]", Some(9))),
        ] {
            assert_eq!(with_port(host, Some(80)), expected);
        }
    }

    #[test]
    fn default_ports() {
        assert!(is_default("", 80) && is_default("", 443) && !is_default("", 8080));
        assert!(is_default("HTTPS", 443) && !is_default("https", 80) && !is_default("ftp", 80));
    }
}
