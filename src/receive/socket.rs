//! A connection's bytes on their way to the HTTP library.

use super::framing::{Framing, Violation};
use super::pulse::Pulse;
use super::traffic::Ticket;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
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
    /// Read to know the version, and not yet handed on.
    ahead: Vec<u8>,
    /// HTTP/1.1 is checked before it is handed on.
    framing: Option<Framing>,
    violation: Option<Violation>,
    /// The turn in which the end was seen.
    ended: Option<u64>,
    pulse: Arc<Pulse>,
    ticket: Arc<Ticket>,
}

impl Socket {
    /// Reads as much as it takes to know the version.
    pub(super) async fn open(
        mut stream: TcpStream,
        pulse: Arc<Pulse>,
        ticket: Arc<Ticket>,
    ) -> io::Result<(Version, Socket)> {
        let mut ahead = Vec::with_capacity(PREFACE.len());
        let version = loop {
            let mut bytes = [0; PREFACE.len()];
            let wanted = PREFACE.len() - ahead.len();
            let read = stream.read(bytes.get_mut(..wanted).unwrap_or_default()).await?;
            ticket.read(read);
            ahead.extend(bytes.iter().take(read));
            match ahead.as_slice() {
                PREFACE => break Version::Http2,
                [] => return Err(io::ErrorKind::UnexpectedEof.into()),
                begun if read == 0 || !PREFACE.starts_with(begun) => break Version::Http1,
                _ => {}
            }
        };
        let framing = (version == Version::Http1).then(Framing::default);
        Ok((version, Socket { stream, ahead, framing, violation: None, ended: None, pulse, ticket }))
    }

    /// Why the bytes of the peer are not read any more, if a reply to that is still owed:
    /// within a body it is the request's own.
    pub(super) fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// Whether a request's head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        self.framing.as_ref().is_some_and(Framing::in_head)
    }

    /// Reads without looking at what it is.
    pub(super) async fn forget(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.read(bytes).await
    }

    /// Takes notice of bytes before they are handed on.
    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(framing) = &mut self.framing else {
            self.pulse.alive();
            return Ok(());
        };
        let (was_in_head, was_in_body) = (framing.in_head(), framing.in_message() && !framing.in_head());
        if let Err(violation) = framing.feed(bytes) {
            if !was_in_body {
                self.violation = Some(violation);
            }
            return Err(io::Error::new(io::ErrorKind::InvalidData, violation));
        }
        match (was_in_head, framing.in_head()) {
            (_, false) => self.pulse.alive(),
            (false, true) => self.pulse.head(),
            (true, true) => {}
        }
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        if this.ahead.is_empty() {
            // An error is the end as well, once everything that came before it was read.
            let _ = ready!(Pin::new(&mut this.stream).poll_read(cx, buf));
            this.ticket.read(buf.filled().len() - before);
        } else {
            let length = this.ahead.len().min(buf.remaining());
            buf.put_slice(this.ahead.get(..length).unwrap_or_default());
            this.ahead.drain(..length);
        }
        let bytes = buf.filled().get(before..).unwrap_or_default();
        if bytes.is_empty() {
            // A peer may send a request and be gone. The library forgets streams that it has
            // not looked at when it sees the end, so it sees that in its next turn.
            if *this.ended.get_or_insert(this.pulse.turn()) == this.pulse.turn() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(this.check(bytes))
    }
}

/// A peer that is gone takes nothing any more, but what it has sent is still to be read. So
/// what cannot be written is forgotten, and the connection ends where its bytes end.
impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        Poll::Ready(Ok(written.unwrap_or(buf.len())))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs));
        Poll::Ready(Ok(written.unwrap_or_else(|_| bufs.iter().map(|buf| buf.len()).sum())))
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
