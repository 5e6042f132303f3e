//! The endpoint: `GET /metrics`, and nothing else.

use super::expose::{Format, expose};
use super::negotiate;
use super::store::Store;
use crate::notice;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, VARY};
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const MAX_CONNECTIONS: usize = 32;
const MAX_HEADERS: usize = 64;
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Until the request is read.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// For the whole connection, which serves one request.
const TIME: Duration = Duration::from_secs(30);
/// After an error of `accept`, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) type Shared = Arc<Mutex<Store>>;

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, store: Shared) {
    let local = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // Who finds no place waits in the socket's queue.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let store = store.clone();
                connections.spawn(async move {
                    let _ = tokio::time::timeout(TIME, connection(stream, store, local)).await;
                    drop(place);
                });
            }
            Err(e) => {
                notice::debug("prometheus-accept", &format!("prometheus: cannot accept: {e}"));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, store: Shared, local: bool) -> hyper::Result<()> {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let response = answer(&request, &store, local);
        async { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .keep_alive(false)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn answer<B>(request: &Request<B>, store: &Shared, local: bool) -> Response<Full<Bytes>> {
    if local && !asks_locally(request) {
        return refuse(
            StatusCode::FORBIDDEN,
            "this endpoint listens on loopback and answers to loopback names only\n",
        );
    }
    if request.uri().path() != "/metrics" {
        return refuse(StatusCode::NOT_FOUND, "metrics are at /metrics\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    metrics(request.headers(), store)
}

fn metrics(headers: &HeaderMap, store: &Shared) -> Response<Full<Bytes>> {
    let format = negotiate::format(headers);
    let text = {
        let now = Instant::now();
        let mut store = store.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        store.sweep(now);
        expose(&store, format, now)
    };
    let compressed = negotiate::gzip(headers).then(|| gzip(text.as_bytes()).ok()).flatten();
    let is_compressed = compressed.is_some();
    let mut response = Response::new(Full::from(compressed.unwrap_or_else(|| text.into_bytes())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(format)));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
}

fn refuse(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 8), Compression::fast());
    encoder.write_all(text)?;
    encoder.finish()
}

/// Whether the request names this machine. A page in a browser that had its own name
/// resolved to loopback names itself.
fn asks_locally<B>(request: &Request<B>) -> bool {
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let asked = request.uri().authority().cloned();
    let local = |authority: &Authority| {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    let hosts = request.headers().get_all(HOST).iter().count();
    // HTTP/1.0 needs no `Host`; browsers always send one.
    (hosts == 0 || (hosts == 1 && named.as_ref().is_some_and(local))) && asked.as_ref().is_none_or(local)
}
