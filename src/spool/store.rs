//! What waits for one destination: the folder of this launch, and those of launches that have ended.

use super::age::Clocks;
use super::folder::{Folder, Lock};
use super::name::{self, Name, UNFINISHED};
use super::record::{self, Record};
use super::{Address, Limits};
use crate::account::{Ledger, Loss};
use crate::otlp::{Batch, Signal};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

const LOCK: &str = "lock";
/// What cannot be read, or is always the last thing that a program reads.
const BAD: &str = "bad";
/// The most that is kept of it.
const BAD_BYTES: u64 = 4 << 20;
/// A batch that was tried so often by programs that then were gone is not tried again.
const ATTEMPTS: u8 = 3;
/// Launches whose folders are looked at.
const LAUNCHES: usize = 1000;

/// A file: where it lies, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    name: Name,
    launch: usize,
}

/// A batch that lay there.
#[derive(Debug)]
pub struct Found {
    pub ticket: Ticket,
    pub batch: Batch,
}

/// Why a batch was not written down.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// There is as much as may be kept, and all of it is in memory as well.
    #[error("there is no room")]
    Full,
    #[error(transparent)]
    Failed(#[from] io::Error),
}

/// The files of one destination.
#[derive(Debug)]
pub(super) struct Store {
    address: Address,
    limits: Limits,
    clocks: Clocks,
    /// All launches of this destination.
    folder: Folder,
    /// Ours first.
    launches: Vec<Launch>,
    sequence: u64,
    /// Those whose batches are in no memory, oldest first, with their bytes.
    backlog: BTreeMap<Ticket, u64>,
    /// Those whose batches are in memory as well.
    live: BTreeMap<Ticket, u64>,
    bytes: u64,
    ledger: Arc<Ledger>,
}

#[derive(Debug)]
struct Launch {
    name: String,
    folder: Folder,
    _lock: Lock,
}

impl Store {
    /// Opens the folder of the destination below `root`, makes one for this launch and takes over those of launches
    /// that have ended. What is wrong with these is no failure.
    pub(super) fn open(
        root: &Folder,
        address: Address,
        launch: &str,
        limits: Limits,
        ledger: Arc<Ledger>,
    ) -> io::Result<Store> {
        let folder = root.below(address.to_string())?;
        let ours =
            Launch::open(&folder, launch, true)?.ok_or_else(|| io::Error::other("its lock is held"))?;
        let mut store = Store {
            address,
            limits,
            clocks: Clocks::new(),
            folder,
            launches: vec![ours],
            sequence: 0,
            backlog: BTreeMap::new(),
            live: BTreeMap::new(),
            bytes: 0,
            ledger,
        };
        store.adopt();
        Ok(store)
    }

    /// Takes over what launches have left that have ended meanwhile.
    pub(super) fn adopt(&mut self) {
        for name in self.folder.names(LAUNCHES).unwrap_or_default() {
            if !name::is_launch(&name) || self.launches.iter().any(|launch| launch.name == name) {
                continue;
            }
            // A folder that is alive, or is no folder, is not ours to take.
            if let Ok(Some(launch)) = Launch::open(&self.folder, &name, false) {
                self.take_over(launch);
            }
        }
    }

    fn take_over(&mut self, launch: Launch) {
        let number = self.launches.len();
        let mut any = false;
        for name in launch.folder.names(self.limits.files.saturating_mul(2)).unwrap_or_default() {
            if name.starts_with(UNFINISHED) {
                let _ = launch.folder.remove(&name);
            } else if let Some(parsed) = Name::parse(&name)
                && let Some(bytes) = launch.folder.size(&name)
            {
                let ticket = Ticket { name: parsed, launch: number };
                self.backlog.insert(ticket, bytes);
                self.bytes += bytes;
                self.ledger.adopted(parsed.signal, parsed.items);
                any = true;
            }
        }
        if any {
            self.launches.push(launch);
            self.keep_within(0);
        } else {
            launch.remove(&self.folder);
        }
    }

