//! The thread that works on the disk.

use super::folder::Folder;
use super::state::State;
use super::store::{Found, Refused, Store, Ticket};
use super::{Address, Limits, place};
use crate::account::Ledger;
use crate::environment::Environment;
use crate::notice;
use crate::otlp::Batch;
use crate::sys;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// After a failure the disk is tried again.
const AGAIN: Duration = Duration::from_secs(30);
/// The target has started by then.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How often we look for launches that have ended.
const LOOK: Duration = Duration::from_secs(300);

/// What is to be done.
pub(super) enum Job {
    Open { address: Address, ledger: Arc<Ledger>, state: Arc<State> },
    Keep { shelf: usize, batch: Batch, live: bool, done: oneshot::Sender<Option<Ticket>> },
    Release { shelf: usize, tickets: Vec<Ticket> },
    Leave { shelf: usize, tickets: Vec<Ticket> },
    Oldest { shelf: usize, bytes: usize, done: oneshot::Sender<Vec<Found>> },
    Finish { done: oneshot::Sender<()> },
}

pub(super) struct Keeper {
    place: Option<PathBuf>,
    limits: Limits,
    environment: Environment,
    /// The name of this launch.
    launch: String,
    root: Option<Folder>,
    shelves: Vec<Shelf>,
    /// Since when nothing is tried, after a failure.
    failed: Option<Instant>,
}

struct Shelf {
    address: Address,
    ledger: Arc<Ledger>,
    state: Arc<State>,
    store: Option<Store>,
}

impl Keeper {
    pub(super) fn new(
        place: Option<PathBuf>,
        limits: Limits,
        environment: Environment,
    ) -> io::Result<Keeper> {
        let launch = format!("{:016x}", u64::from_ne_bytes(sys::random()?));
        Ok(Keeper { place, limits, environment, launch, root: None, shelves: Vec::new(), failed: None })
    }

    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        let mut look = Instant::now() + FIRST_LOOK;
        loop {
            match queue.recv_timeout(look.saturating_duration_since(Instant::now())) {
                Ok(Job::Finish { done }) => {
                    drop(self);
                    let _ = done.send(());
                    return;
                }
                Ok(job) => self.work(job),
                Err(RecvTimeoutError::Timeout) => {
                    self.look();
                    look = Instant::now() + LOOK;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Open { address, ledger, state } => {
                self.shelves.push(Shelf { address, ledger, state, store: None });
            }
            Job::Keep { shelf, batch, live, done } => {
                let ticket = if done.is_closed() { None } else { self.keep(shelf, &batch, live) };
                // Who no longer waits has the batch in memory alone, and would never release it.
                if let Err(Some(ticket)) = done.send(ticket)
                    && let Some(store) = self.store(shelf)
                {
                    store.release(ticket);
                }
            }
            Job::Release { shelf, tickets } => {
                if let Some(store) = self.store(shelf) {
                    tickets.into_iter().for_each(|ticket| store.release(ticket));
                }
            }
            Job::Leave { shelf, tickets } => {
                if let Some(store) = self.store(shelf) {
                    tickets.into_iter().for_each(|ticket| store.leave(ticket));
                }
                self.tell(shelf);
            }
            Job::Oldest { shelf, bytes, done } => {
                let found = self.store(shelf).map(|store| oldest(store, bytes)).unwrap_or_default();
                let tickets: Vec<Ticket> = found.iter().map(|found| found.ticket).collect();
                self.tell(shelf);
                if done.send(found).is_err()
                    && let Some(store) = self.store(shelf)
                {
                    tickets.into_iter().for_each(|ticket| store.put_back(ticket));
                    self.tell(shelf);
                }
            }
            Job::Finish { .. } => {}
        }
    }

    fn store(&mut self, shelf: usize) -> Option<&mut Store> {
        self.shelves.get_mut(shelf)?.store.as_mut()
    }

    fn keep(&mut self, shelf: usize, batch: &Batch, live: bool) -> Option<Ticket> {
        if self.failed.is_some_and(|since| since.elapsed() < AGAIN) {
            return None;
        }
        let kept = self.open(shelf).map_err(Refused::Failed).and_then(|store| store.keep(batch, live));
        match kept {
            Ok(ticket) => {
                if self.failed.take().is_some() {
                    notice::info("spool", "spool: batches are kept on disk again");
                }
                self.tell(shelf);
                Some(ticket)
            }
            Err(Refused::Full) => None,
            Err(Refused::Failed(error)) => {
                let text = format!("spool: batches are kept in memory alone: {error}");
                match self.failed.replace(Instant::now()) {
                    // Nobody asked for it.
                    None if self.place.is_none() => notice::info("spool", &text),
                    None => notice::warn("spool", &text),
                    Some(_) => {}
                }
                self.tell(shelf);
                None
            }
        }
    }

    /// The store of a shelf, opened at first use.
    fn open(&mut self, shelf: usize) -> io::Result<&mut Store> {
        let root = match &self.root {
            Some(root) => root,
            None => self.root.insert(place::open(self.place.as_deref(), &self.environment)?),
        };
        let shelf = self.shelves.get_mut(shelf).ok_or(io::ErrorKind::NotFound)?;
        match &mut shelf.store {
            Some(store) => Ok(store),
            empty => {
                let ledger = shelf.ledger.clone();
                let store = Store::open(root, shelf.address, &self.launch, self.limits, ledger)?;
                Ok(empty.insert(store))
            }
        }
    }

    /// Looks for what launches have left that have ended. Where nothing was ever kept nothing is made.
    fn look(&mut self) {
        if self.root.is_none() {
            self.root = place::existing(self.place.as_deref(), &self.environment);
        }
        for number in 0..self.shelves.len() {
            let (Some(root), Some(shelf)) = (&self.root, self.shelves.get_mut(number)) else { return };
            match &mut shelf.store {
                Some(store) => store.adopt(),
                None if root.enter(shelf.address.to_string()).is_ok() => drop(self.open(number)),
                None => {}
            }
            self.tell(number);
        }
    }

    /// Tells the destination whether something waits.
    fn tell(&self, shelf: usize) {
        let Some(Shelf { state, store, .. }) = self.shelves.get(shelf) else { return };
        let waits = store.as_ref().is_some_and(Store::has_backlog);
        if waits && !state.backlog.swap(waits, Ordering::Relaxed) {
            state.changed.notify_one();
        }
        state.backlog.store(waits, Ordering::Relaxed);
        state.works.store(self.failed.is_none_or(|since| since.elapsed() >= AGAIN), Ordering::Relaxed);
    }
}

/// As many of the oldest as fit into so many bytes, but one at least.
fn oldest(store: &mut Store, bytes: usize) -> Vec<Found> {
    let Some(first) = store.oldest() else { return Vec::new() };
    let signal = first.batch.signal();
    let mut held = first.batch.bytes().len() as u64;
    let mut found = vec![first];
    while let Some((same, more)) = store.next()
        && same == signal
        && held.saturating_add(more) <= bytes as u64
        && let Some(next) = store.oldest()
    {
        held += more;
        found.push(next);
    }
    found
}
