//! What one client may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of a request body, after decompression.
pub(super) const BODY: usize = 20 << 20;
/// Bytes of a compressed request body.
pub(super) const COMPRESSED: usize = 8 << 20;
/// Bytes of all bodies that are being received at one time.
pub(super) const IN_FLIGHT: usize = 32 << 20;
/// A compressed body may grow by this factor ...
pub(super) const RATIO: usize = 100;
/// ... once it is larger than this.
pub(super) const RATIO_FROM: usize = 1 << 20;
/// Connections at one time, of each listener.
pub(super) const CONNECTIONS: usize = 256;
/// Bytes of a request's head, and of a chunked body's trailers.
pub(super) const HEAD: usize = 16 << 10;
/// Header lines of a request.
pub(super) const HEAD_LINES: usize = 64;
/// Bytes of a chunk's size with its extensions.
pub(super) const CHUNK_LINE: usize = 1 << 10;
/// From the first to the last byte of a request's head, and from the connection to its
/// first byte.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(5);
/// Without a byte.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(90);
/// For the end of a connection that is to be closed ...
pub(super) const LINGER: Duration = Duration::from_secs(1);
/// ... and bytes that are read meanwhile.
pub(super) const LINGER_BYTES: usize = 64 << 20;
/// Requests at one time of one HTTP/2 connection.
pub(super) const STREAMS: u32 = 64;
/// Bytes that an HTTP/2 client may send ahead in one stream, on one connection, and in one
/// frame: a usual request without waiting.
pub(super) const STREAM_WINDOW: u32 = 1 << 20;
pub(super) const WINDOW: u32 = 4 << 20;
pub(super) const FRAME: u32 = 1 << 20;
/// From the first to the last byte of a request's body.
pub(super) const BODY_TIME: Duration = Duration::from_secs(10);

/// Bytes that all requests together may hold.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Arc<Budget> {
        Arc::new(Budget { left: AtomicUsize::new(bytes) })
    }

    /// An empty share, to be grown.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }
}

/// What one request holds of the budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// The budget is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Share {
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let taken = |left: usize| left.checked_sub(bytes);
        self.budget.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).map_err(|_| Exhausted)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_back() {
        let budget = Budget::new(10);
        let mut one = budget.share();
        assert_eq!(one.grow(8), Ok(()));
        let mut two = budget.share();
        assert_eq!(two.grow(3), Err(Exhausted));
        drop(one);
        assert_eq!(two.grow(10), Ok(()));
    }
}
