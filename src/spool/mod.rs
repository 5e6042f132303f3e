//! Batches on disk until their destination has them: what was acknowledged outlives this process.
//!
//! One file per batch, no database, no index (`record`): `<state>/otel-run/<destination>/<launch>/<name>`. A launch holds
//! the lock of its folder as long as it lives; a folder whose lock can be taken belongs to a launch that has ended, and
//! whoever takes it sends what is left in it. No wall clock takes part in that.

mod age;
#[cfg(test)]
mod fixture;
mod folder;
mod keeper;
mod name;
mod place;
mod record;
mod shelf;
mod state;
mod store;

pub use shelf::{Shelf, Spool};
pub use store::{Found, Ticket};

use std::fmt;
use std::time::Duration;

/// For whom a batch is: a digest of where it goes and as whom, so that it never goes anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address([u8; 16]);

impl Address {
    /// Of all that tells the destination from others; secrets may be among it.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Address {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        let mut address = [0; 16];
        address.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Address(address)
    }
}

/// As its folder is called.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What one destination may take of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: u64,
    pub files: usize,
    pub age: Duration,
    /// Files are on the disk before their batch is acknowledged, and outlive the machine.
    pub synced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, files: 10_000, age: Duration::from_secs(48 * 60 * 60), synced: false }
    }
}
