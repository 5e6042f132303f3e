//! One destination's way out: a bounded queue that groups by size and time, and one task that
//! delivers. The exporter sees one parcel at a time.

use super::delivery::{Delivery, NOT_IN_TIME};
use super::queue::Queue;
use super::{Exporter, Tap};
use crate::account::{Ledger, Loss};
use crate::otlp::{Batch, Signal};
use crate::settings::QueueSettings;
use crate::spool::{Shelf, Ticket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// The queue has no room for the batch, or is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

const QUEUE_FULL: Loss = Loss::Dropped("queue full");

/// The entrance of a destination. Closed by [`Sender::drain`].
pub struct Sender {
    queue: Mutex<Queue>,
    /// The task must look at the queue again.
    pub(super) changed: Notify,
    /// The queue has more room than before.
    pub(super) freed: Notify,
    pub(super) ledger: Arc<Ledger>,
    /// Set when draining starts.
    pub(super) draining: watch::Sender<bool>,
    tap: Option<Arc<dyn Tap>>,
    /// Where batches are written down before they are acknowledged.
    pub(super) shelf: Option<Shelf>,
    tasks: TaskTracker,
    abort: OnceLock<AbortHandle>,
}

impl Sender {
    /// Starts the task that empties the queue into `exporter`. Needs a tokio runtime.
    pub fn start(exporter: impl Exporter, settings: QueueSettings, ledger: Arc<Ledger>) -> Arc<Sender> {
        Sender::start_with(exporter, settings, ledger, None, None)
    }

    /// [`Sender::start`], with somebody who sees every batch, and a place on disk.
    pub fn start_with(
        exporter: impl Exporter,
        settings: QueueSettings,
        ledger: Arc<Ledger>,
        tap: Option<Arc<dyn Tap>>,
        shelf: Option<Shelf>,
    ) -> Arc<Sender> {
        let sender = Arc::new(Sender {
            queue: Mutex::new(Queue::new(settings)),
            changed: Notify::new(),
            freed: Notify::new(),
            ledger,
            draining: watch::Sender::new(false),
            tap,
            shelf,
            tasks: TaskTracker::new(),
            abort: OnceLock::new(),
        });
        let task = sender.tasks.spawn(Delivery::new(sender.clone(), exporter).run());
        let _ = sender.abort.set(task.abort_handle());
        sender.tasks.close();
        sender
    }

    pub fn name(&self) -> &str {
        &self.ledger.destination
    }

    /// Whether a batch of this size would not be lost for want of room in memory. A destination
    /// that nobody asked for and that does not answer never holds a batch's sender up.
    pub fn has_room(&self, bytes: usize, items: u64) -> bool {
        self.ledger.is_deserted() || self.queue().fits(bytes, items)
    }

    /// Whether there is room on disk: the oldest give way there.
    pub fn has_disk(&self) -> bool {
        self.shelf.as_ref().is_some_and(Shelf::works)
    }

    /// Takes a batch, or leaves the books untouched when there is no room.
    pub fn offer(&self, batch: &Batch) -> Result<(), Full> {
        // The books first, while the task cannot see the batch: it is never delivered before it
        // is received.
        let mut queue = self.queue();
        let look = queue.push(batch, None, Instant::now())?;
        self.ledger.received(batch.signal(), batch.items());
        drop(queue);
        self.observe(batch);
        if look {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Counts a batch that comes, and lets it be seen. What of it is exported comes by [`Sender::forward`].
    pub(super) fn admit(&self, batch: &Batch) {
        self.ledger.received(batch.signal(), batch.items());
        self.observe(batch);
    }

    /// Takes what was admitted before into memory, or loses it, counted.
    pub(super) fn forward(&self, batch: &Batch) {
        if self.push(batch, None).is_err() {
            self.ledger.lost(batch.signal(), QUEUE_FULL, batch.items());
        }
    }

    /// Takes what was admitted before as soon as it is written down, if it can be. What has no room in memory
    /// waits on disk, and without one it is lost, counted.
    pub(super) async fn keep(&self, batch: &Batch) {
        let Some(shelf) = &self.shelf else { return self.forward(batch) };
        let live = self.queue().fits(batch.bytes().len(), batch.items());
        let ticket = shelf.keep(batch, live).await;
        let pushed = if live { self.push(batch, ticket) } else { Err(Full) };
        match (pushed, ticket) {
            (Ok(()), _) => {}
            (Err(Full), None) => self.ledger.lost(batch.signal(), QUEUE_FULL, batch.items()),
            (Err(Full), Some(ticket)) if live => {
                // Others were faster.
                self.ledger.spooled(batch.signal(), batch.items());
                shelf.leave(vec![ticket]);
            }
            // Booked where it is.
            (Err(Full), Some(_)) => {}
        }
    }

    fn push(&self, batch: &Batch, ticket: Option<Ticket>) -> Result<(), Full> {
        let look = self.queue().push(batch, ticket, Instant::now())?;
        if look {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Counts a batch that found no room as lost.
    pub fn drop_full(&self, batch: &Batch) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), QUEUE_FULL, batch.items());
        self.observe(batch);
    }

    /// Counts a batch that is not exported on purpose.
    pub fn leave_out(&self, batch: &Batch, why: Loss) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), why, batch.items());
        self.observe(batch);
    }

    /// Counts items of which no batch is made, and that nobody is to see.
    pub fn lose(&self, signal: Signal, why: Loss, items: u64) {
        self.ledger.received(signal, items);
        self.ledger.lost(signal, why, items);
    }

    fn observe(&self, batch: &Batch) {
        if let Some(tap) = &self.tap {
            // A mistake there must not cost the batch.
            let _ = catch_unwind(AssertUnwindSafe(|| tap.observe(batch)));
        }
    }

    /// Tells whoever sees the batches that there will be no more.
    pub(super) fn finish(&self) {
        if let Some(tap) = &self.tap {
            let _ = catch_unwind(AssertUnwindSafe(|| tap.finish()));
        }
    }

    /// Closes the entrance and delivers what is queued until `deadline`: one attempt for each
    /// parcel, without waiting between them. The rest stays on disk, or is dropped and counted.
    /// May be called again with an earlier deadline.
    pub async fn drain(&self, deadline: Instant) {
        self.queue().close();
        self.draining.send_replace(true);
        if tokio::time::timeout_at(deadline, self.tasks.wait()).await.is_err() {
            if let Some(task) = self.abort.get() {
                task.abort();
            }
            self.tasks.wait().await;
        }
        let (left, kept) = self.queue().clear();
        for (signal, items) in left.iter() {
            let kept = kept[signal].min(*items);
            self.ledger.spooled(signal, kept);
            self.ledger.lost(signal, NOT_IN_TIME, items - kept);
        }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
