//! What was left out with all that hangs on it, remembered for a while: its log records and late children come in
//! requests of their own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Something is remembered for this long at least, unless there is too much of it, and for twice as long at most.
const KEPT: Duration = Duration::from_secs(60);
/// Traces, and spans, of one generation.
const MOST: usize = 16_384;

/// The ids of an item that are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: Option<[u8; 16]>,
    pub(super) span: Option<[u8; 8]>,
    pub(super) parent: Option<[u8; 8]>,
}

impl Ids {
    pub(super) fn new(trace: &[u8], span: &[u8], parent: &[u8]) -> Ids {
        let id = |bytes: &[u8]| bytes.try_into().ok().filter(|id| *id != [0; 8]);
        Ids { trace: trace.try_into().ok().filter(|id| *id != [0; 16]), span: id(span), parent: id(parent) }
    }
}

/// By whom. Two generations: when the young one is full or old it becomes the old one.
#[derive(Debug, Default)]
pub(super) struct Gone {
    young: Generation,
    old: Generation,
    since: Option<Instant>,
}

#[derive(Debug, Default)]
struct Generation {
    traces: HashMap<[u8; 16], &'static str>,
    spans: HashMap<([u8; 16], [u8; 8]), &'static str>,
}

impl Gone {
    /// Forgets what is too old.
    pub(super) fn age(&mut self, now: Instant) {
        if now.duration_since(*self.since.get_or_insert(now)) >= KEPT {
            self.turn();
            self.since = Some(now);
        }
    }

    /// Who left out what the item hangs on. A child is remembered, too: it may have children.
    pub(super) fn hangs_on(&mut self, ids: &Ids) -> Option<&'static str> {
        if self.is_empty() {
            return None;
        }
        let generations = [&self.young, &self.old];
        let name = generations.into_iter().find_map(|known| {
            let trace = ids.trace.and_then(|trace| known.traces.get(&trace));
            let known_span = |span: Option<[u8; 8]>| known.spans.get(&(ids.trace?, span?));
            trace.or_else(|| known_span(ids.span)).or_else(|| known_span(ids.parent)).copied()
        })?;
        self.add_span(ids, name);
        Some(name)
    }

    /// Notes an item that was left out. The whole trace goes with what it began with; of a trace that began elsewhere
    /// only what is below.
    pub(super) fn add(&mut self, ids: &Ids, name: &'static str) {
        if self.young.traces.len() >= MOST {
            self.turn();
        }
        match (ids.trace, ids.parent) {
            (Some(trace), None) => drop(self.young.traces.insert(trace, name)),
            _ => self.add_span(ids, name),
        }
    }

    fn add_span(&mut self, ids: &Ids, name: &'static str) {
        if self.young.spans.len() >= MOST {
            self.turn();
        }
        if let (Some(trace), Some(span)) = (ids.trace, ids.span) {
            self.young.spans.insert((trace, span), name);
        }
    }

    fn is_empty(&self) -> bool {
        let is_empty = |known: &Generation| known.traces.is_empty() && known.spans.is_empty();
        is_empty(&self.young) && is_empty(&self.old)
    }

    fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(trace: u8, span: u8, parent: u8) -> Ids {
        Ids::new(&[trace; 16], &[span; 8], &[parent; 8])
    }

    #[test]
    fn a_trace_goes_with_its_root_and_a_subtree_with_its_top() {
        let mut gone = Gone::default();
        assert_eq!(gone.hangs_on(&ids(1, 2, 3)), None);
        gone.add(&ids(1, 1, 0), "root");
        gone.add(&ids(2, 1, 9), "inner");
        assert_eq!(gone.hangs_on(&ids(1, 7, 7)), Some("root"));
        assert_eq!(gone.hangs_on(&ids(2, 4, 9)), None, "a sibling stays");
        assert_eq!(gone.hangs_on(&ids(2, 5, 1)), Some("inner"));
        assert_eq!(gone.hangs_on(&ids(2, 6, 5)), Some("inner"), "and a child of the child");
        assert_eq!(gone.hangs_on(&ids(2, 1, 0)), Some("inner"), "a log record of the span itself");
    }

    #[test]
    fn it_is_bounded_and_forgets() {
        let mut gone = Gone::default();
        for n in 0..3 * MOST as u128 {
            gone.add(&Ids { trace: Some((n + 1).to_be_bytes()), ..Ids::default() }, "x");
        }
        assert!(gone.young.traces.len() + gone.old.traces.len() <= 2 * MOST);
        let start = Instant::now();
        gone.age(start);
        gone.add(&ids(1, 1, 0), "y");
        gone.age(start + KEPT);
        assert_eq!(gone.hangs_on(&ids(1, 2, 1)), Some("y"));
        gone.age(start + KEPT * 2);
        gone.age(start + KEPT * 3);
        assert_eq!(gone.hangs_on(&ids(1, 2, 1)), None);
    }
}
