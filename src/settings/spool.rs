//! What may wait on disk.

use super::read::Own;
use crate::spool::Limits;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `--spool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolSettings {
    /// What batches that are acknowledged outlive.
    pub outlives: Outlives,
    /// `None`: where services and users keep such things.
    pub place: Option<PathBuf>,
    /// Of each destination and signal.
    pub max_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outlives {
    /// Nothing: batches are in memory alone.
    Memory,
    /// Our own processes.
    Process,
    /// The machine.
    Power,
}

impl SpoolSettings {
    pub(super) fn new(own: &Own) -> SpoolSettings {
        SpoolSettings {
            outlives: own.spool.unwrap_or(Outlives::Memory),
            place: own.spool_dir.clone(),
            max_bytes: own.spool_max_bytes.unwrap_or(Limits::default().bytes),
        }
    }

    pub fn limits(&self) -> Limits {
        let synced = self.outlives == Outlives::Power;
        Limits { bytes: self.max_bytes, synced, ..Limits::default() }
    }
}
