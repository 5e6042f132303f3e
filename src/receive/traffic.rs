//! What comes in over all connections: enough to know when nothing does any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Notify;

/// Shared by all connections of a receiver.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes: AtomicU64,
    open: AtomicUsize,
    closed: Notify,
}

impl Traffic {
    /// Bytes read so far, on all connections.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Returns when a connection was closed since the last call.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Counts a connection until the ticket is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Ticket {
        self.open.fetch_add(1, Ordering::Relaxed);
        Ticket(self.clone())
    }
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Ticket(Arc<Traffic>);

impl Ticket {
    /// Counts bytes that came in.
    pub(super) fn read(&self, bytes: usize) {
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Connections that are open, this one included.
    pub(super) fn connections(&self) -> usize {
        self.0.open()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.closed.notify_one();
    }
}
