//! What went wrong below the reply, in words for the person who must repair it.

use super::super::{excerpt, resolve::LookupFailed};
use crate::settings::HostPort;
use hyper_util::client::legacy;
use rustls::CertificateError;
use std::error::Error;
use std::io;
use std::time::Duration;

/// The proxy did not lead to the destination.
#[derive(Debug, thiserror::Error)]
#[error("proxy {proxy}: {why}")]
pub(in crate::export) struct NoWay {
    pub(in crate::export) proxy: HostPort,
    pub(in crate::export) why: String,
}

/// An attempt that brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::export) struct Failure {
    pub(in crate::export) text: String,
    /// The connection was gone before a reply began.
    pub(in crate::export) closed: bool,
}

pub(in crate::export) fn timeout(after: Duration, started: bool) -> Failure {
    let what = if started { "no answer" } else { "no connection" };
    Failure { text: format!("{what} within {} s", after.as_secs_f64()), closed: false }
}

/// The request failed before a reply began.
pub(in crate::export) fn of_request(error: &legacy::Error) -> Failure {
    let text = describe(error);
    match error.is_connect() {
        true => Failure { text: format!("cannot connect: {text}"), closed: false },
        false => Failure { text: format!("connection lost: {text}"), closed: true },
    }
}

/// The reply began and did not come to its end: what the peer made of the request is in the
/// part that is missing.
pub(in crate::export) fn of_reply(error: &hyper::Error) -> Failure {
    Failure { text: format!("connection lost: {}", describe(error)), closed: false }
}

/// The innermost cause that means something to a person.
pub(in crate::export) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return excerpt(&tls_text(tls));
        }
        if let Some(lookup) = error.downcast_ref::<LookupFailed>() {
            return excerpt(&lookup.to_string());
        }
        if let Some(no_way) = error.downcast_ref::<NoWay>() {
            return excerpt(&no_way.to_string());
        }
        if let Some(text) = error.downcast_ref::<hyper::Error>().and_then(http_text) {
            return text;
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // An error that is wrapped in one of input/output is not among its sources.
            match io.get_ref() {
                _ if io.kind() == io::ErrorKind::UnexpectedEof => {
                    return "closed by the other side".to_owned();
                }
                Some(inner) => {
                    next = Some(inner);
                    text = inner.to_string();
                    continue;
                }
                None => return io_text(io),
            }
        }
        text = error.to_string();
        next = error.source();
    }
    excerpt(&text)
}

fn io_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.kind().to_string(),
        None => excerpt(&error.to_string()),
    }
}

/// What the HTTP library says itself; `None` when its cause says more.
fn http_text(error: &hyper::Error) -> Option<String> {
    let cause = error.source().map(ToString::to_string);
    let text = error.to_string();
    if error.is_parse_too_large() {
        Some("the headers of the reply are too long".to_owned())
    } else if error.is_parse() || text.starts_with("received unexpected message") {
        Some("the peer does not speak HTTP/1.1 (is this its port for gRPC?)".to_owned())
    } else if let Some(detail) =
        cause.as_ref().and_then(|text| text.strip_prefix("connection error detected: "))
    {
        Some(format!("the peer does not speak HTTP/2: {detail} (is this its port for OTLP/HTTP?)"))
    } else if cause.is_some() {
        None
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some("closed before the reply was complete".to_owned())
    } else {
        Some(excerpt(&text))
    }
}

fn tls_text(error: &rustls::Error) -> String {
    use CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            C::Expired | C::ExpiredContext { .. } => "TLS: the server's certificate has expired".to_owned(),
            C::NotValidYet | C::NotValidYetContext { .. } => {
                "TLS: the server's certificate is not valid yet".to_owned()
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => {
                "TLS: the server's certificate is for another name".to_owned()
            }
            C::UnknownIssuer => "TLS: the server's certificate is signed by an unknown authority".to_owned(),
            other => format!("TLS: the server's certificate is not accepted: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "TLS: the server does not speak TLS".to_owned(),
        other => format!("TLS: {other}"),
    }
}
