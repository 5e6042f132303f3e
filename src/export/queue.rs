//! What waits for one destination, already grouped into parcels: everything it is asked
//! costs the same whether ten batches wait or a hundred thousand.

use super::{Full, Parcel};
use crate::otlp::{Batch, PerSignal, Signal};
use crate::settings::QueueSettings;
use crate::spool::Ticket;
use std::collections::VecDeque;
use tokio::time::Instant;

/// What a batch costs beside its bytes; also what bounds a flood of empty ones.
const OVERHEAD: usize = 256;

/// Bounded in bytes and items; what is in flight still counts.
#[derive(Debug)]
pub(super) struct Queue {
    settings: QueueSettings,
    parcels: PerSignal<VecDeque<Waiting>>,
    bytes: usize,
    items: PerSignal<u64>,
    /// Of these, those that are on disk as well.
    kept: PerSignal<u64>,
    closed: bool,
}

/// A parcel and the arrival of its first batch.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) parcel: Parcel,
    pub(super) since: Instant,
    /// For each batch its file, if it has one.
    pub(super) tickets: Vec<Option<Ticket>>,
}

impl Waiting {
    /// Items that are on disk as well.
    pub(super) fn kept(&self) -> u64 {
        let batches = self.parcel.batches.iter().zip(&self.tickets);
        batches.filter(|(_, ticket)| ticket.is_some()).map(|(batch, _)| batch.items()).sum()
    }
}

/// What the sender does next.
#[derive(Debug)]
pub(super) enum Next {
    Send(Waiting),
    /// Nothing is due before.
    At(Instant),
    Idle,
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Queue {
            settings,
            parcels: PerSignal::default(),
            bytes: 0,
            items: PerSignal::default(),
            kept: PerSignal::default(),
            closed: false,
        }
    }

    /// An empty queue takes anything, so that no single batch is ever impossible.
    pub(super) fn fits(&self, bytes: usize, items: u64) -> bool {
        let held: u64 = self.items.iter().map(|(_, items)| items).sum();
        !self.closed
            && (self.bytes == 0
                || (self.bytes.saturating_add(bytes).saturating_add(OVERHEAD) <= self.settings.max_bytes
                    && self.settings.max_items.is_none_or(|max| held.saturating_add(items) <= max)))
    }

    /// Takes the batch, and what its file is if it has one. True: the sender must look again, because a parcel
    /// became ready or the first batch began to wait.
    pub(super) fn push(&mut self, batch: &Batch, ticket: Option<Ticket>, now: Instant) -> Result<bool, Full> {
        let (signal, bytes, items) = (batch.signal(), batch.bytes().len(), batch.items());
        if !self.fits(bytes, items) {
            return Err(Full);
        }
        self.bytes += bytes + OVERHEAD;
        self.items[signal] += items;
        self.kept[signal] += if ticket.is_some() { items } else { 0 };
        let settings = &self.settings;
        let parcels = &mut self.parcels[signal];
        match parcels.back_mut().filter(|open| !exceeds(settings, &open.parcel, bytes, items)) {
            Some(open) => {
                open.parcel.batches.push(batch.clone());
                open.parcel.bytes += bytes;
                open.parcel.items += items;
                open.tickets.push(ticket);
                Ok(is_full(settings, &open.parcel))
            }
            None => {
                let parcel = Parcel { signal, batches: vec![batch.clone()], items, bytes };
                parcels.push_back(Waiting { parcel, since: now, tickets: vec![ticket] });
                Ok(true)
            }
        }
    }

    /// The oldest parcel that is due: full, followed by another one, waited long enough, or
    /// `all` are wanted now. It counts as held until [`Queue::done`].
    pub(super) fn next(&mut self, now: Instant, all: bool) -> Next {
        let mut oldest: Option<(Instant, Signal)> = None;
        let mut next: Option<Instant> = None;
        for signal in Signal::ALL {
            let parcels = &self.parcels[signal];
            let Some(first) = parcels.front() else { continue };
            let due = first.since + self.settings.delay;
            if all || parcels.len() > 1 || now >= due || is_full(&self.settings, &first.parcel) {
                if oldest.is_none_or(|(since, _)| first.since < since) {
                    oldest = Some((first.since, signal));
                }
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        match (oldest.and_then(|(_, signal)| self.parcels[signal].pop_front()), next) {
            (Some(waiting), _) => Next::Send(waiting),
            (None, Some(due)) => Next::At(due),
            (None, None) => Next::Idle,
        }
    }

    /// Counts a parcel that comes from elsewhere and is sent at once, until [`Queue::done`].
    pub(super) fn hold(&mut self, waiting: &Waiting) {
        let parcel = &waiting.parcel;
        self.bytes += parcel.bytes + OVERHEAD * parcel.batches.len();
        self.items[parcel.signal] += parcel.items;
        self.kept[parcel.signal] += waiting.kept();
    }

    /// The parcel is delivered or lost: its room is free.
    pub(super) fn done(&mut self, waiting: &Waiting) {
        let parcel = &waiting.parcel;
        let kept = &mut self.kept[parcel.signal];
        *kept = kept.saturating_sub(waiting.kept());
        let bytes = parcel.bytes + OVERHEAD * parcel.batches.len();
        self.bytes = self.bytes.saturating_sub(bytes);
        let items = &mut self.items[parcel.signal];
        *items = items.saturating_sub(parcel.items);
    }

    /// Some items of the parcel are delivered or lost, and the rest is still in flight.
    pub(super) fn partly_done(&mut self, signal: Signal, items: u64) {
        let held = &mut self.items[signal];
        *held = held.saturating_sub(items);
    }

    /// The bytes of a parcel that is full.
    pub(super) fn parcel_bytes(&self) -> usize {
        self.settings.parcel_bytes
    }

    /// Takes nothing from now on.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Forgets everything, in flight included, and says how many items that were: all, and those that are on disk as
    /// well.
    pub(super) fn clear(&mut self) -> (PerSignal<u64>, PerSignal<u64>) {
        self.parcels = PerSignal::default();
        self.bytes = 0;
        (std::mem::take(&mut self.items), std::mem::take(&mut self.kept))
    }
}

fn is_full(settings: &QueueSettings, parcel: &Parcel) -> bool {
    parcel.bytes >= settings.parcel_bytes || settings.parcel_items.is_some_and(|max| parcel.items >= max)
}

fn exceeds(settings: &QueueSettings, parcel: &Parcel, bytes: usize, items: u64) -> bool {
    parcel.bytes.saturating_add(bytes) > settings.parcel_bytes
        || settings.parcel_items.is_some_and(|max| parcel.items.saturating_add(items) > max)
}
