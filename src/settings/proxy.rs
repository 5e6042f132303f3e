//! Proxies: `APPLICATIONINSIGHTS_PROXY` on the way to Azure, else those that programs of all kinds take
//! from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

use super::endpoint::Endpoint;
use super::notes::Notes;
use super::origin::Layers;
use super::{Complaint, HostPort, Secret};
use crate::environment::Environment;
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A proxy, and what does not go through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySettings {
    pub address: HostPort,
    /// The proxy itself is spoken to by TLS.
    pub tls: bool,
    /// Value of `Proxy-Authorization`.
    pub authorization: Option<Secret>,
    /// It is for `https` alone.
    pub https_only: bool,
    /// Hosts that are reached without it, and the domains below them; `*` is all.
    pub bypass: Vec<String>,
}

pub(super) const VARIABLE: &str = "APPLICATIONINSIGHTS_PROXY";
const FOR_HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const FOR_HTTP: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// A variable whose value cannot be used, and why.
type Bad = (&'static str, Complaint);

impl ProxySettings {
    /// Whether a request to `uri` goes through this proxy. Loopback never does.
    pub fn covers(&self, uri: &Uri) -> bool {
        let Some(host) = uri.host() else { return false };
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let bypassed = self.bypass.iter().any(|name| {
            name == "*"
                || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        !is_loopback(&host) && !bypassed && (!self.https_only || uri.scheme_str() == Some("https"))
    }
}

/// The proxy that the environment names on the way to Azure.
pub(super) fn proxy(environment: &Environment) -> Result<Option<ProxySettings>, Bad> {
    if let Some(url) = environment.setting(VARIABLE) {
        return parse(url, false, Vec::new()).map(Some).map_err(|why| (VARIABLE, why));
    }
    general(environment, true)
}

/// The proxy for a URL of an OTLP destination, which may be Azure's.
pub(super) fn for_otlp(
    environment: &Environment,
    url: &str,
    azure: bool,
) -> Result<Option<ProxySettings>, Bad> {
    let uri: Option<Uri> = url.parse().ok();
    match uri.as_ref().and_then(Uri::host) {
        Some(host) if is_loopback(host.trim_matches(['[', ']'])) => Ok(None),
        _ if azure => proxy(environment),
        _ => general(environment, url.starts_with("https:")),
    }
}

/// The proxy for any other URL that is asked. The error is the variable and what is wrong with it.
pub fn proxy_to(
    environment: &Environment,
    url: &str,
) -> Result<Option<ProxySettings>, (&'static str, String)> {
    for_otlp(environment, url, false).map_err(|(variable, complaint)| (variable, complaint.what))
}

/// The proxy, or none and a warning.
pub(super) fn usable(
    found: Result<Option<ProxySettings>, Bad>,
    layers: &Layers,
    notes: &mut Notes,
) -> Option<ProxySettings> {
    found.unwrap_or_else(|(variable, Complaint { what, hint })| {
        let what = format!("{variable}: {what}; there is no proxy");
        notes.warn(Error { hint, ..Error::usage(what).from(layers.origin(variable)) });
        None
    })
}

fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn general(environment: &Environment, https: bool) -> Result<Option<ProxySettings>, Bad> {
    let names = if https { FOR_HTTPS } else { FOR_HTTP };
    let Some((variable, url)) = names.into_iter().find_map(|name| Some((name, environment.setting(name)?)))
    else {
        return Ok(None);
    };
    let bypass = environment.setting("no_proxy").or(environment.setting("NO_PROXY")).unwrap_or_default();
    let bypass = bypass.split([',', ' ']).filter(|name| !name.is_empty());
    let bypass =
        bypass.map(|name| name.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase());
    parse(url, https, bypass.collect()).map(Some).map_err(|why| (variable, why))
}

fn parse(url: &str, https_only: bool, bypass: Vec<String>) -> Result<ProxySettings, Complaint> {
    // Of its text nothing is repeated: it may hold a password.
    let broken = |why: &str| Complaint::new(why, "write a URL such as http://user:password@proxy:8080");
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, authority),
    };
    let endpoint = Endpoint::parse(&format!("{scheme}://{host}")).map_err(broken)?;
    let tls = endpoint.scheme == Some("https");
    let uri: Uri = format!("http://{}", endpoint.authority).parse().map_err(|_| broken("is not a URL"))?;
    let address = HostPort {
        host: uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
        port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
    };
    let authorization = login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let login = [decoded(user), vec![b':'], decoded(password)].concat();
        Secret::new(format!("Basic {}", BASE64_STANDARD.encode(login)))
    });
    Ok(ProxySettings { address, tls, authorization, https_only, bypass })
}

