//! One time series, put together from what its processes report.

use super::STALE;
use super::exemplar::Exemplar;
use super::producer::{Id, Producers};
use super::value::Value;
use std::time::{Duration, Instant};

/// How long a process that has gone silent may come back and go on with its counters.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// The latest exemplars are kept, about one for each bucket.
const MAX_EXEMPLARS: usize = 20;

/// How values of several processes, and of one process over time, belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Monotonic sums and histograms: added up, and what a process has reported stays when
    /// the process has gone.
    Cumulative,
    /// Up-down counters: added up over the processes that are alive.
    Additive,
    /// Gauges and summaries: each process has its own.
    Separate,
}

#[derive(Debug)]
pub(super) struct Series {
    pub(super) kind: Kind,
    /// What the streams reported that are forgotten.
    retained: Option<Value>,
    streams: Vec<Stream>,
    pub(super) exemplars: Vec<Exemplar>,
    /// Earliest start, nanoseconds since 1970; 0 when nobody said.
    pub(super) created: u64,
    updated: Instant,
}

#[derive(Debug)]
struct Stream {
    producer: Id,
    /// Start of a cumulative stream: a process that begins again, or another one that cannot be
    /// told from it by its resource, has another start. 0 for other kinds.
    start: u64,
    time: u64,
    value: Value,
    seen: Instant,
}

/// A data point without its attributes.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) value: Value,
    pub(super) start: u64,
    pub(super) time: u64,
    /// The value is what came in since the last point.
    pub(super) delta: bool,
}

impl Series {
    pub(super) fn new(kind: Kind, now: Instant) -> Self {
        Series { kind, retained: None, streams: Vec::new(), exemplars: Vec::new(), created: 0, updated: now }
    }

    pub(super) fn streams(&self) -> usize {
        self.streams.len()
    }

    pub(super) fn producers(&self) -> impl Iterator<Item = Id> {
        self.streams.iter().map(|stream| stream.producer)
    }

    /// Whether a point would need a stream of its own.
    pub(super) fn knows(&self, producer: Id, point: &Point) -> bool {
        let start = self.start(point);
        self.streams.iter().any(|stream| stream.producer == producer && stream.start == start)
    }

    /// Whether values of this kind are here already.
    pub(super) fn takes(&self, value: &Value) -> bool {
        self.retained
            .iter()
            .chain(self.streams.iter().map(|stream| &stream.value))
            .all(|v| v.same_kind(value))
    }

    /// Takes a point. One that is older than what is here is late or was sent twice, and
    /// changes nothing.
    pub(super) fn update(&mut self, producer: Id, point: Point, now: Instant) {
        let start = self.start(&point);
        if self.created == 0 || (point.start != 0 && point.start < self.created) {
            self.created = point.start;
        }
        self.updated = now;
        let known = self.streams.iter_mut().find(|known| known.producer == producer && known.start == start);
        let Some(stream) = known else {
            let Point { value, time, .. } = point;
            self.streams.push(Stream { producer, start, time, value, seen: now });
            return;
        };
        stream.seen = now;
        if point.time < stream.time || (point.delta && point.time == stream.time && point.time != 0) {
            return;
        }
        stream.time = point.time;
        if point.delta {
            stream.value.add(&point.value);
            return;
        }
        let before = std::mem::replace(&mut stream.value, point.value);
        // Without a start, less than before is the only sign of a new beginning.
        if self.kind == Kind::Cumulative && start == 0 && stream.value.fell_from(&before) {
            retain(&mut self.retained, &before);
        }
    }

    fn start(&self, point: &Point) -> u64 {
        if self.kind == Kind::Cumulative && !point.delta { point.start } else { 0 }
    }

    /// The process says that it has no value any more (OTLP, `NO_RECORDED_VALUE`).
    pub(super) fn end(&mut self, producer: Id) {
        if self.kind != Kind::Cumulative || (self.retained.is_none() && self.streams.len() == 1) {
            self.streams.retain(|stream| stream.producer != producer);
        }
    }

    /// Keeps the latest exemplars, in the order of their time.
    pub(super) fn exemplify(&mut self, exemplars: Vec<Exemplar>) {
        if exemplars.is_empty() {
            return;
        }
        self.exemplars.extend(exemplars);
        self.exemplars.sort_by_key(|exemplar| exemplar.time_unix_nano);
        self.exemplars.dedup();
        let excess = self.exemplars.len().saturating_sub(MAX_EXEMPLARS);
        self.exemplars.drain(..excess);
    }

    /// Lets go of what is over; whether anything is left. In a `hurry`, no silent process is
    /// waited for.
    pub(super) fn sweep(&mut self, producers: &Producers, hurry: bool, now: Instant) -> bool {
        let (kind, retained) = (self.kind, &mut self.retained);
        self.streams.retain(|stream| {
            let silent = now.saturating_duration_since(stream.seen);
            let ended = || producers.get(stream.producer).is_none_or(|producer| producer.ended());
            if silent < STALE {
                // Its last words may still be on the way.
                return kind == Kind::Cumulative || !ended();
            }
            let forget = kind != Kind::Cumulative || hurry || silent >= FORGOTTEN || ended();
            if forget && kind == Kind::Cumulative {
                retain(retained, &stream.value);
            }
            !forget
        });
        let stale = now.saturating_duration_since(self.updated) >= STALE;
        !stale && (self.retained.is_some() || !self.streams.is_empty())
    }

    /// The value of all processes together; not for [`Kind::Separate`].
    pub(super) fn total(&self, producers: &Producers, now: Instant) -> Option<Value> {
        let mut total = self.retained.clone();
        for stream in &self.streams {
            if self.kind == Kind::Cumulative || producers.alive(stream.producer, now) {
                retain(&mut total, &stream.value);
            }
        }
        total
    }

    /// The values of the processes that are alive, with what tells them apart when there are
    /// several. Of processes that nothing tells apart, the latest counts.
    pub(super) fn each<'a>(
        &'a self,
        producers: &'a Producers,
        now: Instant,
    ) -> Vec<(Option<&'a (&'static str, String)>, &'a Value)> {
        let mut alive: Vec<_> = self
            .streams
            .iter()
            .filter_map(|stream| Some((stream, producers.get(stream.producer).filter(|p| p.alive(now))?)))
            .map(|(stream, producer)| (producer.label.as_ref(), stream))
            .collect();
        alive.sort_by_key(|(label, stream)| (*label, std::cmp::Reverse((stream.time, stream.producer))));
        alive.dedup_by_key(|(label, _)| *label);
        if let [(label, _)] = alive.as_mut_slice() {
            *label = None;
        }
        alive.into_iter().map(|(label, stream)| (label, &stream.value)).collect()
    }
}

fn retain(total: &mut Option<Value>, value: &Value) {
    match total {
        Some(total) => total.add(value),
        None => *total = Some(value.clone()),
    }
}
