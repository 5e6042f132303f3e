//! OTLP out: gRPC, or HTTP with protobuf or JSON (OTLP specification 1.x).
//!
//! A parcel is [encoded](encode) once, whatever number of attempts it takes. Uncompressed
//! protobuf is not encoded at all: the bytes as received are the request's body. What the
//! peer answers is judged by [`http`] or [`grpc`]; what went wrong below is told by
//! `exchange::failure`.

mod authorized;
mod encode;
mod grpc;
mod head;
mod http;
mod json;
mod partial;

use super::entra::{Bearer, Credential};
use super::exchange::body::Chunks;
use super::exchange::failure;
use super::https::{self, Client, Identity, Version};
use super::{Exporter, Outcome, Parcel};
use crate::error::Error;
use crate::otlp::{Batch, Signal};
use crate::settings::{OtlpSettings, Protocol};
use ::http::{HeaderMap, HeaderValue, Request, Uri, header};
use encode::{Encoded, Encoder};
use hyper_util::client::legacy::connect::capture_connection;
use json::Undecodable;
use std::time::Duration;

/// Parcels below this size are encoded in place: the way to another thread and back would
/// cost more.
const IN_PLACE: usize = 16 << 10;

/// Longest reply that is read.
const LONGEST_REPLY: usize = 64 << 10;

/// Sends one signal to one OTLP endpoint.
pub struct OtlpExporter {
    protocol: Protocol,
    uri: Uri,
    /// Scheme, host and port: the destination's name in messages. No user, no path.
    place: String,
    headers: HeaderMap,
    timeout: Duration,
    by_default: bool,
    /// Gets the token that every request carries.
    credential: Option<Credential>,
    client: Client<Chunks>,
    /// `None` while it works on the blocking pool.
    encoder: Option<Encoder>,
    encoder_settings: encode::Settings,
    /// The parcel that is being retried, and what was made of it.
    kept: Option<(Vec<Batch>, Encoded)>,
    /// The last request was answered, so that a connection may be waiting in the pool.
    warm: bool,
}

impl OtlpExporter {
    /// Makes the exporter; connects to nobody yet. Needs to run within a tokio runtime only when
    /// it exports.
    ///
    /// # Errors
    /// Those of [`check`].
    pub fn new(signal: Signal, settings: &OtlpSettings) -> Result<Self, Error> {
        let entra = settings.entra.as_ref();
        let credential =
            entra.map(|entra| Credential::new(&entra.credential, &entra.audience, settings.proxy.as_ref()));
        OtlpExporter::authorized(signal, settings, credential)
    }

    /// [`OtlpExporter::new`] with a credential that others use as well, in place of the settings'.
    ///
    /// # Errors
    /// Those of [`check`].
    pub fn authorized(
        signal: Signal,
        settings: &OtlpSettings,
        credential: Option<Credential>,
    ) -> Result<Self, Error> {
        let uri = head::uri(signal, settings)?;
        let tls = match uri.scheme_str() {
            Some("https") => Some(https::tls(&identity(settings), true)?),
            _ => None,
        };
        let version = match settings.protocol {
            Protocol::Grpc => Version::Http2,
            Protocol::HttpProtobuf | Protocol::HttpJson => Version::Http1,
        };
        let encoder_settings = encode::Settings::new(settings.protocol, settings.compression);
        Ok(OtlpExporter {
            protocol: settings.protocol,
            place: head::place(&uri),
            headers: head::headers(settings, encoder_settings)?,
            uri,
            timeout: settings.timeout,
            by_default: settings.by_default,
            credential,
            client: https::client(version, tls, settings.proxy.as_ref()),
            encoder: None,
            encoder_settings,
            kept: None,
            warm: false,
        })
    }

    /// The parcel as it goes over the wire: kept from the attempt before, or made now.
    async fn encoded(&mut self, parcel: &Parcel) -> Result<Encoded, Undecodable> {
        if let Some((batches, encoded)) = &self.kept
            && same(batches, &parcel.batches)
        {
            return Ok(encoded.clone());
        }
        self.kept = None;
        if self.encoder_settings.is_identity() {
            return Ok(Encoded::untouched(&parcel.batches, self.protocol == Protocol::Grpc));
        }
        let mut encoder = self.encoder.take().unwrap_or_else(|| Encoder::new(self.encoder_settings));
        let signal = parcel.signal;
        let (encoder, encoded) = if parcel.bytes < IN_PLACE {
            let encoded = encoder.encode(signal, &parcel.batches);
            (encoder, encoded)
        } else {
            let batches = parcel.batches.clone();
            let task = tokio::task::spawn_blocking(move || {
                let encoded = encoder.encode(signal, &batches);
                (encoder, encoded)
            });
            match task.await {
                Ok(done) => done,
                Err(failed) => match failed.try_into_panic() {
                    // The sender keeps the books when an exporter panics.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is going down; nobody will see this outcome.
                    Err(_) => std::future::pending().await,
                },
            }
        };
        self.encoder = Some(encoder);
        let encoded = encoded?;
        self.kept = Some((parcel.batches.clone(), encoded.clone()));
        Ok(encoded)
    }

