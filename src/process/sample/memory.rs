//! What was decided of traces, kept for a while: all that belongs to a trace is judged alike,
//! whenever it comes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A trace is remembered for this long at least, unless there are too many of them, and for
/// twice as long at most.
const KEPT: Duration = Duration::from_secs(60);
/// Traces of one generation.
const MOST: usize = 65_536;

/// Two generations: when the young one is full or old it becomes the old one.
#[derive(Debug)]
pub(super) struct Memory<T> {
    young: HashMap<[u8; 16], T>,
    old: HashMap<[u8; 16], T>,
    since: Instant,
}

impl<T: Copy> Memory<T> {
    pub(super) fn new(now: Instant) -> Memory<T> {
        Memory { young: HashMap::new(), old: HashMap::new(), since: now }
    }

    /// Forgets what is too old.
    pub(super) fn age(&mut self, now: Instant) {
        if now.duration_since(self.since) >= KEPT {
            self.turn();
            self.since = now;
        }
    }

    pub(super) fn get(&self, trace_id: &[u8; 16]) -> Option<T> {
        self.young.get(trace_id).or_else(|| self.old.get(trace_id)).copied()
    }

    pub(super) fn keep(&mut self, trace_id: [u8; 16], decided: T) {
        if self.young.len() >= MOST {
            self.turn();
        }
        self.young.insert(trace_id, decided);
    }

    fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_remembered_for_a_minute_and_forgotten_after_two() {
        let start = Instant::now();
        let mut memory = Memory::new(start);
        memory.keep([1; 16], 25.0);
        memory.age(start + KEPT);
        assert_eq!(memory.get(&[1; 16]), Some(25.0));
        memory.age(start + 2 * KEPT);
        assert_eq!(memory.get(&[1; 16]), None);
    }

    #[test]
    fn it_is_bounded() {
        let mut memory = Memory::new(Instant::now());
        for n in 0..3 * MOST as u128 {
            memory.keep(n.to_be_bytes(), 1.0);
        }
        assert!(memory.young.len() + memory.old.len() <= 2 * MOST);
        assert_eq!(memory.get(&(3 * MOST as u128 - 1).to_be_bytes()), Some(1.0));
    }
}
