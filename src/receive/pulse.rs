//! The life of one connection, as its socket sees it and its task must know it.

use super::limits::{HEAD_TIME, IDLE_TIME};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Pulse {
    start: Instant,
    /// Milliseconds after `start` at which the next byte is late.
    due: AtomicU64,
    /// How often the connection's task ran.
    turn: AtomicU64,
    /// A request had the right token.
    known: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        let pulse = Pulse {
            start: Instant::now(),
            due: AtomicU64::new(0),
            turn: AtomicU64::new(0),
            known: AtomicBool::new(false),
        };
        pulse.allow(HEAD_TIME);
        pulse
    }

    /// A head has begun.
    pub(super) fn head(&self) {
        self.allow(HEAD_TIME);
    }

    /// Bytes came in that are not part of a head.
    pub(super) fn alive(&self) {
        self.allow(IDLE_TIME);
    }

    fn allow(&self, time: Duration) {
        let due = u64::try_from((self.start.elapsed() + time).as_millis()).unwrap_or(u64::MAX);
        self.due.store(due, Ordering::Relaxed);
    }

    pub(super) fn due(&self) -> Instant {
        self.start + Duration::from_millis(self.due.load(Ordering::Relaxed))
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    pub(super) fn next_turn(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    pub(super) fn make_known(&self) {
        self.known.store(true, Ordering::Relaxed);
    }
}
