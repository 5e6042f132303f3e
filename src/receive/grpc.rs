//! OTLP/gRPC: three unary methods over HTTP/2 (gRPC specification, "gRPC over HTTP2").

use super::body::{self, append};
use super::inflate::{Coding, inflate};
use super::intake::Intake;
use super::limits::{BODY, COMPRESSED, Share};
use super::refusal::{Code, Reason, Refusal};
use super::reply::{Any, Encoding, Payload, Status};
use crate::otlp::Signal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, Version};
use http_body::Body;
use std::fmt::Display;
use std::fmt::Write;

/// Compressed flag and length of a message.
const PREFIX: usize = 5;
/// An empty message.
const EMPTY: &[u8] = &[0; PREFIX];
/// `google.rpc.RetryInfo` with a delay of one second.
const RETRY_INFO: &[u8] = &[0x0a, 0x02, 0x08, 0x01];

/// Whether the request speaks gRPC with protobuf messages. That needs HTTP/2, for its trailers.
pub(super) fn is_call(head: &Parts) -> bool {
    let name = head.headers.get(CONTENT_TYPE).map(|name| name.as_bytes()).unwrap_or_default();
    let name = name.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    head.version == Version::HTTP_2
        && [b"application/grpc".as_slice(), b"application/grpc+proto"].contains(&name)
}

/// Answers one call. Errors too have HTTP status 200 and are told in the trailers.
pub(super) async fn answer<B>(intake: &Intake, head: &Parts, body: &mut B) -> Response<Payload>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let signal = Signal::ALL.into_iter().find(|signal| signal.grpc_path() == head.uri.path());
    match take(intake, head, body, signal).await {
        Ok(()) => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from(Code::Ok as i32));
            response(Payload { data: Some(Bytes::from_static(EMPTY)), trailers: Some(trailers) })
        }
        Err(refusal) => {
            intake.count(signal, &refusal);
            refused(&refusal)
        }
    }
}

async fn take<B>(intake: &Intake, head: &Parts, body: &mut B, signal: Option<Signal>) -> Result<(), Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    intake.guard.check_site(head)?;
    intake.guard.check_token(head)?;
    let signal = signal.filter(|_| head.method == Method::POST).ok_or_else(|| {
        Refusal::new(Reason::Path, "the methods are Export of TraceService, MetricsService and LogsService")
    })?;
    let coding = head
        .headers
        .get("grpc-encoding")
        .map_or(Some(Coding::Identity), |name| Coding::parse(name.as_bytes()));
    let mut share = intake.budget.share();
    let (packed, bytes) = body::timely(message(body, &mut share)).await?;
    let bytes = match (packed, coding) {
        (false, _) => bytes,
        (true, Some(coding)) if coding != Coding::Identity => inflate(coding, bytes, &mut share).await?,
        (true, _) => {
            return Err(Refusal::new(Reason::Encoding, "the message encoding must be gzip or deflate"));
        }
    };
    intake.take(signal, Encoding::Protobuf, bytes.into(), false).await
}

/// Reads the one message of a unary call: whether it is compressed, and its bytes.
async fn message<B>(body: &mut B, share: &mut Share) -> Result<(bool, Vec<u8>), Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let (mut prefix, mut expected, mut bytes) = (Vec::with_capacity(PREFIX), None, Vec::new());
    loop {
        let mut piece = match (body::next(body).await, expected) {
            (Ok(Some(piece)), _) => piece,
            // A client that is gone has sent all that it had to say.
            (_, Some((packed, length))) if bytes.len() == length => return Ok((packed, bytes)),
            (Ok(None), _) => return Err(Refusal::new(Reason::Malformed, "the message is incomplete")),
            (Err(refusal), _) => return Err(refusal),
        };
        if expected.is_none() {
            prefix.extend_from_slice(&piece.split_to(piece.len().min(PREFIX - prefix.len())));
            expected = length(&prefix)?;
            if let Some((_, length)) = expected {
                bytes = body::room(length, share).await?;
            }
        }
        let Some((_, length)) = expected else { continue };
        if piece.len() > length - bytes.len() {
            return Err(Refusal::new(Reason::Malformed, "there is more than one message"));
        }
        append(&mut bytes, &piece, length, share)?;
    }
}

/// Whether the message is compressed, and how long it is; `None` while the prefix is
/// incomplete.
fn length(prefix: &[u8]) -> Result<Option<(bool, usize)>, Refusal> {
    let [flag, length @ ..] = prefix else { return Ok(None) };
    let Ok(length) = <[u8; 4]>::try_from(length) else { return Ok(None) };
    let (packed, most) = match flag {
        0 => (false, BODY),
        1 => (true, COMPRESSED),
        _ => return Err(Refusal::new(Reason::Malformed, "the compressed flag must be 0 or 1")),
    };
    match usize::try_from(u32::from_be_bytes(length)) {
        Ok(length) if length <= most => Ok(Some((packed, length))),
        _ => Err(body::too_large(most)),
    }
}

/// Status and message in the headers of a reply without a body; what the client may do about
/// it in `google.rpc.Status` (OTLP specification, "OTLP/gRPC Throttling").
pub(super) fn refused(refusal: &Refusal) -> Response<Payload> {
    let code = refusal.reason.code();
    let mut response = response(Payload::default());
    let headers = response.headers_mut();
    headers.insert("grpc-status", HeaderValue::from(code as i32));
    headers.extend(HeaderValue::try_from(escape(refusal.message())).map(|text| (MESSAGE, text)));
    if refusal.reason.passes() {
        let retry = Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
            value: Bytes::from_static(RETRY_INFO),
        };
        let status = Status { code: code as i32, message: refusal.message().into(), details: vec![retry] };
        let details = STANDARD_NO_PAD.encode(prost::Message::encode_to_vec(&status));
        headers.extend(HeaderValue::try_from(details).map(|text| (DETAILS, text)));
        // Where Python's SDK looks for it.
        headers.extend(HeaderValue::try_from(STANDARD_NO_PAD.encode(RETRY_INFO)).map(|text| (RETRY, text)));
    }
    response
}

const MESSAGE: http::HeaderName = http::HeaderName::from_static("grpc-message");
const RETRY: http::HeaderName = http::HeaderName::from_static("google.rpc.retryinfo-bin");
const DETAILS: http::HeaderName = http::HeaderName::from_static("grpc-status-details-bin");

fn response(payload: Payload) -> Response<Payload> {
    let mut response = Response::new(payload);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// Percent-encoding of `grpc-message`: everything but printable ASCII.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | ..b' ' | 0x7f.. => {
                let _ = write!(escaped, "%{byte:02X}");
            }
            _ => escaped.push(char::from(byte)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        assert_eq!(escape("100 % of ü"), "100 %25 of %C3%BC");
    }
}
