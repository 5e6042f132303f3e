//! A connection on which a reply is heard although the request could not be finished.
//!
//! A peer may refuse a request before it has read it, and close: 413, 401. Then writing
//! fails while the reply waits to be read, and an error of writing would hide it. The
//! request would be sent again for an hour instead of being counted as rejected.

use super::resolve::Resolver;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower_service::Service;

/// Makes TCP connections.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) tcp: HttpConnector<Resolver>,
    /// For HTTP/1.1. In HTTP/2 a refusal ends a stream and no connection, and reading waits for
    /// writing.
    pub(super) reply_first: bool,
}

impl Service<Uri> for Connector {
    type Response = ReplyFirst<TokioIo<TcpStream>>;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, active) = (self.tcp.call(uri), self.reply_first);
        Box::pin(async move { Ok(ReplyFirst { stream: connecting.await?, active }) })
    }
}

/// Once the peer takes nothing more, writing waits for ever: reading brings the reply, or
/// the error.
pub(super) struct ReplyFirst<S> {
    stream: S,
    active: bool,
}

impl<S> ReplyFirst<S> {
    fn unless_closed<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(e))
                if self.active && matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                Poll::Pending
            }
            other => other,
        }
    }
}

impl<S: Write + Unpin> Write for ReplyFirst<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_closed(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.unless_closed(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_flush(context);
        self.unless_closed(written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: Read + Unpin> Read for ReplyFirst<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Connection> Connection for ReplyFirst<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}
