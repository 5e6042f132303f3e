//! One connection, from its first byte to its end.

use super::front::Front;
use super::socket::{Socket, Version};
use super::traffic::Ticket;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Serves all requests of one connection.
pub(super) async fn serve(stream: TcpStream, front: Arc<Front>, ticket: Ticket) {
    let _ = stream.set_nodelay(true);
    let Ok((version, socket)) = Socket::open(stream, ticket).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let front = front.clone();
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let io = TokioIo::new(socket);
    let _ = match version {
        Version::Http1 => http1::Builder::new().serve_connection(io, service).await,
        Version::Http2 => {
            http2::Builder::new(TokioExecutor::new())
                .initial_stream_window_size(1 << 20)
                .initial_connection_window_size(4 << 20)
                .max_frame_size(1 << 20)
                .max_concurrent_streams(64)
                .serve_connection(io, service)
                .await
        }
    };
}
