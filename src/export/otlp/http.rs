//! What an OTLP/HTTP reply means (OTLP specification, "OTLP/HTTP Response").

use super::super::exchange::failure::{self, Failure};
use super::super::exchange::reply::{self, End, Reply};
use super::super::exchange::retry_after;
use super::super::{Outcome, excerpt};
use super::{LONGEST_REPLY, partial};
use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use ::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use hyper::body::Incoming;
use std::time::SystemTime;

/// Reads the reply and decides. Only 429, 502, 503 and 504 are worth another attempt.
pub(super) async fn judge(response: Response<Incoming>) -> Result<Outcome, Failure> {
    let (head, body) = response.into_parts();
    let reply = reply::read(body, LONGEST_REPLY).await;
    let (status, headers) = (head.status, head.headers);
    if status.is_success() {
        return match &reply.end {
            End::Broken(error) => Err(failure::of_reply(error)),
            End::TooLong => Ok(Outcome::DELIVERED),
            End::Complete => Ok(success(&headers, reply.body)),
        };
    }
    let message = explain(status, &headers, &reply);
    if is_retryable(status) {
        let after = retry_after::of(&headers, SystemTime::now());
        return Ok(Outcome::Retry { after, message, maybe_received: false });
    }
    Ok(Outcome::Rejected { reason: format!("HTTP {}", status.as_u16()), message })
}

fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn success(headers: &HeaderMap, body: Bytes) -> Outcome {
    let Some(body) = plain(headers, body) else { return Outcome::DELIVERED };
    if is_json(headers) { partial::of_json(&body) } else { partial::of_protobuf(&body) }
}

/// `HTTP 400 Bad Request: what the peer says`.
fn explain(status: StatusCode, headers: &HeaderMap, reply: &Reply) -> String {
    let mut text = format!("HTTP {}", status.as_u16());
    if let Some(name) = status.canonical_reason() {
        text.push(' ');
        text.push_str(name);
    }
    let words = match status.as_u16() {
        300..=399 => Some(match headers.get(LOCATION).and_then(|value| value.to_str().ok()) {
            Some(location) => format!(
                "redirected to {}, which is not followed: set the endpoint to where it is",
                excerpt(location)
            ),
            None => "redirects are not followed".to_owned(),
        }),
        413 => Some("the request is larger than the destination takes".to_owned()),
        _ => words(headers, reply),
    };
    if let Some(words) = words {
        text.push_str(": ");
        text.push_str(&words);
    }
    text
}

/// The peer's own words: a status message where the reply holds one, else its text.
fn words(headers: &HeaderMap, reply: &Reply) -> Option<String> {
    let body = plain(headers, reply.body.clone())?;
    let words = if is_json(headers) {
        let status: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        status["message"].as_str().map(str::to_owned)
    } else if is(headers, "application/x-protobuf") {
        partial::status_message(&body)
    } else if is(headers, "text/html") {
        // A proxy's page: the status says as much.
        return None;
    } else {
        None
    };
    let words = words.or_else(|| std::str::from_utf8(&body).ok().map(str::to_owned))?;
    Some(excerpt(&words)).filter(|words| !words.is_empty())
}

fn plain(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Some(body),
        Some(b"gzip") => reply::gunzip(&body),
        Some(_) => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    is(headers, "application/json")
}

fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}