    /// Writes a batch down. `live`: it is in memory as well, and is not to be found by [`Store::oldest`].
    pub(super) fn keep(&mut self, batch: &Batch, live: bool) -> Result<Ticket, Refused> {
        let written = self.clocks.now();
        let (header, end) = record::frame(batch, &self.address, &written);
        let bytes = (header.len() + batch.bytes().len() + end.len()) as u64;
        if bytes > self.limits.bytes {
            return Err(Refused::Full);
        }
        self.keep_within(bytes);
        if self.bytes.saturating_add(bytes) > self.limits.bytes || self.files() >= self.limits.files {
            // All the rest is in memory as well.
            return Err(Refused::Full);
        }
        self.sequence += 1;
        let name = Name {
            created: written.wall,
            sequence: self.sequence,
            attempts: 0,
            signal: batch.signal(),
            items: batch.items(),
        };
        let parts = [&header[..], batch.bytes(), &end];
        let ours = self.launches.first().ok_or(Refused::Full)?;
        let unfinished = format!("{UNFINISHED}{}", self.sequence);
        ours.folder.write(&unfinished, &name.to_string(), &parts, self.limits.synced)?;
        let ticket = Ticket { name, launch: 0 };
        self.bytes += bytes;
        if live {
            self.live.insert(ticket, bytes);
        } else {
            self.backlog.insert(ticket, bytes);
            self.ledger.spooled(name.signal, name.items);
        }
        Ok(ticket)
    }

    /// The batch is delivered, or nobody wants it.
    pub(super) fn release(&mut self, ticket: Ticket) {
        if let Some(bytes) = self.live.remove(&ticket) {
            self.bytes = self.bytes.saturating_sub(bytes);
            self.remove(ticket);
        }
    }

