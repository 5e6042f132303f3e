//! Spans and log records that wait for the end of what they belong to.
//!
//! What is part of a request is sent before the request itself, and what is to become of it hangs on how that
//! ends. So an item waits until the first span of its trace in its process, its local root, has come; then it is
//! known by its parents to which override it belongs, and whether anything in its trace is a reason to keep it.
//! Nothing waits longer than a few seconds, and not much waits at all: then it is decided by what is known.

use super::entry::{Class, Entry};
use super::memory::Memory;
use crate::otlp::Batch;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// Bytes that may wait.
const MOST_BYTES: usize = 16 << 20;
/// Items that may wait: what is known of one takes some 200 bytes.
const MOST_ITEMS: usize = 65_536;
/// Items of one trace that may wait: each end of a span in it asks for all of them.
const MOST_OF_TRACE: usize = 4_096;
/// Parents of a span that are looked at.
const DEEPEST: usize = 128;

#[derive(Debug)]
pub(super) struct Waiting {
    delay: Duration,
    traces: HashMap<[u8; 16], Trace>,
    held: BTreeMap<u64, Held>,
    ended: Memory<Ended>,
    next: u64,
    bytes: usize,
    items: usize,
    /// Held batches in which something was decided.
    changed: BTreeSet<u64>,
    /// Batches of traces of which too much waits.
    crowded: BTreeSet<u64>,
    /// Items that were decided before their time, for want of room.
    pub(super) early: u64,
}

/// A batch of which something waits.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) batch: Batch,
    pub(super) entries: Vec<Entry>,
    /// Of each entry, once it is decided.
    pub(super) classes: Vec<Option<Class>>,
    since: Instant,
}

/// What is known of a trace while something of it waits.
#[derive(Debug, Default)]
struct Trace {
    nodes: HashMap<[u8; 8], Node>,
    /// The items that wait, by the batch in which they are.
    open: BTreeMap<u64, Vec<usize>>,
    waiting: usize,
    /// There is a reason to keep it.
    keep: bool,
    /// The batch that touched it last.
    touched: u64,
    /// The last local root that came, until it is looked at.
    root: Option<Ended>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: [u8; 8],
    rule: Option<u32>,
    is_root: bool,
}

/// What is remembered of a trace whose local root has come.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    source: u64,
    root: [u8; 8],
    rule: Option<u32>,
    keep: bool,
}

impl Waiting {
    /// Without a `delay` nothing waits: what belongs together is seen as such within a batch, and afterwards.
    pub(super) fn new(delay: Duration) -> Waiting {
        Waiting {
            delay,
            traces: HashMap::new(),
            held: BTreeMap::new(),
            ended: Memory::new(Instant::now()),
            next: 1,
            bytes: 0,
            items: 0,
            changed: BTreeSet::new(),
            crowded: BTreeSet::new(),
            early: 0,
        }
    }

    /// Takes a batch. `follows`: whether an item goes with its trace.
    pub(super) fn enter(
        &mut self,
        batch: Batch,
        entries: Vec<Entry>,
        now: Instant,
        follows: impl Fn(&Entry) -> bool,
    ) {
        self.ended.age(now);
        let number = self.next;
        self.next += 1;
        let mut classes = vec![None; entries.len()];
        let mut touched = Vec::new();
        for (at, (entry, class)) in entries.iter().zip(&mut classes).enumerate() {
            let Some(trace_id) = entry.item.trace_id.filter(|_| follows(entry)) else {
                *class = Some(entry.alone());
                continue;
            };
            let trace = self.traces.entry(trace_id).or_default();
            if trace.touched != number {
                trace.touched = number;
                touched.push(trace_id);
            }
            trace.add(number, at, entry);
            if trace.waiting > MOST_OF_TRACE {
                self.crowded.extend(trace.open.first_key_value().map(|(number, _)| *number));
            }
        }
        self.put(number, Held { batch, entries, classes, since: now });
        self.changed.insert(number);
        for trace_id in touched {
            self.settle(trace_id);
        }
    }

    /// The next batch in which something is decided, with its number for [`Waiting::put_back`].
    pub(super) fn take(&mut self, now: Instant) -> Option<(u64, Held)> {
        let number = loop {
            if let Some(number) = self.changed.pop_first() {
                break number;
            }
            let crowded = std::mem::take(&mut self.crowded);
            let too_much = self.bytes > MOST_BYTES || self.items > MOST_ITEMS;
            let oldest =
                self.held.first_key_value().map(|(number, held)| (*number, held.since + self.delay <= now));
            match oldest {
                Some((number, is_due)) if is_due || too_much => self.force(number, !is_due),
                _ if crowded.is_empty() => return None,
                _ => crowded.into_iter().for_each(|number| self.force(number, true)),
            }
        };
        let held = self.held.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(held.batch.bytes().len());
        self.items = self.items.saturating_sub(held.entries.len());
        Some((number, held))
    }

