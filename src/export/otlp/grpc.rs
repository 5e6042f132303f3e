//! OTLP/gRPC by hand: one unary call over HTTP/2 (gRPC over HTTP/2 protocol), and what its
//! status means (OTLP specification, "OTLP/gRPC Response").

use super::super::exchange::failure::{self, Failure};
use super::super::exchange::reply::{self, End, Reply};
use super::super::{Outcome, excerpt};
use super::{LONGEST_REPLY, partial};
use crate::otlp::wire::Value;
use ::http::{HeaderMap, HeaderValue, Response, StatusCode};
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use hyper::body::Incoming;
use std::time::Duration;

/// Length of the prefix of a message.
pub(super) const PREFIX: usize = 5;

/// Compressed flag and length (32 bits, big endian). Longer messages cannot be sent; no
/// queue is as large.
pub(super) fn prefix(compressed: bool, length: u64) -> [u8; PREFIX] {
    let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [u8::from(compressed), a, b, c, d]
}

/// The value of `grpc-timeout`: at most eight digits and a unit.
pub(super) fn timeout(timeout: Duration) -> HeaderValue {
    let text = match timeout.as_millis() {
        millis @ 0..=99_999_999 => format!("{millis}m"),
        _ => format!("{}S", timeout.as_secs().min(99_999_999)),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("10S"))
}

/// Reads the reply and decides.
pub(super) async fn judge(response: Response<Incoming>) -> Result<Outcome, Failure> {
    let (head, body) = response.into_parts();
    // A reply without a body carries the status among its headers.
    if let Some(code) = code(&head.headers) {
        return Ok(of_status(code, &head.headers, || Outcome::DELIVERED));
    }
    if head.status != StatusCode::OK {
        return Ok(of_http(head.status));
    }
    let is_grpc =
        head.headers.get("content-type").is_some_and(|v| v.as_bytes().starts_with(b"application/grpc"));
    let reply = reply::read(body, LONGEST_REPLY).await;
    let status = reply.trailers.as_ref().and_then(|trailers| Some((code(trailers)?, trailers)));
    let why = match (&reply.end, status) {
        (_, Some((code, trailers))) => {
            return Ok(of_status(code, trailers, || success(&head.headers, &reply)));
        }
        (End::Broken(error), None) => return Err(failure::of_reply(error)),
        (End::TooLong, None) => "the reply is too long",
        (End::Complete, None) if is_grpc => "the reply has no status",
        (End::Complete, None) => "the reply is not gRPC",
    };
    Ok(rejected(Code::UNKNOWN, why))
}

/// A gRPC status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code(u32);

impl Code {
    const OK: Code = Code(0);
    const UNKNOWN: Code = Code(2);
    const RESOURCE_EXHAUSTED: Code = Code(8);

    fn name(self) -> &'static str {
        const NAMES: [&str; 17] = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        NAMES.get(self.0 as usize).copied().unwrap_or("UNKNOWN")
    }

    /// CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS.
    fn is_retryable(self) -> bool {
        matches!(self.0, 1 | 4 | 10 | 11 | 14 | 15)
    }

    /// The code that a status of HTTP stands for when something on the way has answered.
    fn of_http(status: StatusCode) -> Code {
        Code(match status.as_u16() {
            400 => 13,
            401 => 16,
            403 => 7,
            404 => 12,
            429 | 502 | 503 | 504 => 14,
            _ => 2,
        })
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    let value = headers.get("grpc-status")?;
    // A status that is no number is a failure nobody can name.
    Some(value.to_str().ok().and_then(|text| text.parse().ok()).map_or(Code::UNKNOWN, Code))
}

