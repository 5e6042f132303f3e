//! The way to the disk: all work is given to one thread, so that a disk that hangs holds up nothing else.

use super::keeper::{Job, Keeper};
use super::state::State;
use super::store::{Found, Ticket};
use super::{Address, Limits};
use crate::account::Ledger;
use crate::environment::Environment;
use crate::otlp::Batch;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a batch waits to be written down. Then it is in memory alone, and its file is removed should it come.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the end waits for the disk.
const END: Duration = Duration::from_millis(200);

/// All shelves of a launch.
pub struct Spool {
    jobs: Sender<Job>,
    shelves: usize,
}

/// What is kept for one destination.
#[derive(Clone)]
pub struct Shelf {
    jobs: Sender<Job>,
    number: usize,
    state: Arc<State>,
}

impl Spool {
    /// Starts the thread. `place`: where the user wants the files, or else where services and users keep such things.
    /// Nothing is made before there is something to keep. Fails when there can be no thread.
    pub fn start(place: Option<PathBuf>, limits: Limits, environment: Environment) -> io::Result<Spool> {
        let (jobs, queue) = channel();
        let keeper = Keeper::new(place, limits, environment)?;
        thread::Builder::new().name("spool".into()).spawn(move || keeper.run(&queue))?;
        Ok(Spool { jobs, shelves: 0 })
    }

    /// The shelf of one more destination, whose books are these.
    pub fn shelf(&mut self, address: Address, ledger: Arc<Ledger>) -> Shelf {
        let state = Arc::new(State::default());
        let number = self.shelves;
        self.shelves += 1;
        let _ = self.jobs.send(Job::Open { address, ledger, state: state.clone() });
        Shelf { jobs: self.jobs.clone(), number, state }
    }

    /// Waits until everything is done that was asked for, and empty folders are gone.
    pub async fn finish(&self) {
        let (done, ended) = oneshot::channel();
        if self.jobs.send(Job::Finish { done }).is_ok() {
            let _ = timeout(END, ended).await;
        }
    }
}

impl Shelf {
    /// Writes a batch down. `live`: it is in memory as well, and does not come by [`Shelf::oldest`] before it is
    /// [left](Shelf::leave). `None`: it could not be, and is in memory alone or nowhere.
    pub async fn keep(&self, batch: &Batch, live: bool) -> Option<Ticket> {
        let (done, kept) = oneshot::channel();
        let job = Job::Keep { shelf: self.number, batch: batch.clone(), live, done };
        self.jobs.send(job).ok()?;
        timeout(PATIENCE, kept).await.ok()?.ok()?
    }

    /// These were delivered, or nobody wants them.
    pub fn release(&self, tickets: Vec<Ticket>) {
        if !tickets.is_empty() {
            let _ = self.jobs.send(Job::Release { shelf: self.number, tickets });
        }
    }

    /// These are in memory no longer, and stay on the disk.
    pub fn leave(&self, tickets: Vec<Ticket>) {
        if !tickets.is_empty() {
            let _ = self.jobs.send(Job::Leave { shelf: self.number, tickets });
        }
    }

    /// The oldest batches that are in no memory, all of one signal: one, and more as long as they have no more than so
    /// many bytes together. They are in memory from now on.
    pub async fn oldest(&self, bytes: usize) -> Vec<Found> {
        let (done, found) = oneshot::channel();
        if self.jobs.send(Job::Oldest { shelf: self.number, bytes, done }).is_err() {
            return Vec::new();
        }
        found.await.unwrap_or_default()
    }

    /// Whether [`Shelf::oldest`] would find something.
    pub fn has_backlog(&self) -> bool {
        self.state.backlog.load(Ordering::Relaxed)
    }

    /// Waits until there may be something to find.
    pub async fn filled(&self) {
        self.state.changed.notified().await;
    }

    /// Whether the last batch could be written down.
    pub fn works(&self) -> bool {
        self.state.works.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
