//! What one client may cost.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of a request body, after decompression.
pub(super) const BODY: usize = 20 << 20;
/// Bytes of a compressed request body.
pub(super) const COMPRESSED: usize = 8 << 20;
/// Bytes of all bodies that are being received at one time.
pub(super) const IN_FLIGHT: usize = 32 << 20;
/// How long a request waits for its part of that.
pub(super) const BUDGET_TIME: Duration = Duration::from_secs(1);
/// How long a request waits for room in the queues of its destinations.
pub(super) const ROOM_TIME: Duration = Duration::from_millis(200);
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
/// The read buffer of each of so many HTTP/1.1 connections is large ...
pub(super) const FAST_CONNECTIONS: usize = 16;
/// ... so that a usual request of many spans is read at once.
pub(super) const FAST_BUFFER: usize = 400 << 10;
/// The buffer of all others.
pub(super) const BUFFER: usize = 32 << 10;
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
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Budget {
        Budget(Arc::new(Semaphore::new(bytes)))
    }

    /// An empty share.
    pub(super) fn share(&self) -> Share {
        Share { budget: self.0.clone(), held: None, used: 0 }
    }
}

/// What one request holds of the budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    used: usize,
}

/// The budget is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Share {
    /// Waits its turn until so many bytes are free, for at most [`BUDGET_TIME`]. Meanwhile
    /// the client's bytes wait with the kernel. Called once, before anything is used, so
    /// that nobody waits who holds something.
    pub(super) async fn reserve(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let permits = u32::try_from(bytes).map_err(|_| Exhausted)?;
        let acquire = self.budget.clone().acquire_many_owned(permits);
        let held = tokio::time::timeout(BUDGET_TIME, acquire).await.map_err(|_| Exhausted)?;
        self.held = Some(held.map_err(|_| Exhausted)?);
        Ok(())
    }

    /// Uses what is reserved, and then what is free at this moment.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let used = self.used + bytes;
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if used > held {
            let permits = u32::try_from(used - held).map_err(|_| Exhausted)?;
            let more = self.budget.clone().try_acquire_many_owned(permits).map_err(|_| Exhausted)?;
            match &mut self.held {
                Some(held) => held.merge(more),
                none => *none = Some(more),
            }
        }
        self.used = used;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shares_come_back() {
        let budget = Budget::new(10);
        let mut one = budget.share();
        assert_eq!(one.reserve(8).await, Ok(()));
        assert_eq!(one.grow(6), Ok(()));
        assert_eq!(one.grow(3), Ok(()), "one more than reserved");
        let mut two = budget.share();
        assert_eq!(two.grow(2), Err(Exhausted));
        assert_eq!(two.reserve(2).await, Err(Exhausted));
        tokio::spawn(async move {
            tokio::time::sleep(BUDGET_TIME / 2).await;
            drop(one);
        });
        assert_eq!(two.reserve(10).await, Ok(()));
    }
}
