//! One request and its answer.

use super::super::excerpt;
use super::super::exchange::failure;
use super::super::https::{self, Client, Identity, Version};
use super::super::nearby::{self, read};
pub(super) use super::super::nearby::{Answered, Asked};
use super::Cause;
use crate::settings::ProxySettings;
use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

/// Longest time of one exchange. Metadata services take seconds when they are busy.
const LONGEST: Duration = Duration::from_secs(30);

/// An authority's client, for requests by the usual ways.
pub(super) fn client(proxy: Option<&ProxySettings>) -> Client<Full<Bytes>> {
    // Without files of our own, there is nothing that could be wrong with them.
    https::client(Version::Http1, https::tls(&Identity::default(), true).ok(), proxy)
}

/// Sends by `client`.
pub(super) async fn by(client: &Client<Full<Bytes>>, request: Asked) -> Result<Answered, Cause> {
    let place = place(request.uri());
    let exchange = async {
        let response = client.request(request).await.map_err(|e| failure::of_request(&e).text)?;
        read(response).await
    };
    in_time(place, exchange).await
}

/// [`nearby::send`], for messages that name the place.
pub(super) async fn nearby(request: Asked) -> Result<Answered, Cause> {
    let place = place(request.uri());
    if request.uri().scheme_str() != Some("http") {
        return Err(Cause::Unusable { what: format!("{place} is no http:// URL"), hint: None });
    }
    in_time(place, nearby::send(request)).await
}

async fn in_time(
    place: String,
    exchange: impl Future<Output = Result<Answered, String>>,
) -> Result<Answered, Cause> {
    let why = match tokio::time::timeout(LONGEST, exchange).await {
        Ok(Ok(answered)) => return Ok(answered),
        Ok(Err(why)) => why,
        Err(_) => format!("no answer within {} s", LONGEST.as_secs()),
    };
    Err(Cause::Unreachable { place, why, hint: None })
}

/// Scheme, host and port, for messages.
pub(super) fn place(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    // Nobody's password is shown.
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{host}", uri.scheme_str().unwrap_or("http"))
}

/// What an endpoint says is wrong, from the places where they say it.
pub(super) fn words(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let error = &answer["error"];
    let said =
        [&answer["error_description"], &answer["message"], &answer["Message"], &error["message"], error];
    let words = said.into_iter().find_map(|value| value.as_str().filter(|text| !text.trim().is_empty()))?;
    // What follows is for Microsoft's support.
    let words = words.split(" Trace ID:").next().unwrap_or_default();
    Some(excerpt(words.lines().next().unwrap_or_default())).filter(|words| !words.is_empty())
}

/// Pairs of a query or a form, percent-encoded (application/x-www-form-urlencoded).
#[derive(Debug, Default)]
pub(super) struct Pairs(String);

impl Pairs {
    pub(super) fn with(mut self, name: &str, value: &str) -> Pairs {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        for byte in name.bytes() {
            self.byte(byte);
        }
        self.0.push('=');
        for byte in value.bytes() {
            self.byte(byte);
        }
        self
    }

    fn byte(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            self.0.push(char::from(byte));
        } else {
            let _ = write!(self.0, "%{byte:02X}");
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_encoded() {
        let pairs = Pairs::default().with("scope", "https://m.example//.default").with("secret", "a+b &=%~é");
        assert_eq!(
            pairs.finish(),
            "scope=https%3A%2F%2Fm.example%2F%2F.default&secret=a%2Bb%20%26%3D%25~%C3%A9"
        );
    }

    #[test]
    fn words_of_all_endpoints() {
        for (body, expected) in [
            (
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret. Trace ID: 1 Correlation ID: 2"}"#,
                Some("AADSTS7000215: Invalid client secret."),
            ),
            (
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
                Some("Identity not found"),
            ),
            (r#"{"statusCode":400,"message":"No identity\nat all"}"#, Some("No identity")),
            (r#"{"error":{"code":"X","message":"No identity"}}"#, Some("No identity")),
            (r#"{"error":"invalid_scope"}"#, Some("invalid_scope")),
            (r#"{"error":""}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(words(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
