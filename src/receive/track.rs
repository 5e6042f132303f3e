//! Where an Azure Monitor exporter inside the target sends to, since its connection string stays
//! with us: an application that configures one must find one. What it sends comes by OTLP as
//! well, so it is taken, as far as the exporter can tell, and forgotten; and nobody watches its
//! Live Metrics.

use super::reply::Payload;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, Response};

/// Paths of the track API and of Live Metrics.
const TRACK: [&str; 2] = ["v2.1/track", "v2/track"];
const LIVE: [&str; 2] = ["QuickPulseService.svc/ping", "QuickPulseService.svc/post"];

/// There are exporters that put a second slash between endpoint and path.
fn path(head: &Parts) -> &str {
    head.uri.path().trim_start_matches('/')
}

pub(super) fn is_call(head: &Parts) -> bool {
    head.method == Method::POST && TRACK.iter().chain(&LIVE).any(|known| *known == path(head))
}

/// As many items were accepted as came; nobody watches.
pub(super) fn answer(head: &Parts) -> Response<Payload> {
    if LIVE.contains(&path(head)) {
        let mut response = Response::new(Payload::default());
        let subscribed = HeaderName::from_static("x-ms-qps-subscribed");
        response.headers_mut().insert(subscribed, HeaderValue::from_static("false"));
        return response;
    }
    let data = Bytes::from_static(b"{\"itemsReceived\":0,\"itemsAccepted\":0,\"errors\":[]}");
    let mut response = Response::new(Payload { data: Some(data), trailers: None });
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
