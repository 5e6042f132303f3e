//! Application Insights adds up what it gets, so that a total has to be told once: the growth
//! of each cumulative series since its last point (OpenTelemetry metrics data model,
//! "Temporality", "Resets and gaps").

use super::Measured;
use crate::account::Loss;
use crate::otlp::view::{Attributes, Figure, Metric, Value};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// Most series that are remembered, about 100 bytes each.
const MOST: usize = 50_000;
/// A series without a point for so long has ended. Nanoseconds.
const FORGOTTEN: u64 = 3 * 3600 * 1_000_000_000;
/// How often series that have ended are looked for, and when there is no room. Nanoseconds.
const SWEEP: u64 = 600 * 1_000_000_000;
const HURRIED: u64 = 60 * 1_000_000_000;

/// The first that we hear of a series that others may have told before.
const BASELINE: Loss = Loss::LeftOut("first point of an older series");
const UNCHANGED: Loss = Loss::LeftOut("nothing new");
/// A later point has told it already.
const LATE: Loss = Loss::LeftOut("late or repeated point");
const TOO_MANY: Loss = Loss::Dropped("too many series");

/// The last totals of cumulative series.
pub(in crate::export::azure::map) struct Deltas {
    /// Series that began before this moment may have been told by somebody else, or by us and we
    /// have forgotten. Nanoseconds since 1970.
    since: u64,
    last: HashMap<Key, Last>,
    hashers: [RandomState; 2],
    swept: u64,
    most: usize,
}

/// A series from one start on: a counter that starts anew is another one, and processes that
/// cannot be told apart by their resources do not disturb each other.
///
/// Its identity is a hash of 128 bits with secret keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    series: [u64; 2],
    start: u64,
}

struct Last {
    /// Time of the point. Not the future, in which a wrong clock would hold up all that follow.
    time: u64,
    /// When it came.
    seen: u64,
    figure: Figure,
}

impl Deltas {
    pub(super) fn new(since: u64) -> Deltas {
        Deltas {
            since,
            last: HashMap::new(),
            hashers: [RandomState::new(), RandomState::new()],
            swept: 0,
            most: MOST,
        }
    }

    /// The identity of a resource or a scope, as a part of [`Deltas::key`].
    pub(super) fn part(&self, part: impl Hash) -> [u64; 2] {
        self.hash(part)
    }

    /// The series of a point. The order of its attributes does not matter.
    pub(super) fn key(
        &self,
        around: [[u64; 2]; 2],
        metric: &Metric<'_>,
        attributes: &Attributes<'_>,
        start: u64,
    ) -> Key {
        let mut sum = [0u64; 2];
        for (key, value) in attributes.iter() {
            for (sum, hash) in sum.iter_mut().zip(self.hash((key, Bits(value)))) {
                *sum = sum.wrapping_add(hash);
            }
        }
        Key { series: self.hash((around, &metric.name, metric.kind, sum)), start }
    }

    fn hash(&self, what: impl Hash) -> [u64; 2] {
        [self.hashers[0].hash_one(&what), self.hashers[1].hash_one(&what)]
    }

    /// What a cumulative point adds to what was told before. `time` and `now` (when it came) are
    /// nanoseconds since 1970.
    pub(super) fn take(&mut self, key: Key, time: u64, figure: Figure, now: u64) -> Result<Measured, Loss> {
        if now.saturating_sub(self.swept) >= SWEEP {
            self.sweep(now, FORGOTTEN);
        }
        if let Some(last) = self.last.get_mut(&key) {
            if time <= last.time {
                return Err(LATE);
            }
            let before = std::mem::replace(&mut last.figure, figure);
            (last.time, last.seen) = (time.min(now), now);
            return grown(before, figure);
        }
        if self.last.len() >= self.most && now.saturating_sub(self.swept) >= HURRIED {
            self.sweep(now, HURRIED);
        }
        if self.last.len() >= self.most {
            return Err(TOO_MANY);
        }
        self.last.insert(key, Last { time: time.min(now), seen: now, figure });
        // Without a start nobody knows when it began.
        if key.start < self.since { Err(BASELINE) } else { Measured::of(figure) }
    }

    /// Lets go of series that have ended. One that goes on all the same is not told twice: from
    /// now on it counts as one that others have told.
    fn sweep(&mut self, now: u64, idle: u64) {
        self.swept = now;
        let since = &mut self.since;
        self.last.retain(|key, last| {
            let stays = now.saturating_sub(last.seen) < idle;
            if !stays {
                *since = (*since).max(key.start.min(now).saturating_add(1));
            }
            stays
        });
    }
}

/// The growth from one point of a series to the next. A total that is lower than before was
/// started anew without saying so: all of it is new.
fn grown(before: Figure, now: Figure) -> Result<Measured, Loss> {
    let value = match (before, now) {
        (
            Figure::Distribution { count: before_count, sum: before_sum, min: before_min, max: before_max },
            Figure::Distribution { count, sum, min, max },
        ) => {
            if count < before_count {
                return Measured::of(now);
            }
            if count == before_count {
                return Err(UNCHANGED);
            }
            let count = count - before_count;
            let sum = sum.zip(before_sum).map(|(now, before)| now - before);
            // Extremes are those since the start. They are of this interval when they are new, or
            // when there was one measurement alone.
            let (min, max) = match sum {
                Some(only) if count == 1 => (Some(only), Some(only)),
                _ => (
                    min.filter(|min| before_min.is_some_and(|before| *min < before)),
                    max.filter(|max| before_max.is_some_and(|before| *max > before)),
                ),
            };
            return Measured::of(Figure::Distribution { count, sum, min, max });
        }
        (Figure::Int(before), Figure::Int(now)) if now >= before => match now.checked_sub(before) {
            Some(growth) => growth as f64,
            None => now as f64 - before as f64,
        },
        (before, now) => match (number(before), number(now)) {
            (Some(before), Some(now)) if now >= before => now - before,
            _ => return Measured::of(now),
        },
    };
    if value == 0.0 { Err(UNCHANGED) } else { Measured::of(Figure::Double(value)) }
}

fn number(figure: Figure) -> Option<f64> {
    match figure {
        Figure::Int(value) => Some(value as f64),
        Figure::Double(value) => Some(value),
        Figure::Empty | Figure::Distribution { .. } => None,
    }
}

/// A value by its bits: what is written the same is the same.
struct Bits<'a>(&'a Value<'a>);

impl Hash for Bits<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self.0).hash(state);
        match self.0 {
            Value::Empty => {}
            Value::Text(text) => text.hash(state),
            Value::Bool(value) => value.hash(state),
            Value::Int(value) => value.hash(state),
            Value::Double(value) => value.to_bits().hash(state),
            Value::Bytes(bytes) | Value::Array(bytes) | Value::Map(bytes) => bytes.hash(state),
        }
    }
}

#[cfg(test)]
mod tests;
