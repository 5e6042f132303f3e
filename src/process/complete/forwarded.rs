//! Whom a request came from and whom it was meant for, by what proxies say (RFC 7239, and the
//! `X-Forwarded-*` headers that are older than it).

use std::net::{IpAddr, Ipv6Addr};

/// Longest name of a host (RFC 1035).
const LONGEST_HOST: usize = 255;

/// The first element of a `Forwarded` header: what the outermost proxy has said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Forwarded<'a> {
    pub(super) by_client: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
    pub(super) proto: Option<&'a [u8]>,
}

impl<'a> Forwarded<'a> {
    /// Reads any bytes: what cannot be read is not there.
    pub(super) fn first(header: &'a [u8]) -> Forwarded<'a> {
        let mut first = Forwarded::default();
        let mut rest = header;
        while let Some(equals) = rest.iter().position(|byte| matches!(byte, b'=' | b';' | b',')) {
            let (name, after) = rest.split_at(equals);
            let (value, after) = match after.split_first() {
                Some((b'=', after)) => value(after),
                _ => (&[][..], after),
            };
            let part = match name.trim_ascii() {
                name if name.eq_ignore_ascii_case(b"for") => &mut first.by_client,
                name if name.eq_ignore_ascii_case(b"host") => &mut first.host,
                name if name.eq_ignore_ascii_case(b"proto") => &mut first.proto,
                _ => &mut None,
            };
            if part.is_none() && !value.is_empty() {
                *part = Some(value);
            }
            match after.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b';') => rest = skip_past(after, b';'),
                // The next element, or something that is none.
                _ => break,
            }
        }
        first
    }
}

/// A token or a quoted string, and what follows it. What is escaped within quotes is no address
/// and no host.
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    match text.split_first() {
        Some((b'"', inner)) => match inner.iter().position(|byte| *byte == b'"') {
            Some(end) => (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default()),
            None => (&[], &[]),
        },
        _ => {
            let end = text.iter().position(|byte| matches!(byte, b';' | b',')).unwrap_or(text.len());
            let (value, after) = text.split_at(end);
            (value.trim_ascii(), after)
        }
    }
}

fn skip_past(text: &[u8], byte: u8) -> &[u8] {
    let place = text.iter().position(|found| *found == byte).map_or(text.len(), |place| place + 1);
    text.get(place..).unwrap_or_default()
}

/// The first element of a header that is a list.
pub(super) fn first_of(list: &[u8]) -> &[u8] {
    let first = list.split(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let unquoted = first.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    unquoted.unwrap_or(first)
}

/// The address of a client as a proxy has noted it, without brackets, port and zone. `None` for `unknown`,
/// for identifiers that hide it (`_x`), and for whatever is no address.
pub(super) fn address(node: &[u8]) -> Option<&[u8]> {
    let (host, _) = split_port(node);
    let host = without_zone(host);
    let text = std::str::from_utf8(host).ok()?;
    text.parse::<IpAddr>().is_ok().then_some(host)
}

/// Host and port of `host`, `host:80`, `[::1]:80`, `::1`; without brackets.
pub(super) fn split_port(authority: &[u8]) -> (&[u8], Option<u16>) {
    if let Some(inner) = authority.strip_prefix(b"[") {
        let end = inner.iter().position(|byte| *byte == b']').unwrap_or(inner.len());
        let after = inner.get(end + 1..).unwrap_or_default();
        return (inner.get(..end).unwrap_or_default(), after.strip_prefix(b":").and_then(port));
    }
    let mut colons = authority.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at);
    match (colons.next(), colons.next()) {
        (Some(at), None) => {
            let (host, rest) = authority.split_at(at);
            (host, rest.get(1..).and_then(port))
        }
        // None, or an address of IPv6.
        _ => (authority, None),
    }
}

/// An address of IPv6 without the name of an interface, which says nothing on other machines (RFC 6874).
fn without_zone(host: &[u8]) -> &[u8] {
    match host.iter().position(|byte| *byte == b'%') {
        Some(end) if host.contains(&b':') => host.get(..end).unwrap_or_default(),
        _ => host,
    }
}

