//! Where an Azure Monitor exporter inside the target sends to, since its connection string stays
//! with us: an application that configures one must find one. What it sends comes by OTLP as
//! well, so it is taken, as far as the exporter can tell, and forgotten.

use super::reply::Payload;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Response};

/// Paths of the track API.
const PATHS: [&str; 2] = ["/v2.1/track", "/v2/track"];

pub(super) fn is_call(head: &Parts) -> bool {
    head.method == Method::POST && PATHS.contains(&head.uri.path())
}

/// As many items were accepted as came.
pub(super) fn answer() -> Response<Payload> {
    let data = Bytes::from_static(b"{\"itemsReceived\":0,\"itemsAccepted\":0,\"errors\":[]}");
    let mut response = Response::new(Payload { data: Some(data), trailers: None });
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
