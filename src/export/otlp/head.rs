//! Where requests go, and what is written over each of them.

use super::super::excerpt;
use super::{encode, grpc};
use crate::error::Error;
use crate::otlp::Signal;
use crate::settings::{OtlpSettings, Protocol};
use ::http::header::{self, HeaderName, HeaderValue};
use ::http::{HeaderMap, Uri};

const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-otel-run/", env!("CARGO_PKG_VERSION"));

/// Where requests go. The path of a gRPC endpoint is not used (OTLP exporter specification).
pub(super) fn uri(signal: Signal, settings: &OtlpSettings) -> Result<Uri, Error> {
    let broken = |why: &str| {
        Error::usage(format!("{why}: {}", excerpt(&settings.url)))
            .hint("an OTLP endpoint looks like http://localhost:4318 or https://host:port/path")
    };
    let uri: Uri = settings.url.parse().map_err(|_| broken("malformed OTLP endpoint"))?;
    let mut parts = uri.into_parts();
    match parts.scheme.as_ref().map(::http::uri::Scheme::as_str) {
        Some("http" | "https") => {}
        _ => return Err(broken("OTLP endpoint without http:// or https://")),
    }
    if parts.authority.as_ref().is_none_or(|authority| authority.host().is_empty()) {
        return Err(broken("OTLP endpoint without a host"));
    }
    if settings.protocol == Protocol::Grpc {
        parts.path_and_query = Some(::http::uri::PathAndQuery::from_static(signal.grpc_path()));
    }
    Uri::from_parts(parts).map_err(|_| broken("malformed OTLP endpoint"))
}

pub(super) fn place(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{}://{host}:{port}", uri.scheme_str().unwrap_or_default()),
        None => format!("{}://{host}", uri.scheme_str().unwrap_or_default()),
    }
}

/// Headers of every request: the user's, and ours, which describe the body and win.
pub(super) fn headers(settings: &OtlpSettings, encoder: encode::Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    for (name, value) in &settings.headers {
        let broken = |what: &str| {
            Error::usage(format!("{what} of the OTLP header {:?} is not allowed", excerpt(name)))
                .hint("OTEL_EXPORTER_OTLP_HEADERS is a list of name=value, percent-encoded")
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| broken("the name"))?;
        let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| broken("the value"))?;
        value.set_sensitive(true);
        if !describes_the_connection(&name) {
            headers.insert(name, value);
        }
    }
    let content_type = match settings.protocol {
        Protocol::Grpc => "application/grpc",
        Protocol::HttpProtobuf => "application/x-protobuf",
        Protocol::HttpJson => "application/json",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if settings.protocol == Protocol::Grpc {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert("grpc-timeout", grpc::timeout(settings.timeout));
    }
    if encoder.is_gzip() {
        let name = match settings.protocol {
            Protocol::Grpc => HeaderName::from_static("grpc-encoding"),
            Protocol::HttpProtobuf | Protocol::HttpJson => header::CONTENT_ENCODING,
        };
        headers.insert(name, HeaderValue::from_static("gzip"));
    }
    Ok(headers)
}

/// Headers that belong to a message or a connection and not to the user.
fn describes_the_connection(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        header::EXPECT,
    ]
    .contains(name)
}
