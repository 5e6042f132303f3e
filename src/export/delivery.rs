//! The task of a sender: takes parcels from its queue and tries until each of them is
//! delivered, rejected or lost.

use super::queue::{Next, Waiting};
use super::retry::{Backoff, LONGEST_TRY, jitter};
use super::{Exporter, Outcome, Parcel, Sender};
use crate::account::Loss;
use crate::notice;
use crate::otlp::Batch;
use crate::spool::Shelf;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Once};
use tokio::sync::watch;
use tokio::time::Instant;

pub(super) const NOT_IN_TIME: Loss = Loss::Dropped("not delivered in time");

/// The task of a sender.
pub(super) struct Delivery<E> {
    sender: Arc<Sender>,
    exporter: E,
    draining: watch::Receiver<bool>,
    backoff: Backoff,
    /// The first of the attempts that have failed since the destination last answered.
    down_since: Option<Instant>,
}

impl<E: Exporter> Delivery<E> {
    pub(super) fn new(sender: Arc<Sender>, exporter: E) -> Self {
        let draining = sender.draining.subscribe();
        Delivery { sender, exporter, draining, backoff: Backoff::default(), down_since: None }
    }

    pub(super) async fn run(mut self) {
        loop {
            let draining = *self.draining.borrow_and_update();
            let next = self.sender.queue().next(Instant::now(), draining);
            match next {
                Next::Send(waiting) => {
                    self.send(waiting).await;
                    // One of those that wait on disk for each of those in memory.
                    self.send_from_disk().await;
                }
                Next::Idle | Next::At(_) if draining => return,
                Next::Idle | Next::At(_) if self.send_from_disk().await => {}
                Next::Idle => tokio::select! {
                    () = self.sender.changed.notified() => {}
                    () = filled(self.sender.shelf.as_ref()) => {}
                    _ = self.draining.changed() => {}
                },
                Next::At(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = self.sender.changed.notified() => {}
                    () = filled(self.sender.shelf.as_ref()) => {}
                    _ = self.draining.changed() => {}
                },
            }
        }
    }

    /// Sends the oldest of what waits on disk alone. False: there is none, or no time for it.
    async fn send_from_disk(&mut self) -> bool {
        let Some(shelf) = self.sender.shelf.clone().filter(Shelf::has_backlog) else { return false };
        if *self.draining.borrow() {
            return false;
        }
        let bytes = self.sender.queue().parcel_bytes();
        let found = shelf.oldest(bytes).await;
        let Some(signal) = found.first().map(|found| found.batch.signal()) else { return false };
        let tickets = found.iter().map(|found| Some(found.ticket)).collect();
        let batches: Vec<_> = found.into_iter().map(|found| found.batch).collect();
        let items = batches.iter().map(Batch::items).sum();
        let bytes = batches.iter().map(|batch| batch.bytes().len()).sum();
        let parcel = Parcel { signal, batches, items, bytes };
        let waiting = Waiting { parcel, since: Instant::now(), tickets };
        self.sender.queue().hold(&waiting);
        self.send(waiting).await;
        true
    }

    /// Sends one parcel, and gives back what it held.
    async fn send(&mut self, mut waiting: Waiting) {
        let given_up = self.deliver(&mut waiting).await;
        let (signal, items) = (waiting.parcel.signal, waiting.parcel.items);
        let tickets = waiting.tickets.iter().flatten().copied().collect();
        let kept = given_up.as_ref().map_or(0, |_| waiting.kept().min(items));
        if let Some(loss) = given_up {
            self.sender.ledger.lost(signal, loss, items - kept);
            self.sender.ledger.spooled(signal, kept);
        }
        if let Some(shelf) = &self.sender.shelf {
            if kept > 0 { shelf.leave(tickets) } else { shelf.release(tickets) }
        }
        self.sender.queue().done(&waiting);
        self.sender.freed.notify_waiters();
    }

    /// Sends one parcel until it is delivered, rejected, or out of time. What is returned is the reason why the rest of
    /// it was given up, which is not booked yet: it may be on disk.
    async fn deliver(&mut self, Waiting { parcel, since, .. }: &mut Waiting) -> Option<Loss> {
        loop {
            // An attempt that began before draining is not the last one.
            let last = *self.draining.borrow_and_update();
            if last {
                self.exporter.hurry();
            }
            let Ok(outcome) = caught(self.exporter.export(parcel)).await else {
                self.lost(parcel, Loss::Dropped("internal error"));
                return None;
            };
            match outcome {
                Outcome::Delivered { rejected, message } => {
                    self.answered();
                    self.delivered(parcel, rejected.min(parcel.items), message);
                    return None;
                }
                Outcome::Settled { losses, message } => {
                    self.answered();
                    let lost: u64 = losses.iter().map(|(_, items)| items).sum();
                    self.settled(parcel, parcel.items.saturating_sub(lost), losses, message);
                    return None;
                }
                Outcome::Partly { delivered, losses, message } => {
                    self.settled(parcel, delivered, losses, message);
                }
                Outcome::Rejected { reason, message } => {
                    self.answered();
                    if !message.is_empty() {
                        let what = format!("{} {} rejected", parcel.items, parcel.signal.item());
                        self.warn("export-rejected", &format!("{what}: {message}"));
                    }
                    self.lost(parcel, Loss::Rejected(reason));
                    return None;
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
                        return Some(NOT_IN_TIME);
                    }
                    if since.elapsed() >= LONGEST_TRY {
                        return Some(Loss::Dropped("not accepted within an hour"));
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

    /// Books what is done with, never more than there is, and takes it off the parcel.
    fn settled(
        &self,
        parcel: &mut Parcel,
        delivered: u64,
        losses: Vec<(Loss, u64)>,
        message: Option<String>,
    ) {
        let before = parcel.items;
        for (loss, items) in losses {
            let items = items.min(parcel.items);
            self.sender.ledger.lost(parcel.signal, loss, items);
            parcel.items -= items;
        }
        let delivered = delivered.min(parcel.items);
        self.sender.ledger.delivered(parcel.signal, delivered);
        parcel.items -= delivered;
        self.sender.queue().partly_done(parcel.signal, before - parcel.items);
        if let Some(message) = message {
            self.warn("export-settled", &message);
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
                    "what has no chosen destination is not exported: nobody answers at the default one \
                     ({message}); choose with --exporter_otlp_endpoint or --traces_exporter, \
                     --metrics_exporter, --logs_exporter"
                );
                notice::warn("export-deserted", &text);
            });
        } else if self.sender.ledger.trouble(message) {
            self.warn("export-retry", &format!("{message}; keeping data and trying again"));
        }
    }
}

/// Waits until something waits on disk; for ever where nothing does.
async fn filled(shelf: Option<&Shelf>) {
    match shelf {
        Some(shelf) => shelf.filled().await,
        None => pending().await,
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
