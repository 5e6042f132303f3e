//! One connection, from its first byte to its end.

use super::front::Front;
use super::limits::{
    BUFFER, FAST_BUFFER, FAST_CONNECTIONS, FRAME, LINGER, LINGER_BYTES, STREAM_WINDOW, STREAMS, WINDOW,
};
use super::pulse::Pulse;
use super::reply::Payload;
use super::socket::{Socket, Version};
use super::traffic::Ticket;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// Serves all requests of one connection.
pub(super) async fn serve(stream: TcpStream, front: Arc<Front>, pulse: Arc<Pulse>, ticket: Ticket) {
    let _ = stream.set_nodelay(true);
    let ticket = Arc::new(ticket);
    let opening = Socket::open(stream, pulse.clone(), ticket.clone());
    let Ok(Ok((version, socket))) = timeout_at(pulse.due(), opening).await else { return };
    match version {
        Version::Http1 => serve_http1(socket, front, &pulse, &ticket).await,
        Version::Http2 => serve_http2(socket, front, pulse, ticket).await,
    }
}

async fn serve_http1(socket: Socket, front: Arc<Front>, pulse: &Arc<Pulse>, ticket: &Ticket) {
    let buffer = if ticket.connections() > FAST_CONNECTIONS { BUFFER } else { FAST_BUFFER };
    let service = service_fn(|request| answer(&front, pulse, request));
    // Who sends a request and closes his side gets a reply nevertheless.
    let mut builder = http1::Builder::new();
    builder.half_close(true).header_read_timeout(None).max_buf_size(buffer);
    let mut connection = builder.serve_connection(TokioIo::new(socket), service);
    let in_time = attend(Pin::new(&mut connection), pulse).await;
    let mut socket = connection.into_parts().io.into_inner();
    if let Some(violation) = socket.violation() {
        refuse(&mut socket, violation.status, violation.text).await;
    } else if !in_time && socket.in_head() {
        refuse(&mut socket, StatusCode::REQUEST_TIMEOUT, "the header took longer than 5 s").await;
    }
    linger(socket).await;
}

async fn serve_http2(socket: Socket, front: Arc<Front>, pulse: Arc<Pulse>, ticket: Arc<Ticket>) {
    let of_requests = pulse.clone();
    let service = service_fn(move |request| {
        // Requests outlive their connection; the ticket waits for them.
        let (front, pulse, ticket) = (front.clone(), of_requests.clone(), ticket.clone());
        async move {
            let response = answer(&front, &pulse, request).await;
            drop(ticket);
            response
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_frame_size(FRAME)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(super::limits::HEAD as u32)
        .serve_connection(TokioIo::new(socket), service);
    attend(pin!(connection), &pulse).await;
}

async fn answer(
    front: &Front,
    pulse: &Pulse,
    request: Request<Incoming>,
) -> Result<Response<Payload>, Infallible> {
    if !pulse.known() && front.intake.guard.knows(request.headers()) {
        pulse.make_known();
    }
    Ok(front.answer(request).await)
}

/// Runs a connection to its end. `false`: its peer was silent for too long.
async fn attend<C: GracefulConnection>(mut connection: Pin<&mut C>, pulse: &Pulse) -> bool {
    let mut timer = pin!(sleep_until(pulse.due()));
    let ended = poll_fn(|cx| {
        pulse.next_turn();
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        // A head that has begun is due earlier than what the timer waits for. What is due
        // later is looked at when the timer ends.
        let due = pulse.due();
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            let due = pulse.due();
            if due <= Instant::now() {
                return Poll::Ready(false);
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    })
    .await;
    if !ended {
        connection.as_mut().graceful_shutdown();
        let rest = poll_fn(|cx| {
            pulse.next_turn();
            connection.as_mut().poll(cx).map(|_| ())
        });
        let _ = timeout(LINGER, rest).await;
    }
    ended
}

/// Replies to what is not a request.
async fn refuse(socket: &mut Socket, status: StatusCode, text: &str) {
    let body = serde_json::json!({ "code": 3, "message": text }).to_string();
    let reply = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = timeout(LINGER, async {
        socket.write_all(reply.as_bytes()).await?;
        socket.shutdown().await
    })
    .await;
}

/// Closing a socket with unread bytes resets the connection, and the peer may lose a reply
/// that it has not read yet. So what it still sends is read and forgotten, for a while.
async fn linger(mut socket: Socket) {
    let forget = async {
        let mut bytes = [0; 4096];
        let mut length = 0;
        while length < LINGER_BYTES {
            match socket.forget(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(read) => length += read,
            }
        }
    };
    let _ = timeout(LINGER, forget).await;
}