fn of_status(code: Code, headers: &HeaderMap, success: impl FnOnce() -> Outcome) -> Outcome {
    if code == Code::OK {
        return success();
    }
    let message =
        headers.get("grpc-message").map(|value| percent_decoded(value.as_bytes())).unwrap_or_default();
    let after = headers.get("grpc-status-details-bin").and_then(|value| retry_delay(value.as_bytes()));
    if code.is_retryable() || (code == Code::RESOURCE_EXHAUSTED && after.is_some()) {
        let after = after.filter(|delay| !delay.is_zero());
        return Outcome::Retry { after, message: text(code, &message), maybe_received: false };
    }
    rejected(code, &message)
}

fn of_http(status: StatusCode) -> Outcome {
    let code = Code::of_http(status);
    let message = format!("HTTP {} instead of gRPC", status.as_u16());
    if code.is_retryable() {
        return Outcome::Retry { after: None, message: text(code, &message), maybe_received: false };
    }
    rejected(code, &message)
}

fn rejected(code: Code, message: &str) -> Outcome {
    Outcome::Rejected { reason: format!("gRPC {}", code.name()), message: text(code, message) }
}

/// `gRPC INVALID_ARGUMENT: what the peer says`.
fn text(code: Code, message: &str) -> String {
    match excerpt(message) {
        empty if empty.is_empty() => format!("gRPC {}", code.name()),
        message => format!("gRPC {}: {message}", code.name()),
    }
}

/// The one message of the reply, if it can be read.
fn success(headers: &HeaderMap, reply: &Reply) -> Outcome {
    let Some((prefix, rest)) = reply.body.split_first_chunk::<PREFIX>() else { return Outcome::DELIVERED };
    let [compressed, length @ ..] = *prefix;
    let Some(message) = rest.get(..u32::from_be_bytes(length) as usize) else { return Outcome::DELIVERED };
    let message = match (compressed, headers.get("grpc-encoding").map(HeaderValue::as_bytes)) {
        (0, _) => Some(Bytes::copy_from_slice(message)),
        (1, Some(b"gzip")) => reply::gunzip(message),
        _ => None,
    };
    message.map_or(Outcome::DELIVERED, |message| partial::of_protobuf(&message))
}

/// Undoes the percent-encoding of `grpc-message`; what is not valid stays as it is.
fn percent_decoded(value: &[u8]) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%'
            && let (Some(high), Some(low)) = (hex(tail.first()), hex(tail.get(1)))
        {
            bytes.push((high * 16 + low) as u8);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The delay of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status`.
fn retry_delay(details: &[u8]) -> Option<Duration> {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let status = BASE64.decode(details).ok()?;
    let mut delay = None;
    partial::each(&status, |number, value| {
        if let (3, Value::Bytes(any)) = (number, value) {
            delay = delay.or_else(|| retry_info(any));
        }
    })?;
    delay
}

/// `Any { type_url = 1; value = 2 }` around `RetryInfo { retry_delay = 1 }` around
/// `Duration { seconds = 1; nanos = 2 }`.
fn retry_info(any: &[u8]) -> Option<Duration> {
    let (mut is_retry_info, mut info): (bool, &[u8]) = (false, &[]);
    partial::each(any, |number, value| match (number, value) {
        (1, Value::Bytes(url)) => is_retry_info = url.ends_with(b"/google.rpc.RetryInfo"),
        (2, Value::Bytes(value)) => info = value,
        _ => {}
    })?;
    if !is_retry_info {
        return None;
    }
    let (mut seconds, mut nanos) = (0, 0);
    partial::each(info, |number, value| {
        if let (1, Value::Bytes(duration)) = (number, value) {
            let _ = partial::each(duration, |number, value| match (number, value) {
                (1, Value::Varint(value)) => seconds = value,
                (2, Value::Varint(value)) => nanos = value,
                _ => {}
            });
        }
    })?;
    // Negative numbers are large ones here. They are no delay, and yet the peer says: retry.
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    match (i64::try_from(seconds), nanos) {
        (Ok(_), Some(nanos)) => Some(Duration::new(seconds, nanos)),
        _ => Some(Duration::ZERO),
    }
}
