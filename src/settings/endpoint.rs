//! The endpoint of a destination: a URL, or for gRPC a host and a port.

use http::Uri;

/// A destination as it was written.
pub(super) struct Endpoint {
    /// `http` or `https`.
    pub(super) scheme: Option<&'static str>,
    /// Host, and port if there is one.
    pub(super) authority: String,
    pub(super) path: String,
    /// With its question mark.
    pub(super) query: String,
}

impl Endpoint {
    /// Reads `http://host:port/path`, or without the scheme; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Endpoint, &'static str> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("holds a blank");
        }
        if !text.is_ascii() {
            return Err("is not a URL");
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some("http"), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some("https"), rest),
            Some(_) => return Err("has a scheme that is neither http nor https"),
            None => (None, text),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        let after = after.split('#').next().unwrap_or_default();
        let (path, query) = after.split_at(after.find('?').unwrap_or(after.len()));
        if authority.contains('@') {
            return Err("holds a user or password");
        }
        host_and_port(authority)?;
        // hyper's own reader has the last word: what passes here can be sent to.
        let whole = format!("http://{authority}{}{query}", if path.is_empty() { "/" } else { path });
        if whole.parse::<Uri>().is_err() {
            return Err("is not a URL");
        }
        Ok(Endpoint {
            scheme,
            authority: authority.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }
}

/// Divides `host:port`, `[v6]:port`, `host`, and checks both.
fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("has an address without its \"]\"")?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "has no valid address in its brackets")?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or("is not a URL")?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err("has no host");
    }
    let port = match port {
        None => None,
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(text.parse().ok().filter(|port| *port != 0).ok_or("has no port from 1 to 65535")?)
        }
        Some(_) => return Err("has no port from 1 to 65535"),
    };
    Ok((host, port))
}

/// The port of an endpoint, if it has one.
pub(super) fn port(endpoint: &str) -> Option<u16> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    host_and_port(rest.split(['/', '?', '#']).next()?).ok()?.1
}
