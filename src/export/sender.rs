//! One destination's way out: a queue bounded in bytes and items, a batcher by size and
//! time, and retries. Runs as one task; the exporter sees one parcel at a time.

use super::retry::{Backoff, jitter};
use super::{Exporter, Outcome, Parcel};
use crate::account::{Ledger, Loss};
use crate::notice;
use crate::otlp::Batch;
use crate::settings::QueueSettings;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The queue has no room for the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The entrance of a destination, and its books. The entrance is closed by [`Sender::drain`].
pub struct Sender {
    queue: Mutex<Queue>,
    arrived: Notify,
    settings: QueueSettings,
    ledger: Arc<Ledger>,
    /// Set once, when draining starts: the moment at which everything must be over.
    deadline: watch::Sender<Option<Instant>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Batch, Instant)>,
    /// Waiting and in flight.
    bytes: usize,
    items: u64,
}

impl Sender {
    /// Starts the task that empties the queue into `exporter`.
    pub fn start(exporter: impl Exporter, settings: QueueSettings, ledger: Arc<Ledger>) -> Arc<Sender> {
        let sender = Arc::new(Sender {
            queue: Mutex::default(),
            arrived: Notify::new(),
            settings,
            ledger,
            deadline: watch::Sender::new(None),
            task: Mutex::default(),
        });
        let task = tokio::spawn(run(sender.clone(), exporter));
        *sender.task.lock().unwrap_or_else(|p| p.into_inner()) = Some(task);
        sender
    }

    pub fn name(&self) -> &str {
        &self.ledger.destination
    }

    /// Whether [`Sender::offer`] would take a batch of this size.
    pub fn has_room(&self, bytes: usize, items: u64) -> bool {
        self.fits(&self.queue(), bytes, items)
    }

    /// Takes a batch, or leaves the books untouched when there is no room.
    pub fn offer(&self, batch: &Batch) -> Result<(), Full> {
        let mut queue = self.queue();
        if !self.fits(&queue, batch.bytes().len(), batch.items()) {
            return Err(Full);
        }
        queue.bytes += batch.bytes().len();
        queue.items += batch.items();
        queue.waiting.push_back((batch.clone(), Instant::now()));
        drop(queue);
        self.ledger.received(batch.signal(), batch.items());
        self.arrived.notify_one();
        Ok(())
    }

    /// Counts a batch that found no room as lost.
    pub fn drop_full(&self, batch: &Batch) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), Loss::Dropped("queue full"), batch.items());
    }

    /// Delivers what is queued until `deadline`; the rest is dropped and counted.
    pub async fn drain(&self, deadline: Instant) {
        self.deadline.send_replace(Some(deadline));
        let task = self.task.lock().unwrap_or_else(|p| p.into_inner()).take();
        if let Some(mut task) = task
            && tokio::time::timeout_at(deadline, &mut task).await.is_err()
        {
            task.abort();
            let _ = task.await;
        }
        self.give_up();
    }

    /// Everything that is still here, in flight included, is lost.
    fn give_up(&self) {
        for signal in crate::otlp::Signal::ALL {
            let items = self.ledger.in_memory(signal);
            self.ledger.lost(signal, Loss::Dropped("not delivered in time"), items);
        }
        *self.queue() = Queue::default();
    }

    /// An empty queue takes anything, so that no single batch is ever impossible.
    fn fits(&self, queue: &Queue, bytes: usize, items: u64) -> bool {
        queue.bytes == 0
            || (queue.bytes.saturating_add(bytes) <= self.settings.max_bytes
                && self.settings.max_items.is_none_or(|max| queue.items.saturating_add(items) <= max))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|p| p.into_inner())
    }

    /// The next parcel if it is due: full, waited long enough, or draining.
    /// `Err(Some(t))`: look again at `t`. `Err(None)`: nothing is waiting.
    fn next_parcel(&self, draining: bool) -> Result<Parcel, Option<Instant>> {
        let mut queue = self.queue();
        let Some((first, since)) = queue.waiting.front() else { return Err(None) };
        let (signal, due) = (first.signal(), *since + self.settings.delay);
        let (mut taken, mut bytes, mut items) = (0, 0, 0);
        let mut full = false;
        for (batch, _) in &queue.waiting {
            let over = bytes + batch.bytes().len() > self.settings.parcel_bytes
                || self.settings.parcel_items.is_some_and(|max| items + batch.items() > max);
            if batch.signal() != signal || (taken > 0 && over) {
                full = true;
                break;
            }
            taken += 1;
            bytes += batch.bytes().len();
            items += batch.items();
        }
        full |=
            bytes >= self.settings.parcel_bytes || self.settings.parcel_items.is_some_and(|max| items >= max);
        if !full && !draining && Instant::now() < due {
            return Err(Some(due));
        }
        let batches = queue.waiting.drain(..taken).map(|(batch, _)| batch).collect();
        Ok(Parcel { signal, batches, items, bytes })
    }

    fn done(&self, parcel: &Parcel) {
        let mut queue = self.queue();
        queue.bytes = queue.bytes.saturating_sub(parcel.bytes);
        queue.items = queue.items.saturating_sub(parcel.items);
    }
}

async fn run(sender: Arc<Sender>, mut exporter: impl Exporter) {
    let mut deadline = sender.deadline.subscribe();
    loop {
        let draining = deadline.borrow_and_update().is_some();
        match sender.next_parcel(draining) {
            Ok(parcel) => {
                deliver(&sender, &mut exporter, &parcel).await;
                sender.done(&parcel);
            }
            Err(_) if draining => return,
            Err(Some(due)) => tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = sender.arrived.notified() => {}
                _ = deadline.changed() => {}
            },
            Err(None) => tokio::select! {
                () = sender.arrived.notified() => {}
                _ = deadline.changed() => {}
            },
        }
    }
}

/// Sends one parcel until it is delivered, rejected, or out of time.
async fn deliver(sender: &Sender, exporter: &mut impl Exporter, parcel: &Parcel) {
    let ledger = &sender.ledger;
    let mut deadline = sender.deadline.subscribe();
    let mut backoff = Backoff::default();
    loop {
        match exporter.export(parcel).await {
            Outcome::Delivered { rejected, message } => {
                let rejected = rejected.min(parcel.items);
                ledger.delivered(parcel.signal, parcel.items - rejected);
                ledger.lost(parcel.signal, Loss::Rejected("partial success".into()), rejected);
                if let Some(message) = message {
                    let text = format!(
                        "{}: {rejected} {} rejected: {message}",
                        ledger.destination,
                        parcel.signal.item()
                    );
                    notice::warn("export-partial", &text);
                }
                return;
            }
            Outcome::Rejected { reason, message } => {
                let text = format!(
                    "{}: {} {} rejected: {message}",
                    ledger.destination,
                    parcel.items,
                    parcel.signal.item()
                );
                if !message.is_empty() {
                    notice::warn("export-rejected", &text);
                }
                ledger.lost(parcel.signal, Loss::Rejected(reason), parcel.items);
                return;
            }
            Outcome::Retry { after, message } => {
                let delay = backoff.next(after, jitter());
                if backoff.attempts() == 1 {
                    notice::warn(
                        "export-retry",
                        &format!("{}: {message}; will try again", ledger.destination),
                    );
                }
                // Draining: this was the last attempt.
                if deadline.borrow_and_update().is_some() {
                    ledger.lost(parcel.signal, Loss::Dropped("not delivered in time"), parcel.items);
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    _ = deadline.changed() => {}
                }
            }
        }
    }
}