/// Percent-decoded; what is no such sequence stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<ProxySettings> {
        proxy(&pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()).expect("a proxy")
    }

    #[test]
    fn forms() {
        for (url, address, tls, login) in [
            ("http://proxy:8080", "proxy:8080", false, None),
            ("proxy:8080/", "proxy:8080", false, None),
            ("https://proxy", "proxy:443", true, None),
            ("http://[::1]:3128", "[::1]:3128", false, None),
            ("http://me:s3cret@proxy", "proxy:80", false, Some("me:s3cret")),
            ("http://a%40b:%3a%2F%zz@proxy", "proxy:80", false, Some("a@b::/%zz")),
            ("http://me@proxy:1", "proxy:1", false, Some("me:")),
        ] {
            let proxy = of(&[(VARIABLE, url), ("HTTPS_PROXY", "http://other:1")]).expect(url);
            assert_eq!((proxy.address.to_string().as_str(), proxy.tls), (address, tls), "{url}");
            let expected = login.map(|login| Secret::new(format!("Basic {}", BASE64_STANDARD.encode(login))));
            assert_eq!(proxy.authorization, expected, "{url}");
        }
        for (url, why) in [
            ("http://", "has no host"),
            ("socks5://h:1", "has a scheme that is neither http nor https"),
            ("http://h:0", "has no port from 1 to 65535"),
            ("http://s3cret@ h", "holds a blank"),
        ] {
            let environment = [(VARIABLE.into(), url.into())].into_iter().collect();
            let (variable, complaint) = proxy(&environment).expect_err(url);
            assert_eq!((variable, complaint.what.as_str()), (VARIABLE, why), "{url}");
        }
    }

    #[test]
    fn otlp_has_its_own() {
        let environment =
            [(VARIABLE, "http://a:1"), ("https_proxy", "http://s:1"), ("HTTP_PROXY", "http://p:1")];
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        for (url, azure, host) in [
            ("https://c/v1/traces", false, "s"),
            ("http://c:4318/v1/traces", false, "p"),
            ("https://c", true, "a"),
        ] {
            let proxy = for_otlp(&environment, url, azure).expect("a proxy").expect("one");
            assert_eq!(proxy.address.host, host);
            assert!(proxy.covers(&url.parse().expect("a URL")), "{url}");
        }
    }

    #[test]
    fn what_goes_through() {
        let own = of(&[(VARIABLE, "http://p:1"), ("NO_PROXY", "*")]);
        let general = of(&[("https_proxy", "http://p:1"), ("NO_PROXY", ".corp.example, a.b,10.0.0.1,*.c.d")]);
        let all = of(&[("ALL_PROXY", "http://p:1"), ("no_proxy", "*")]);
        assert_eq!(of(&[("HTTP_PROXY", "http://p:1")]), None);
        for (uri, by_own, by_general) in [
            ("https://in.applicationinsights.azure.com/v2.1/track", true, true),
            ("http://proxied.example/", true, false),
            ("https://x.corp.example", true, false),
            ("https://corp.example:444/", true, false),
            ("https://xcorp.example/", true, true),
            ("https://A.B./", true, false),
            ("https://x.c.d/", true, false),
            ("https://10.0.0.1/", true, false),
            ("https://127.0.0.1:1/", false, false),
            ("https://[::1]/", false, false),
            ("http://localhost:1/", false, false),
        ] {
            let uri: Uri = uri.parse().expect(uri);
            let covers =
                |proxy: &Option<ProxySettings>| proxy.as_ref().is_some_and(|proxy| proxy.covers(&uri));
            assert_eq!((covers(&own), covers(&general), covers(&all)), (by_own, by_general, false), "{uri}");
        }
    }
}
