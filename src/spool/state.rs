//! What the thread of the spool tells without being asked.

use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;

/// Of one shelf.
#[derive(Debug)]
pub(super) struct State {
    /// Something waits that is in no memory.
    pub(super) backlog: AtomicBool,
    /// The last batch could be written down.
    pub(super) works: AtomicBool,
    /// The backlog is no longer empty.
    pub(super) changed: Notify,
}

impl Default for State {
    fn default() -> Self {
        State { backlog: AtomicBool::new(false), works: AtomicBool::new(true), changed: Notify::new() }
    }
}
