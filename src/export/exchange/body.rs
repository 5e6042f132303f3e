//! A request body that hands out chunks without copying them.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// Length known, chunks shared, so that an attempt costs a reference and no bytes.
#[derive(Debug)]
pub(in crate::export) struct Chunks {
    chunks: Arc<[Bytes]>,
    length: u64,
    sent: Sent,
}

/// How far a body has been handed to the connection; stays readable when the body is gone.
#[derive(Clone, Debug)]
pub(in crate::export) struct Sent {
    next: Arc<AtomicUsize>,
    chunks: usize,
}

impl Sent {
    pub(in crate::export) fn started(&self) -> bool {
        self.next.load(Ordering::Relaxed) > 0
    }

    /// Everything was handed over: the peer may have the whole request.
    pub(in crate::export) fn all(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.chunks
    }
}

impl Chunks {
    /// `length`: the bytes of all chunks.
    pub(in crate::export) fn new(chunks: Arc<[Bytes]>, length: u64) -> (Self, Sent) {
        let sent = Sent { next: Arc::default(), chunks: chunks.len() };
        let body = Chunks { chunks, length, sent: sent.clone() };
        (body, sent)
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.sent.next.load(Ordering::Relaxed);
        let Some(chunk) = self.chunks.get(next).cloned() else { return Poll::Ready(None) };
        self.length = self.length.saturating_sub(chunk.len() as u64);
        self.sent.next.store(next + 1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent.all()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