    /// One request and its reply, within the timeout. Getting a token first has a time of its own.
    async fn attempt(&self, encoded: &Encoded) -> Attempt {
        let Some(credential) = &self.credential else { return self.exchange(encoded, None).await };
        let bearer = match credential.token().await {
            Ok(bearer) => bearer,
            Err(error) => return Attempt::Answered(authorized::without_token(&error)),
        };
        match self.exchange(encoded, Some(&bearer)).await {
            Attempt::Answered(outcome) => Attempt::Answered(authorized::judge(outcome, credential, &bearer)),
            failed => failed,
        }
    }

    async fn exchange(&self, encoded: &Encoded, bearer: Option<&Bearer>) -> Attempt {
        let (body, sent) = Chunks::new(encoded.chunks.clone(), encoded.length);
        let mut request = Request::new(body);
        *request.method_mut() = ::http::Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(bearer) = bearer {
            request.headers_mut().insert(header::AUTHORIZATION, bearer.header());
        }
        if encoded.length == 0 {
            // Said, as RFC 9110 8.6 wants it: there are servers that refuse a request without.
            request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if self.protocol == Protocol::Grpc {
            *request.version_mut() = ::http::Version::HTTP_2;
        }
        let connection = capture_connection(&mut request);
        let exchange = async {
            let reply = self.client.request(request).await.map_err(|e| failure::of_request(&e))?;
            match self.protocol {
                Protocol::Grpc => grpc::judge(reply).await,
                Protocol::HttpProtobuf | Protocol::HttpJson => http::judge(reply).await,
            }
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(outcome)) => Attempt::Answered(outcome),
            Ok(Err(failure)) => Attempt::Failed { failure, sent: sent.all() },
            Err(_) => {
                // The next attempt must not wait behind this one on the same connection.
                if let Some(connected) = connection.connection_metadata().as_ref() {
                    connected.poison();
                }
                let failure = failure::timeout(self.timeout, sent.started());
                Attempt::Failed { failure, sent: sent.all() }
            }
        }
    }
}

/// Items that never were in the body are rejected with those that the peer did not take.
fn with_undecodable(outcome: Outcome, items: u64) -> Outcome {
    match outcome {
        Outcome::Delivered { rejected, message: None } if items > 0 => Outcome::Delivered {
            rejected: rejected.saturating_add(items),
            message: Some("malformed, cannot be written as JSON".to_owned()),
        },
        Outcome::Delivered { rejected, message } => {
            Outcome::Delivered { rejected: rejected.saturating_add(items), message }
        }
        other => other,
    }
}

enum Attempt {
    Answered(Outcome),
    Failed { failure: failure::Failure, sent: bool },
}

impl Exporter for OtlpExporter {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let encoded = match self.encoded(parcel).await {
            Ok(encoded) => encoded,
            Err(undecodable) => {
                return Outcome::Rejected {
                    reason: "cannot be encoded".to_owned(),
                    message: undecodable.to_string(),
                };
            }
        };
        let attempt = self.attempt(&encoded).await;
        let answered = matches!(attempt, Attempt::Answered(_));
        let was_warm = std::mem::replace(&mut self.warm, answered);
        let mut outcome = match attempt {
            Attempt::Answered(outcome) => with_undecodable(outcome, encoded.undecodable()),
            // A connection that was kept may have been closed by the peer just now: that says
            // nothing about the peer, a new one will.
            Attempt::Failed { failure, sent } if was_warm && failure.closed => {
                return Outcome::at_once(sent);
            }
            Attempt::Failed { failure, sent } => {
                Outcome::Retry { after: None, message: failure.text, maybe_received: sent }
            }
        };
        if let Outcome::Retry { message, .. } | Outcome::Rejected { message, .. } = &mut outcome
            && !message.is_empty()
        {
            *message = format!("{}: {message}", self.place);
        }
        if !matches!(outcome, Outcome::Retry { .. }) {
            self.kept = None;
        }
        outcome
    }

    fn by_default(&self) -> bool {
        self.by_default
    }
}

/// Finds what can be found wrong before the target is started: the URL, the headers, the
/// certificate files.
///
/// # Errors
/// Usage errors that name the file or the value.
pub fn check(settings: &OtlpSettings) -> Result<(), Error> {
    head::uri(Signal::Traces, settings)?;
    head::headers(settings, encode::Settings::new(settings.protocol, settings.compression))?;
    https::tls(&identity(settings), false).map(drop)
}

fn identity(settings: &OtlpSettings) -> Identity {
    Identity {
        authorities: settings.certificate.clone(),
        certificate: settings.client_certificate.clone(),
        key: settings.client_key.clone(),
    }
}

/// Whether two parcels are the same: the very same bytes in memory, in the same order.
fn same(one: &[Batch], other: &[Batch]) -> bool {
    let place = |batch: &Batch| (batch.bytes().as_ptr(), batch.bytes().len());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| place(a) == place(b))
}
