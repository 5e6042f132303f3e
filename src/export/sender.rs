//! One destination's way out: a bounded queue that groups by size and time, and one task that
//! delivers. The exporter sees one parcel at a time.

use super::delivery::{Delivery, NOT_IN_TIME};
use super::queue::Queue;
use super::{Exporter, Tap};
use crate::account::{Ledger, Loss};
use crate::otlp::{Batch, Signal};
use crate::settings::QueueSettings;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// The queue has no room for the batch, or is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

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
    tasks: TaskTracker,
    abort: OnceLock<AbortHandle>,
}

impl Sender {
    /// Starts the task that empties the queue into `exporter`. Needs a tokio runtime.
    pub fn start(exporter: impl Exporter, settings: QueueSettings, ledger: Arc<Ledger>) -> Arc<Sender> {
        Sender::start_with(exporter, settings, ledger, None)
    }

    /// [`Sender::start`], with somebody who sees every batch.
    pub fn start_with(
        exporter: impl Exporter,
        settings: QueueSettings,
        ledger: Arc<Ledger>,
        tap: Option<Arc<dyn Tap>>,
    ) -> Arc<Sender> {
        let sender = Arc::new(Sender {
            queue: Mutex::new(Queue::new(settings)),
            changed: Notify::new(),
            freed: Notify::new(),
            ledger,
            draining: watch::Sender::new(false),
            tap,
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

    /// Whether a batch of this size would not be lost for want of room. A destination that
    /// nobody asked for and that does not answer never holds a batch's sender up.
    pub fn has_room(&self, bytes: usize, items: u64) -> bool {
        self.ledger.is_deserted() || self.queue().fits(bytes, items)
    }

    /// Takes a batch, or leaves the books untouched when there is no room.
    pub fn offer(&self, batch: &Batch) -> Result<(), Full> {
        // The books first, while the task cannot see the batch: it is never delivered before it
        // is received.
        let mut queue = self.queue();
        let look = queue.push(batch, Instant::now())?;
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

    /// Takes what was admitted before, or loses it, counted.
    pub(super) fn forward(&self, batch: &Batch) {
        // Not in the arms: they lock nothing.
        let pushed = self.queue().push(batch, Instant::now());
        match pushed {
            Ok(true) => self.changed.notify_one(),
            Ok(false) => {}
            Err(Full) => self.ledger.lost(batch.signal(), Loss::Dropped("queue full"), batch.items()),
        }
    }

    /// Counts a batch that found no room as lost.
    pub fn drop_full(&self, batch: &Batch) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), Loss::Dropped("queue full"), batch.items());
        self.observe(batch);
    }

    /// Counts a batch that is not exported on purpose.
    pub fn leave_out(&self, batch: &Batch, why: Loss) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), why, batch.items());
        self.observe(batch);
    }

    /// Counts items that nobody could make a batch of.
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
    /// parcel, without waiting between them. The rest is dropped and counted. May be called
    /// again with an earlier deadline.
    pub async fn drain(&self, deadline: Instant) {
        self.queue().close();
        self.draining.send_replace(true);
        if tokio::time::timeout_at(deadline, self.tasks.wait()).await.is_err() {
            if let Some(task) = self.abort.get() {
                task.abort();
            }
            self.tasks.wait().await;
        }
        let left = self.queue().clear();
        for (signal, items) in left.iter() {
            self.ledger.lost(signal, NOT_IN_TIME, *items);
        }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
