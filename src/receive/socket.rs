//! A connection's bytes on their way to the HTTP library.

use super::traffic::Ticket;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How every HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// Read ahead, and not yet handed on.
    ahead: Vec<u8>,
    ticket: Ticket,
}

impl Socket {
    /// Reads as much as it takes to know the version.
    pub(super) async fn open(mut stream: TcpStream, ticket: Ticket) -> io::Result<(Version, Socket)> {
        let mut ahead = Vec::with_capacity(PREFACE.len());
        let version = loop {
            let mut bytes = [0; PREFACE.len()];
            let wanted = PREFACE.len() - ahead.len();
            let read = stream.read(bytes.get_mut(..wanted).unwrap_or_default()).await?;
            ticket.0.read(read);
            ahead.extend(bytes.iter().take(read));
            match ahead.as_slice() {
                PREFACE => break Version::Http2,
                begun if read == 0 || !PREFACE.starts_with(begun) => break Version::Http1,
                _ => {}
            }
        };
        Ok((version, Socket { stream, ahead, ticket }))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let length = self.ahead.len().min(buf.remaining());
            for byte in self.ahead.drain(..length) {
                buf.put_slice(&[byte]);
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.ticket.0.read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