    /// The batch is in memory no longer, and was not delivered. The books are the caller's, who knows whether some
    /// of its items were.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Some(bytes) = self.live.remove(&ticket) else { return };
        let Ticket { name, launch } = ticket;
        let before = Name { attempts: name.attempts.saturating_sub(1), ..name };
        // It was tried, and that was the end of nobody.
        let renamed = launch > 0
            && self.launches.get(launch).is_some_and(|Launch { folder, .. }| {
                folder.rename(&name.to_string(), folder, &before.to_string()).is_ok()
            });
        let name = if renamed { before } else { name };
        self.backlog.insert(Ticket { name, launch }, bytes);
    }

    /// [`Store::leave`], for one that [`Store::oldest`] has given to nobody.
    pub(super) fn put_back(&mut self, ticket: Ticket) {
        self.ledger.spooled(ticket.name.signal, ticket.name.items);
        self.leave(ticket);
    }

    /// Signal and bytes of what [`Store::oldest`] looks at first.
    pub(super) fn next(&self) -> Option<(Signal, u64)> {
        self.backlog.first_key_value().map(|(ticket, bytes)| (ticket.name.signal, *bytes))
    }

    /// The oldest batch that is in no memory. From now on it counts as being in memory, until it is
    /// [released](Store::release).
    pub(super) fn oldest(&mut self) -> Option<Found> {
        while let Some((ticket, bytes)) = self.backlog.pop_first() {
            match self.read(ticket) {
                Ok((ticket, record)) if record.written.age(&self.clocks.now()) <= self.limits.age => {
                    self.ledger.unspooled(ticket.name.signal, ticket.name.items);
                    self.live.insert(ticket, bytes);
                    return Some(Found { ticket, batch: record.batch });
                }
                Ok((ticket, _)) => {
                    self.give_up(ticket, bytes, "too old");
                    self.remove(ticket);
                }
                Err(why) => {
                    self.give_up(ticket, bytes, why);
                    self.set_aside(ticket);
                }
            }
        }
        None
    }

    /// Reads a file. One that another launch has left is given another name first: should it be the end of us too, the
    /// next one knows.
    fn read(&self, ticket: Ticket) -> Result<(Ticket, Record), &'static str> {
        let Ticket { mut name, launch } = ticket;
        let folder = &self.launches.get(launch).ok_or("not readable")?.folder;
        if launch > 0 {
            if name.attempts >= ATTEMPTS {
                return Err("tried too often");
            }
            let before = name.to_string();
            name.attempts += 1;
            folder.rename(&before, folder, &name.to_string()).map_err(|_| "not readable")?;
        }
        let content = folder.read(&name.to_string(), record::LONGEST).map_err(|_| "not readable")?;
        match record::read(content.into(), &self.address) {
            Ok(record) if (record.batch.signal(), record.batch.items()) == (name.signal, name.items) => {
                Ok((Ticket { name, launch }, record))
            }
            _ => Err("damaged"),
        }
    }

    /// Moves a file to those that nobody tries again, or removes it when there are enough of them.
    fn set_aside(&self, ticket: Ticket) {
        let Some(launch) = self.launches.get(ticket.launch) else { return };
        let name = [ticket.name, Name { attempts: ticket.name.attempts.saturating_add(1), ..ticket.name }]
            .map(|name| name.to_string())
            .into_iter()
            .find(|name| launch.folder.size(name).is_some());
        let Some(name) = name else { return };
        let moved = self.folder.below(BAD).and_then(|bad| {
            let held: u64 = bad.names(LAUNCHES)?.iter().filter_map(|name| bad.size(name)).sum();
            if held.saturating_add(launch.folder.size(&name).unwrap_or(0)) > BAD_BYTES {
                return Err(io::Error::other("there is no room"));
            }
            launch.folder.rename(&name, &bad, &format!("{}-{name}", launch.name))
        });
        if moved.is_err() {
            let _ = launch.folder.remove(&name);
        }
    }

    /// Makes room for so many bytes more, at the cost of what is oldest.
    fn keep_within(&mut self, more: u64) {
        while self.bytes.saturating_add(more) > self.limits.bytes
            || self.files().saturating_add(usize::from(more > 0)) > self.limits.files
        {
            let Some((ticket, bytes)) = self.backlog.pop_first() else { return };
            self.give_up(ticket, bytes, "the spool is full");
            self.remove(ticket);
        }
    }

    fn files(&self) -> usize {
        self.backlog.len() + self.live.len()
    }

    fn remove(&self, Ticket { name, launch }: Ticket) {
        let Some(launch) = self.launches.get(launch) else { return };
        let tried = Name { attempts: name.attempts.saturating_add(1), ..name };
        if launch.folder.remove(&name.to_string()).is_err() {
            let _ = launch.folder.remove(&tried.to_string());
        }
    }

    /// A batch that was only on disk will not be sent.
    fn give_up(&mut self, ticket: Ticket, bytes: u64, why: &'static str) {
        let Name { signal, items, .. } = ticket.name;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.ledger.unspooled(signal, items);
        self.ledger.lost(signal, Loss::Dropped(why), items);
    }

    /// Nothing waits that is in no memory.
    pub(super) fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Folders in which nothing is left go; the others wait for the next launch.
impl Drop for Store {
    fn drop(&mut self) {
        for launch in self.launches.drain(..) {
            launch.remove(&self.folder);
        }
    }
}

impl Launch {
    /// Opens the folder of a launch and takes its lock. `None`: its launch is alive.
    fn open(destination: &Folder, name: &str, new: bool) -> io::Result<Option<Launch>> {
        let folder = if new { destination.below(name)? } else { destination.enter(name)? };
        let lock = folder.lock(LOCK)?;
        Ok(lock.map(|lock| Launch { name: name.to_owned(), folder, _lock: lock }))
    }

    /// Removes the folder if no batch is in it. The lock is held meanwhile: nobody else takes it over.
    fn remove(self, destination: &Folder) {
        let left = self.folder.names(2).unwrap_or_default();
        if left.iter().all(|name| name == LOCK) {
            let _ = self.folder.remove(LOCK);
            let _ = destination.remove_folder(&self.name);
        }
    }
}

#[cfg(test)]
mod tests;
