//! Who may come in: those who know the token of this launch, under a name of this machine.

use super::refusal::{Reason, Refusal};
use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// The header that carries the token, on HTTP and in gRPC metadata.
pub const TOKEN_HEADER: &str = "x-otel-run-token";

/// What is checked before a body is read. Cannot be printed, for the token's sake.
pub(super) struct Guard {
    token: String,
    local: SocketAddr,
}

impl Guard {
    /// `local` is the address that the listener is bound to.
    pub(super) fn new(token: String, local: SocketAddr) -> Guard {
        Guard { token, local }
    }

    /// A web page that a browser shows can send requests to loopback, under a name that the
    /// page's owner made an alias of 127.0.0.1. It cannot choose its `Host` or `Origin`.
    pub(super) fn check_site(&self, request: &Parts) -> Result<(), Refusal> {
        let header = request.headers.get(HOST).map(|host| host.as_bytes());
        let target = request.uri.authority().map(|authority| authority.as_str().as_bytes());
        if (header.is_none() && target.is_none())
            || ![header, target].into_iter().flatten().all(|authority| self.is_ours(authority))
        {
            return Err(Refusal::new(Reason::Host, "the host must be a loopback address with our port"));
        }
        let mut origins = request.headers.get_all(ORIGIN).iter().map(|origin| origin.as_bytes());
        if !origins.all(|origin| origin.strip_prefix(b"http://").is_some_and(|host| self.is_ours(host))) {
            return Err(Refusal::new(Reason::Origin, "requests of web pages are not taken"));
        }
        Ok(())
    }

    pub(super) fn check_token(&self, request: &Parts) -> Result<(), Refusal> {
        if self.knows(&request.headers) {
            return Ok(());
        }
        Err(Refusal::new(Reason::Token, "the header x-otel-run-token is missing or wrong"))
    }

    /// Whether the token is there, once. Compares in a time that does not depend on where
    /// the tokens differ.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(TOKEN_HEADER).iter();
        match (given.next(), given.next()) {
            (Some(token), None) => token.as_bytes().ct_eq(self.token.as_bytes()).into(),
            _ => false,
        }
    }

    /// Whoever bound another address than loopback wants to be reached by names that we
    /// cannot know, and through ports that others map.
    fn is_ours(&self, authority: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(authority) else { return false };
        if authority.as_str().contains('@') {
            return false;
        }
        if !self.local.ip().is_loopback() {
            return true;
        }
        let host = authority.host();
        let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        authority.port_u16().unwrap_or(80) == self.local.port()
            && (host.eq_ignore_ascii_case("localhost")
                || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn guard(local: &str) -> Guard {
        Guard::new(TOKEN.into(), local.parse().unwrap())
    }

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn site(local: &str, uri: &str, headers: &[(&str, &str)]) -> Option<Reason> {
        guard(local).check_site(&request(uri, headers)).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn hosts_are_loopback_with_our_port() {
        for good in ["127.0.0.1:4318", "localhost:4318", "LocalHost:4318", "[::1]:4318", "127.0.0.2:4318"] {
            assert_eq!(site("127.0.0.1:4318", "/v1/traces", &[("host", good)]), None, "{good}");
        }
        let bad = [
            "127.0.0.1",
            "127.0.0.1:4317",
            "localhost",
            "evil.example:4318",
            "10.0.0.1:4318",
            "[::2]:4318",
            "localhost:4318@evil.example",
            "evil@127.0.0.1:4318",
            "127.0.0.1.evil.example:4318",
            "",
            " ",
            "localhost.:4318",
            "127.1:4318",
            "127.0.0.1:99999",
        ];
        for bad in bad {
            assert_eq!(site("127.0.0.1:4318", "/v1/traces", &[("host", bad)]), Some(Reason::Host), "{bad}");
        }
        assert_eq!(site("127.0.0.1:4318", "/v1/traces", &[]), Some(Reason::Host), "no Host at all");
    }

    #[test]
    fn a_target_with_an_authority_does_not_replace_the_host() {
        let host = [("host", "127.0.0.1:4318")];
        assert_eq!(site("127.0.0.1:4318", "http://localhost:4318/v1/traces", &host), None);
        assert_eq!(site("127.0.0.1:4318", "http://evil.example/v1/traces", &host), Some(Reason::Host));
        let evil = [("host", "evil.example")];
        assert_eq!(site("127.0.0.1:4318", "http://localhost:4318/v1/traces", &evil), Some(Reason::Host));
    }

    #[test]
    fn web_pages_of_others_are_refused() {
        let origin = |origin| site("127.0.0.1:4318", "/", &[("host", "127.0.0.1:4318"), ("origin", origin)]);
        assert_eq!(origin("http://127.0.0.1:4318"), None);
        for foreign in ["null", "", "https://evil.example", "http://localhost:8000", "http://127.0.0.1"] {
            assert_eq!(origin(foreign), Some(Reason::Origin), "{foreign}");
        }
    }

    #[test]
    fn an_open_address_is_known_by_any_name() {
        assert_eq!(site("0.0.0.0:4318", "/v1/traces", &[("host", "telemetry.internal:9000")]), None);
        assert_eq!(site("0.0.0.0:4318", "/v1/traces", &[]), Some(Reason::Host));
    }

    #[test]
    fn tokens_are_compared_exactly() {
        let token =
            |headers: &[(&str, &str)]| guard("127.0.0.1:1").check_token(&request("/", headers)).is_ok();
        assert!(token(&[(TOKEN_HEADER, TOKEN)]));
        assert!(!token(&[]));
        assert!(!token(&[(TOKEN_HEADER, "")]));
        assert!(!token(&[(TOKEN_HEADER, &TOKEN[..31])]));
        assert!(!token(&[(TOKEN_HEADER, &TOKEN.to_uppercase())]));
        assert!(!token(&[(TOKEN_HEADER, &format!("{TOKEN}0"))]));
        assert!(!token(&[(TOKEN_HEADER, TOKEN), (TOKEN_HEADER, TOKEN)]));
    }
}
