//! What the program's SDK tells as a log record and prints as well is told once: by the SDK, which knows more of it.

use super::parse::Parsed;
use crate::export::Witness;
use crate::otlp::view::{LogRecord, groups};
use crate::otlp::{Batch, Signal};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So long a record is remembered, and so many at most.
const MEMORY: Duration = Duration::from_secs(15);
const MOST: usize = 16_384;

/// So much of a line is looked through for the beginning of what was logged, in bytes.
const PREFIX: usize = 256;
/// The least length of the end of a line without a level, in bytes.
const LEAST: usize = 16;
/// The most beginnings.
const BEGINNINGS: usize = 24;

/// Remembers bodies of log records by their hashes, each as often as it came.
#[derive(Debug, Default)]
pub struct Twins {
    hasher: RandomState,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    counts: HashMap<u64, u32>,
    order: VecDeque<(Instant, u64)>,
}

impl Witness for Twins {
    fn observe(&self, batch: &Batch) {
        if batch.signal() != Signal::Logs {
            return;
        }
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for scope in groups(batch.bytes()).flat_map(|group| group.scopes()) {
            for item in scope.items() {
                let Ok(record) = LogRecord::read(item) else { continue };
                let Some(body) = record.body.as_text().filter(|body| !body.trim().is_empty()) else {
                    continue;
                };
                let hash = self.hash(first_line(body));
                *seen.counts.entry(hash).or_default() += 1;
                seen.order.push_back((now, hash));
            }
        }
        seen.forget(now);
    }
}

impl Twins {
    /// Whether one of the records seen is this entry. That one is used up.
    pub(super) fn take(&self, parsed: &Parsed, text: &str) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.counts.is_empty() {
            return false;
        }
        let line = first_line(text);
        let without_phrase = parsed.without_phrase.map(|length| line.get(..length).unwrap_or(line));
        let whole = [first_line(&parsed.body), line].into_iter().chain(without_phrase);
        // Without a level, a short end of a line may be anybody's.
        let long_enough =
            |text: &&str| parsed.severity > 0 || text.len() >= LEAST || text.len() == line.len();
        for candidate in whole.flat_map(beginnings).filter(long_enough) {
            let hash = self.hash(candidate);
            if let Some(count) = seen.counts.get_mut(&hash) {
                *count -= 1;
                if *count == 0 {
                    seen.counts.remove(&hash);
                }
                return true;
            }
        }
        false
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text.trim())
    }
}

impl Seen {
    fn forget(&mut self, now: Instant) {
        while self.order.len() > MOST || self.order.front().is_some_and(|(since, _)| *since + MEMORY <= now) {
            let Some((_, hash)) = self.order.pop_front() else { return };
            if let Some(count) = self.counts.get_mut(&hash) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&hash);
                }
            }
        }
    }
}

/// What follows are the lines of a trace.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The text, and what is left of it when words are taken from its beginning: a time, a level, a logger.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let ends = text
        .char_indices()
        .take_while(|(at, _)| *at < PREFIX)
        .filter(|(_, c)| matches!(c, ' ' | ':' | ']' | '|'));
    let after = ends.filter_map(|(at, c)| text.get(at + c.len_utf8()..)).filter(|rest| !rest.is_empty());
    std::iter::once(text).chain(after.take(BEGINNINGS))
}
