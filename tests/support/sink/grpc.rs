//! OTLP/gRPC over HTTP/2.

use super::script::{Point, Reply, Step};
use super::{State, Stream};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(super) async fn serve(start: [u8; 3], stream: impl Stream, connection: usize, state: Arc<State>) {
    let (close, reset) = (CancellationToken::new(), CancellationToken::new());
    let service = service_fn(|request: http::Request<Incoming>| {
        let (state, close, reset) = (state.clone(), close.clone(), reset.clone());
        async move { Ok::<_, Infallible>(answer(request, connection, &state, &close, &reset).await) }
    });
    let io = TokioIo::new(Prefixed { start: start.to_vec(), stream, reset: reset.clone() });
    let mut serving = Box::pin(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service),
    );
    tokio::select! {
        _ = &mut serving => {}
        () = close.cancelled() => {}
        () = reset.cancelled() => {}
    }
}

async fn answer(
    request: http::Request<Incoming>,
    connection: usize,
    state: &State,
    close: &CancellationToken,
    reset: &CancellationToken,
) -> Response<Body> {
    let step = state.step();
    if step.point() == Some(Point::Headers) {
        return fail(&step, close, reset).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return std::future::pending().await };
    let body = body.to_bytes();
    let length = u32::from_be_bytes(body[1..5].try_into().expect("a prefix")) as usize;
    assert_eq!(body.len(), length + 5, "one message");
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let gzip = headers.iter().any(|(name, value)| name == "grpc-encoding" && value == "gzip");
    assert_eq!(body[0] == 1, gzip, "flag and header agree");
    state.record(connection, head.uri.path(), headers, body[5..].to_vec(), step.accepts());
    match step {
        Step::Reply(reply) => {
            tokio::time::sleep(reply.delay).await;
            render(reply)
        }
        Step::Endless => {
            let chunks = std::iter::repeat_with(|| Frame::data(Bytes::from_static(&[0; 4096])));
            Response::new(Frames(chunks).boxed_unsync())
        }
        Step::Drip(_) => panic!("no drip in HTTP/2"),
        step if step.point() == Some(Point::Body) => {
            let (step, close, reset) = (step.clone(), close.clone(), reset.clone());
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                fail(&step, &close, &reset).await
            });
            let mut response = Response::new(Never.boxed_unsync());
            response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
            response
        }
        step => fail(&step, close, reset).await,
    }
}

fn render(reply: Reply) -> Response<Body> {
    let to_map = |pairs: Vec<(String, String)>| -> HeaderMap {
        let pair = |(name, value): (String, String)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            (HeaderName::from_bytes(name.as_bytes()).expect("a name"), value)
        };
        pairs.into_iter().map(pair).collect()
    };
    let (status, trailers) = match reply.status {
        0 => (200, vec![("grpc-status".to_owned(), "0".to_owned())]),
        status => (status, reply.trailers),
    };
    let mut frames = Vec::new();
    if !reply.body.is_empty() || status == 200 {
        let mut body = vec![0];
        body.extend_from_slice(&u32::try_from(reply.body.len()).expect("short").to_be_bytes());
        body.extend_from_slice(&reply.body);
        frames.push(Frame::data(Bytes::from(body)));
    }
    if !trailers.is_empty() {
        frames.push(Frame::trailers(to_map(trailers)));
    }
    let mut response = Response::new(Frames(frames.into_iter()).boxed_unsync());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.extend(to_map(reply.headers));
    response
}

/// Ends the connection as the step says. Never returns an answer.
async fn fail(step: &Step, close: &CancellationToken, reset: &CancellationToken) -> Response<Body> {
    match step {
        Step::Reset(_) => reset.cancel(),
        Step::Close(_) => close.cancel(),
        _ => {}
    }
    std::future::pending().await
}

/// A body from frames that are there already.
struct Frames<I>(I);

impl<I: Iterator<Item = Frame<Bytes>> + Unpin> hyper::body::Body for Frames<I> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

/// A body that never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

/// A stream of which the first bytes were read already.
struct Prefixed<S: Stream> {
    start: Vec<u8>,
    stream: S,
    reset: CancellationToken,
}

impl<S: Stream> Drop for Prefixed<S> {
    fn drop(&mut self) {
        if self.reset.is_cancelled() {
            let _ = self.stream.tcp().set_zero_linger();
        }
    }
}

impl<S: Stream> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if !self.start.is_empty() {
            let count = buffer.remaining().min(self.start.len());
            buffer.put_slice(&self.start.drain(..count).collect::<Vec<_>>());
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Stream> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