    /// What still waits of a batch: `batch` has nothing else any more.
    pub(super) fn put_back(&mut self, number: u64, batch: Batch, held: Held) {
        let open = held.classes.iter().zip(held.entries).filter(|(class, _)| class.is_none());
        let entries: Vec<Entry> = open.map(|(_, entry)| entry).collect();
        let mut places: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            places.entry(entry.item.trace_id.unwrap_or_default()).or_default().push(at);
        }
        for (trace_id, places) in places {
            if let Some(trace) = self.traces.get_mut(&trace_id) {
                trace.open.insert(number, places);
            }
        }
        let classes = vec![None; entries.len()];
        self.put(number, Held { batch, entries, classes, since: held.since });
    }

    /// From now on nothing waits.
    pub(super) fn hurry(&mut self) {
        self.delay = Duration::ZERO;
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.traces.is_empty() && self.bytes == 0 && self.items == 0
    }

    /// When the next decision is due, at the latest.
    pub(super) fn due(&self) -> Option<Instant> {
        self.held.first_key_value().map(|(_, held)| held.since + self.delay)
    }

    fn put(&mut self, number: u64, held: Held) {
        self.bytes += held.batch.bytes().len();
        self.items += held.entries.len();
        self.held.insert(number, held);
    }

    /// Decides about the items of a trace that are known to belong to something that has ended.
    fn settle(&mut self, trace_id: [u8; 16]) {
        let Waiting { traces, held, ended, changed, delay, .. } = self;
        let Some(trace) = traces.get_mut(&trace_id) else { return };
        let before = ended.get(&trace_id);
        trace.keep |= before.is_some_and(|before| before.keep);
        let last = trace.root.take().or(before);
        if last.is_none() && !delay.is_zero() {
            return;
        }
        let Trace { nodes, open, waiting, keep, .. } = trace;
        open.retain(|number, places| {
            let Some(held) = held.get_mut(number) else { return false };
            let count = places.len();
            places.retain(|at| {
                let (Some(entry), Some(class)) = (held.entries.get(*at), held.classes.get_mut(*at)) else {
                    return false;
                };
                let (mut rule, mut is_over) = follow(nodes, entry, last.as_ref());
                if !is_over {
                    // What comes late belongs to what has ended before.
                    let late = if delay.is_zero() { last } else { before };
                    let late = late.filter(|late| late.source == entry.source);
                    rule = rule.or(late.and_then(|late| late.rule));
                    is_over = late.is_some() || delay.is_zero();
                }
                if is_over {
                    *class = Some(Class::of(rule, *keep));
                }
                !is_over
            });
            if places.len() < count {
                changed.insert(*number);
            }
            *waiting = waiting.saturating_sub(count - places.len());
            !places.is_empty()
        });
        let keep = *keep;
        if last.is_some() || keep {
            ended.keep(trace_id, Ended { keep, ..last.unwrap_or_default() });
        }
        if open.is_empty() {
            traces.remove(&trace_id);
        }
    }

    /// Decides about what waits in a batch by what is known now.
    fn force(&mut self, number: u64, early: bool) {
        let Waiting { traces, held, ended, .. } = self;
        let Some(held) = held.get_mut(&number) else { return };
        for (entry, class) in held.entries.iter().zip(&mut held.classes).filter(|(_, class)| class.is_none())
        {
            self.early += u64::from(early);
            *class = Some(entry.alone());
            let Some(trace_id) = entry.item.trace_id else { continue };
            let Some(trace) = traces.get(&trace_id) else { continue };
            let before = ended.get(&trace_id);
            let (rule, _) = follow(&trace.nodes, entry, before.as_ref());
            let late = before.filter(|before| before.source == entry.source || entry.is_log());
            *class = Some(Class::of(rule.or(late.and_then(|late| late.rule)), trace.keep));
            if trace.keep {
                ended.keep(trace_id, Ended { keep: true, ..before.unwrap_or_default() });
            }
        }
        for entry in &held.entries {
            let Some(trace_id) = entry.item.trace_id else { continue };
            let Some(trace) = traces.get_mut(&trace_id) else { continue };
            if !entry.is_log() {
                trace.nodes.remove(&entry.span_id);
            }
            let places = trace.open.remove(&number).map_or(0, |places| places.len());
            trace.waiting = trace.waiting.saturating_sub(places);
            if trace.open.is_empty() {
                traces.remove(&trace_id);
            }
        }
        self.changed.insert(number);
    }
}

impl Trace {
    fn add(&mut self, number: u64, at: usize, entry: &Entry) {
        self.keep |= entry.own.keep;
        self.open.entry(number).or_default().push(at);
        self.waiting += 1;
        if entry.is_log() {
            return;
        }
        let Entry { parent, is_root, source, span_id, .. } = *entry;
        self.nodes.insert(span_id, Node { parent, rule: entry.own.rule, is_root });
        if is_root {
            self.root = Some(Ended { source, root: span_id, rule: entry.own.rule, keep: false });
        }
    }
}

/// The override of an item, of its own or of the nearest span above it, and whether the local root to which it belongs
/// has come. `last`: one that may have come before.
fn follow(nodes: &HashMap<[u8; 8], Node>, entry: &Entry, last: Option<&Ended>) -> (Option<u32>, bool) {
    let mut rule = entry.own.rule;
    let mut at = entry.span_id;
    for _ in 0..DEEPEST {
        // A log record may know its trace alone.
        if let Some(last) = last.filter(|last| last.root == at || at == [0; 8]) {
            return (rule.or(last.rule), true);
        }
        let Some(node) = nodes.get(&at) else { break };
        rule = rule.or(node.rule);
        if node.is_root {
            return (rule, true);
        }
        at = node.parent;
    }
    (rule, false)
}
