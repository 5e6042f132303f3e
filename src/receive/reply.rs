//! Replies in the encoding of their request, and the error body that OTLP asks for:
//! `google.rpc.Status` (OTLP specification, "OTLP/HTTP Response").

use super::refusal::{Reason, Refusal};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use prost::Message;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The encodings of OTLP/HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    /// By media type; its parameters do not matter.
    pub(super) fn of(content_type: Option<&HeaderValue>) -> Option<Encoding> {
        let name = content_type?.to_str().ok()?.split(';').next()?.trim();
        if name.eq_ignore_ascii_case("application/x-protobuf") {
            Some(Encoding::Protobuf)
        } else if name.eq_ignore_ascii_case("application/json") {
            Some(Encoding::Json)
        } else {
            None
        }
    }

    fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        })
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    pub(super) type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) value: Bytes,
}

/// A reply's body: at most one piece of data, at most one set of trailers.
#[derive(Debug, Default)]
pub(super) struct Payload {
    pub(super) data: Option<Bytes>,
    pub(super) trailers: Option<HeaderMap>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

/// Everything was taken: an empty `Export*ServiceResponse`.
pub(super) fn taken(encoding: Encoding) -> Response<Payload> {
    let data = match encoding {
        Encoding::Protobuf => None,
        Encoding::Json => Some(Bytes::from_static(b"{}")),
    };
    let mut response = Response::new(Payload { data, trailers: None });
    response.headers_mut().insert(CONTENT_TYPE, encoding.media_type());
    response
}

/// Nothing was taken.
pub(super) fn refused(encoding: Encoding, refusal: &Refusal) -> Response<Payload> {
    let (code, message) = (refusal.reason.code() as i32, refusal.message());
    let data = match encoding {
        Encoding::Protobuf => Status { code, message: message.into(), details: Vec::new() }.encode_to_vec(),
        Encoding::Json => serde_json::json!({ "code": code, "message": message }).to_string().into_bytes(),
    };
    let mut response = Response::new(Payload { data: Some(data.into()), trailers: None });
    *response.status_mut() = refusal.reason.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, encoding.media_type());
    let more = match refusal.reason {
        Reason::Method => Some((ALLOW, "POST")),
        Reason::Encoding => Some((ACCEPT_ENCODING, super::inflate::CODINGS)),
        Reason::Full | Reason::Crowded => Some((RETRY_AFTER, "1")),
        Reason::Token => Some((WWW_AUTHENTICATE, super::guard::TOKEN_HEADER)),
        _ => None,
    };
    headers.extend(more.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
