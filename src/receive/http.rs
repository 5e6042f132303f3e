//! OTLP/HTTP (OTLP specification, "OTLP/HTTP Request" and "OTLP/HTTP Response").

use super::body;
use super::inflate::{CODINGS, Coding, inflate};
use super::intake::Intake;
use super::limits::{BODY, COMPRESSED};
use super::refusal::{Reason, Refusal};
use super::reply::{self, Encoding, Payload};
use crate::otlp::Signal;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, Response};
use http_body::Body;
use std::fmt::Display;

/// Built-in shims say by it that their spans are to be completed.
const SHIM: &str = "x-otel-run-shim";

/// Answers one request. What is refused before its body was read leaves `body` to the caller.
pub(super) async fn answer<B>(intake: &Intake, head: &Parts, body: &mut B) -> Response<Payload>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let encoding = Encoding::of(head.headers.get(CONTENT_TYPE));
    let signal = Signal::ALL.into_iter().find(|signal| signal.path() == head.uri.path());
    match take(intake, head, body, signal, encoding).await {
        Ok(encoding) => reply::taken(encoding),
        Err(refusal) => {
            intake.count(signal, &refusal);
            reply::refused(encoding.unwrap_or(Encoding::Json), &refusal)
        }
    }
}

async fn take<B>(
    intake: &Intake,
    head: &Parts,
    body: &mut B,
    signal: Option<Signal>,
    encoding: Option<Encoding>,
) -> Result<Encoding, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    intake.guard.check_site(head)?;
    let signal = signal
        .ok_or_else(|| Refusal::new(Reason::Path, "the paths are /v1/traces, /v1/metrics and /v1/logs"))?;
    if head.method != Method::POST {
        return Err(Refusal::new(Reason::Method, "the method must be POST"));
    }
    intake.guard.check_token(head)?;
    let encoding = encoding.ok_or_else(|| {
        let text = "the content type must be application/x-protobuf or application/json";
        Refusal::new(Reason::MediaType, text)
    })?;
    let coding = coding(head)?;
    let most = if coding == Coding::Identity { BODY } else { COMPRESSED };
    let mut share = intake.budget.share();
    let packed = body::read(body, most, &mut share).await?;
    let bytes = inflate(coding, packed, &mut share).await?;
    let raw = head.headers.get(SHIM).is_some_and(|version| version == "1");
    intake.take(signal, encoding, bytes.into(), raw).await?;
    Ok(encoding)
}

fn coding(head: &Parts) -> Result<Coding, Refusal> {
    let mut codings = head.headers.get_all(CONTENT_ENCODING).iter();
    let first = codings.next().map_or(Some(Coding::Identity), |name| Coding::parse(name.as_bytes()));
    first.filter(|_| codings.next().is_none()).ok_or_else(|| {
        Refusal::new(Reason::Encoding, format!("the content encoding must be one of {CODINGS}"))
    })
}
