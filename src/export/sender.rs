//! One destination's way out: a bounded queue, a batcher by size and time, and retries.
//! Runs as one task; the exporter sees one parcel at a time.

use super::queue::{Next, Queue, Waiting};
use super::retry::{Backoff, LONGEST_TRY, jitter};
use super::{Exporter, Outcome, Parcel};
use crate::account::{Ledger, Loss};
use crate::notice;
use crate::otlp::Batch;
use crate::settings::QueueSettings;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock};
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
    changed: Notify,
    ledger: Arc<Ledger>,
    /// Set when draining starts.
    draining: watch::Sender<bool>,
    tasks: TaskTracker,
    abort: OnceLock<AbortHandle>,
}

impl Sender {
    /// Starts the task that empties the queue into `exporter`. Needs a tokio runtime.
    pub fn start(exporter: impl Exporter, settings: QueueSettings, ledger: Arc<Ledger>) -> Arc<Sender> {
        let sender = Arc::new(Sender {
            queue: Mutex::new(Queue::new(settings)),
            changed: Notify::new(),
            ledger,
            draining: watch::Sender::new(false),
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
        if look {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Counts a batch that found no room as lost.
    pub fn drop_full(&self, batch: &Batch) {
        self.ledger.received(batch.signal(), batch.items());
        self.ledger.lost(batch.signal(), Loss::Dropped("queue full"), batch.items());
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

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

const NOT_IN_TIME: Loss = Loss::Dropped("not delivered in time");

/// The task of a sender.
struct Delivery<E> {
    sender: Arc<Sender>,
    exporter: E,
    draining: watch::Receiver<bool>,
    backoff: Backoff,
    /// The first of the attempts that have failed since the destination last answered.
    down_since: Option<Instant>,
}

impl<E: Exporter> Delivery<E> {
    fn new(sender: Arc<Sender>, exporter: E) -> Self {
        let draining = sender.draining.subscribe();
        Delivery { sender, exporter, draining, backoff: Backoff::default(), down_since: None }
    }

    async fn run(mut self) {
        loop {
            let draining = *self.draining.borrow_and_update();
            let next = self.sender.queue().next(Instant::now(), draining);
            match next {
                Next::Send(waiting) => {
                    self.deliver(&waiting).await;
                    self.sender.queue().done(&waiting.parcel);
                }
                Next::Idle | Next::At(_) if draining => return,
                Next::Idle => tokio::select! {
                    () = self.sender.changed.notified() => {}
                    _ = self.draining.changed() => {}
                },
                Next::At(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = self.sender.changed.notified() => {}
                    _ = self.draining.changed() => {}
                },
            }
        }
    }

    /// Sends one parcel until it is delivered, rejected, or out of time.
    async fn deliver(&mut self, Waiting { parcel, since }: &Waiting) {
        loop {
            // An attempt that began before draining is not the last one.
            let last = *self.draining.borrow_and_update();
            let Ok(outcome) = caught(self.exporter.export(parcel)).await else {
                self.lost(parcel, Loss::Dropped("internal error"));
                return;
            };
            match outcome {
                Outcome::Delivered { rejected, message } => {
                    self.answered();
                    self.delivered(parcel, rejected.min(parcel.items), message);
                    return;
                }
                Outcome::Rejected { reason, message } => {
                    self.answered();
                    if !message.is_empty() {
                        let what = format!("{} {} rejected", parcel.items, parcel.signal.item());
                        self.warn("export-rejected", &format!("{what}: {message}"));
                    }
                    self.lost(parcel, Loss::Rejected(reason));
                    return;
                }
                Outcome::Retry { after, message, maybe_received } => {
                    if maybe_received {
                        self.sender.ledger.maybe_duplicate(parcel.signal, parcel.items);
                    }
                    if message.is_empty() {
                        continue;
                    }
                    self.failed(&message);
                    if last {
                        self.lost(parcel, NOT_IN_TIME);
                        return;
                    }
                    if since.elapsed() >= LONGEST_TRY {
                        self.lost(parcel, Loss::Dropped("not accepted within an hour"));
                        return;
                    }
                    let delay = self.backoff.next(after, jitter());
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        _ = self.draining.changed() => {}
                    }
                }
            }
        }
    }

    fn delivered(&self, parcel: &Parcel, rejected: u64, message: Option<String>) {
        let ledger = &self.sender.ledger;
        ledger.delivered(parcel.signal, parcel.items - rejected);
        ledger.lost(parcel.signal, Loss::Rejected("partial success".to_owned()), rejected);
        match message {
            Some(message) if rejected > 0 => {
                let what = format!("{rejected} {} rejected", parcel.signal.item());
                self.warn("export-partial", &format!("{what}: {message}"));
            }
            Some(message) => self.warn("export-partial", &format!("the destination warns: {message}")),
            None if rejected > 0 => {
                self.warn("export-partial", &format!("{rejected} {} rejected", parcel.signal.item()));
            }
            None => {}
        }
    }

    fn lost(&self, parcel: &Parcel, loss: Loss) {
        self.sender.ledger.lost(parcel.signal, loss, parcel.items);
    }

    fn warn(&self, kind: &'static str, text: &str) {
        notice::warn(kind, &format!("{}: {text}", self.sender.name()));
    }

    /// The destination is there, whatever it said.
    fn answered(&mut self) {
        self.backoff = Backoff::default();
        self.sender.ledger.set_deserted(false);
        if let Some(since) = self.down_since.take()
            && self.sender.ledger.recovered()
        {
            let seconds = since.elapsed().as_secs();
            notice::info(
                "export-recovered",
                &format!("{}: accepts again after {seconds} s", self.sender.name()),
            );
        }
    }

    /// Says so once, until it answers again; destinations of several signals that fail in the
    /// same way speak with one voice.
    fn failed(&mut self, message: &str) {
        if self.down_since.is_some() {
            notice::debug("export-retry", &format!("{}: {message}; trying again", self.sender.name()));
            return;
        }
        self.down_since = Some(Instant::now());
        if self.exporter.by_default() {
            self.sender.ledger.set_deserted(true);
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                let text = format!(
                    "no telemetry is exported: nobody answers at the default destination ({message}); choose \
                     another one with --exporter_otlp_endpoint or --traces_exporter, --metrics_exporter, --logs_exporter"
                );
                notice::warn("export-deserted", &text);
            });
        } else if self.sender.ledger.trouble(message) {
            self.warn("export-retry", &format!("{message}; keeping data and trying again"));
        }
    }
}

/// The exporter panicked.
struct Panicked;

/// Awaits `future`; a panic in it ends this attempt and nothing else.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => std::task::Poll::Ready(Err(Panicked)),
    })
    .await
}
