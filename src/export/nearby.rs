//! One request to a service on the machine or next to it, and its answer.

use super::exchange::{failure, reply};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

pub(crate) type Asked = Request<Full<Bytes>>;

/// Longest answer that is read.
const LONGEST_REPLY: usize = 64 << 10;
/// Where there is no such service, its address may swallow everything.
const NEARBY: Duration = Duration::from_secs(1);

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends straight to the host, whatever proxies there are: for addresses that mean this
/// machine. HTTP without TLS. An error is told in words. There is no limit of time but for connecting.
pub(crate) async fn send(mut request: Asked) -> Result<Answered, String> {
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(80);
    if let Some(Ok(value)) = request.uri().authority().map(|a| a.as_str().parse()) {
        request.headers_mut().insert(http::header::HOST, value);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    let stream = match tokio::time::timeout(NEARBY, TcpStream::connect((host.as_str(), port))).await {
        Ok(connected) => connected.map_err(|e| format!("cannot connect: {}", failure::describe(&e)))?,
        Err(_) => return Err(format!("no connection within {} s", NEARBY.as_secs())),
    };
    let lost = |e: hyper::Error| format!("connection lost: {}", failure::describe(&e));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // Ends with the sender, which ends with this exchange.
    tokio::spawn(connection);
    read(sender.send_request(request).await.map_err(lost)?).await
}

pub(crate) async fn read(response: Response<Incoming>) -> Result<Answered, String> {
    let (head, body) = response.into_parts();
    let reply = reply::read(body, LONGEST_REPLY).await;
    match reply.end {
        reply::End::Complete => Ok(Answered { status: head.status, headers: head.headers, body: reply.body }),
        reply::End::TooLong => Err("the answer is too long".to_owned()),
        reply::End::Broken(error) => Err(failure::of_reply(&error).text),
    }
}