fn port(digits: &[u8]) -> Option<u16> {
    // `parse` takes a sign, too.
    let text = digits.iter().all(u8::is_ascii_digit).then_some(digits)?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Host and port of what a request was meant for, if that can be a host: what a client says is
/// not believed to be anything.
pub(super) fn host(authority: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (host, port) = split_port(authority);
    let host = without_zone(host);
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || *byte >= 0x80;
    let is_address = || std::str::from_utf8(host).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    let valid = !host.is_empty() && host.len() <= LONGEST_HOST && (host.iter().all(is_name) || is_address());
    valid.then_some((host, port))
}

/// The scheme that the client used, where a proxy says so. `raw` is what came to the server.
pub(super) fn scheme(raw: Option<&[u8]>, said: &[u8]) -> Option<&'static [u8]> {
    let secure = [&b"https"[..], b"wss"].iter().any(|name| said.eq_ignore_ascii_case(name));
    let plain = [&b"http"[..], b"ws"].iter().any(|name| said.eq_ignore_ascii_case(name));
    // Proxies say the scheme of the handshake.
    let socket = matches!(raw, Some(b"ws" | b"wss"));
    match (secure, plain, socket) {
        (true, _, false) => Some(b"https"),
        (true, _, true) => Some(b"wss"),
        (_, true, false) => Some(b"http"),
        (_, true, true) => Some(b"ws"),
        _ => None,
    }
}

pub(super) fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme {
        b"http" | b"ws" => Some(80),
        b"https" | b"wss" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_of_forwarded() {
        for (header, client, host, proto) in [
            (r#"for=192.0.2.60;proto=http;by=203.0.113.43"#, "192.0.2.60", "", "http"),
            (r#"For="[2001:db8:cafe::17]:4711""#, "[2001:db8:cafe::17]:4711", "", ""),
            (r#"for=192.0.2.43, for=198.51.100.17;host=late"#, "192.0.2.43", "", ""),
            (r#" Host = "a.example:8080" ; PROTO=https , for=x"#, "", "a.example:8080", "https"),
            (r#"for="a;b,c";host=h"#, "a;b,c", "h", ""),
            (r#"for="unclosed;host=h"#, "", "", ""),
            (r#"for=_hidden;for=192.0.2.1"#, "_hidden", "", ""),
            ("nothing", "", "", ""),
            (",for=192.0.2.1", "", "", ""),
            (";;host=h", "", "h", ""),
            ("", "", "", ""),
        ] {
            let first = Forwarded::first(header.as_bytes());
            let text = |part: Option<&[u8]>| String::from_utf8(part.unwrap_or_default().to_vec()).unwrap();
            let seen = [text(first.by_client), text(first.host), text(first.proto)];
            assert_eq!(seen, [client, host, proto], "{header}");
        }
    }

    #[test]
    fn addresses_of_clients() {
        for (node, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[fe80::1%25eth0]:80", Some("fe80::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("192.0.2.1%eth0", None),
            ("unknown", None),
            ("_secret", None),
            ("<script>", None),
            ("192.0.2.1.5", None),
            ("", None),
            ("[", None),
        ] {
            assert_eq!(address(node.as_bytes()), expected.map(str::as_bytes), "{node}");
        }
        assert_eq!(first_of(b" \"192.0.2.1\" , 10.0.0.1"), b"192.0.2.1");
        assert_eq!(first_of(b""), b"");
    }

    #[test]
    fn hosts_and_ports() {
        for (authority, expected) in [
            ("shop.example", Some(("shop.example", None))),
            ("shop.example:8080", Some(("shop.example", Some(8080)))),
            ("[::1]:8080", Some(("::1", Some(8080)))),
            ("[fe80::1%25eth0]:80", Some(("fe80::1", Some(80)))),
            ("a%b", None),
            ("[%]", None),
            ("h:", Some(("h", None))),
            ("h:+80", Some(("h", None))),
            ("h:99999", Some(("h", None))),
            ("", None),
            ("a b", None),
            ("user@h", None),
            ("x:y:z", None),
        ] {
            let expected = expected.map(|(host, port): (&str, _)| (host.as_bytes(), port));
            assert_eq!(host(authority.as_bytes()), expected, "{authority}");
        }
        assert_eq!(host("h".repeat(300).as_bytes()), None);
    }

    #[test]
    fn schemes() {
        for (raw, said, expected) in [
            ("http", "https", Some("https")),
            ("https", "HTTP", Some("http")),
            ("ws", "https", Some("wss")),
            ("http", "gopher", None),
            ("http", "", None),
        ] {
            let seen = scheme(Some(raw.as_bytes()), said.as_bytes());
            assert_eq!(seen, expected.map(str::as_bytes), "{raw} {said}");
        }
    }
}
