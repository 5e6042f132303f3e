//! Which traces are kept, and which log records with them.
//!
//! A decision is drawn from the trace id, so that every span of a trace, every log record and
//! every other process comes to the same one. Beside it stands the rate: the percentage that was
//! kept of such items, for a service that counts each item as 100 divided by it. What an SDK has
//! left out before is part of the rate.

mod applied;
mod hash;
mod limit;
mod memory;
#[cfg(test)]
mod tests;

pub use applied::RATE_ATTRIBUTES;

use crate::clock;
use crate::otlp::view::{self, LogRecord, Span};
use crate::otlp::{Batch, Signal};
use crate::settings;
use applied::Applied;
use limit::Limiter;
use memory::Memory;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// `rate`: above 0, 100 at most.
    Keep {
        rate: f64,
    },
    Drop,
}

/// Decides for all signals of a launch. Shared between those who send them.
#[derive(Debug)]
pub struct Sampler {
    traces: settings::Sampler,
    /// Of log records, beside what is kept of their traces.
    log_percentage: f64,
    logs_follow_traces: bool,
    /// For samplers that cannot tell from the trace id alone.
    state: Option<Mutex<State>>,
}

/// Clocks of other machines are ahead of ours by no more.
const AHEAD: Duration = Duration::from_secs(15);

/// No trace begins later, in nanoseconds since 1970. A start that is far off would look like
/// an age without traces, and the limit would hold no more.
fn latest() -> u64 {
    clock::unix_nano().saturating_add(AHEAD.as_nanos() as u64)
}

#[derive(Debug)]
struct State {
    memory: Memory,
    /// Without one, only traces with a remote parent are remembered.
    limiter: Option<Limiter>,
}

/// What a sampler of traces says about one.
enum Verdict {
    All,
    None,
    /// A percentage by Microsoft's score.
    Score(f64),
    /// A percentage by OpenTelemetry's `traceidratio`.
    Fraction(f64),
}

/// The percentage that was kept before an item came here: of its attributes and `tracestate`.
pub fn applied_rate(attributes: &view::Attributes<'_>, trace_state: &str) -> f64 {
    Applied::of(attributes, trace_state).percent()
}

impl Sampler {
    /// `log_percentage`: 0 to 100, of all log records; `logs_follow_traces`: those of a trace
    /// that is dropped are dropped too.
    pub fn new(traces: settings::Sampler, log_percentage: f64, logs_follow_traces: bool) -> Sampler {
        let limiter = match traces {
            settings::Sampler::RateLimited(target) => Some(Limiter::new(target)),
            _ => None,
        };
        let follows_parents = matches!(traces, settings::Sampler::ParentBased { root_on: false });
        let state = (limiter.is_some() || follows_parents)
            .then(|| Mutex::new(State { memory: Memory::new(Instant::now()), limiter }));
        Sampler { traces, log_percentage, logs_follow_traces, state }
    }

    /// Looks at the traces of a batch before one of its items is asked for: in which order they
    /// began, and which of them began in another process. A batch that is seen again changes nothing.
    pub fn foresee(&self, batch: &Batch) {
        let Some(mut state) = self.state() else { return };
        state.memory.age(Instant::now());
        match batch.signal() {
            Signal::Metrics => {}
            Signal::Logs if !self.logs_follow_traces => {}
            Signal::Logs | Signal::Traces if state.limiter.is_some() => state.rank(batch),
            Signal::Traces => state.notice_parents(batch),
            Signal::Logs => {}
        }
    }

    pub fn span(&self, span: &Span<'_>) -> Decision {
        let applied = Applied::of(&span.attributes, &span.trace_state);
        match id(span.trace_id) {
            Some(trace_id) => decision(self.verdict(&trace_id, span.start).apply(applied, &trace_id)),
            None if matches!(self.traces, settings::Sampler::AlwaysOff) => Decision::Drop,
            None => Decision::Keep { rate: applied.percent() },
        }
    }

    pub fn log(&self, record: &LogRecord<'_>) -> Decision {
        let applied = Applied::of(&record.attributes, "");
        let trace_id = id(record.trace_id);
        let kept = match &trace_id {
            Some(trace_id) if self.logs_follow_traces => {
                self.verdict(trace_id, time(record)).apply(applied, trace_id)
            }
            _ => Some(applied),
        };
        decision(kept.and_then(|applied| {
            match &trace_id {
                _ if self.log_percentage >= 100.0 => Some(applied),
                Some(trace_id) => Verdict::Score(self.log_percentage).apply(applied, trace_id),
                None => (draw(record) < self.log_percentage)
                    .then(|| Applied { other: applied.other * self.log_percentage / 100.0, ..applied }),
            }
        }))
    }

    fn verdict(&self, trace_id: &[u8; 16], start: u64) -> Verdict {
        use settings::Sampler::{
            AlwaysOff, AlwaysOn, FixedPercentage, ParentBased, RateLimited, TraceIdRatio,
        };
        match self.traces {
            AlwaysOn | ParentBased { root_on: true } => Verdict::All,
            AlwaysOff => Verdict::None,
            ParentBased { root_on: false } => match self.state() {
                Some(state) if state.memory.get(trace_id).is_some() => Verdict::All,
                _ => Verdict::None,
            },
            // A parent's "no" is followed by the SDK, and comes not here. Its "yes" says little, where
            // services leave it to their launchers to sample: the trace id says the same to all.
            TraceIdRatio { ratio, .. } => Verdict::Fraction(ratio * 100.0),
            FixedPercentage(percent) => Verdict::Score(percent),
            RateLimited(_) => self
                .state()
                .map_or(Verdict::All, |mut state| Verdict::Score(state.percent(trace_id, 0, start))),
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        self.state.as_ref().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Verdict {
    /// What is kept after this one, or nothing.
    fn apply(self, applied: Applied, trace_id: &[u8; 16]) -> Option<Applied> {
        match self {
            Verdict::All => Some(applied),
            Verdict::None => None,
            // Who drew the same number before and kept less has left out what we would.
            Verdict::Score(percent) if percent >= applied.score => Some(applied),
            Verdict::Score(percent) => {
                (hash::score(trace_id) < percent).then_some(Applied { score: percent, ..applied })
            }
            Verdict::Fraction(percent) => match applied.threshold {
                Some(_) if percent >= applied.other => Some(applied),
                Some(randomness) => {
                    let randomness = randomness.unwrap_or_else(|| hash::randomness(trace_id));
                    (randomness >= 1.0 - percent / 100.0).then_some(Applied { other: percent, ..applied })
                }
                None => (percent >= 100.0 || hash::fraction(trace_id) * 100.0 < percent)
                    .then_some(Applied { other: percent.min(100.0), ..applied }),
            },
        }
    }
}

impl State {
    /// The percentage of a trace, drawn at its first sight.
    fn percent(&mut self, trace_id: &[u8; 16], source: u64, start: u64) -> f64 {
        if let Some(percent) = self.memory.get(trace_id) {
            return percent;
        }
        let percent = self.limiter.as_mut().map_or(100.0, |limiter| limiter.percent(source, start));
        self.memory.keep(*trace_id, percent);
        percent
    }

    /// Gives each new trace of the batch its percentage, in the order in which they began.
    fn rank(&mut self, batch: &Batch) {
        let latest = latest();
        for group in view::groups(batch.bytes()) {
            let mut hasher = DefaultHasher::new();
            (batch.signal(), group.resource_bytes()).hash(&mut hasher);
            let source = hasher.finish();
            let mut starts: HashMap<[u8; 16], u64> = HashMap::new();
            for item in group.scopes().flat_map(|scope| scope.items()) {
                let Some((trace_id, start)) = beginning(batch.signal(), item) else { continue };
                if self.memory.get(&trace_id).is_none() {
                    let start = start.min(latest);
                    let known = starts.entry(trace_id).or_insert(start);
                    *known = start.min(*known);
                }
            }
            let mut starts: Vec<(u64, [u8; 16])> =
                starts.into_iter().map(|(trace_id, start)| (start, trace_id)).collect();
            starts.sort_unstable();
            for (start, trace_id) in starts {
                self.percent(&trace_id, source, start);
            }
        }
    }

    /// Remembers the traces that came from another process.
    fn notice_parents(&mut self, batch: &Batch) {
        for group in view::groups(batch.bytes()) {
            for item in group.scopes().flat_map(|scope| scope.items()) {
                let Ok(span) = Span::read(item) else { continue };
                if let Some(trace_id) = id(span.trace_id)
                    && !span.is_root()
                    && span.is_local_root()
                {
                    self.memory.keep(trace_id, 100.0);
                }
            }
        }
    }
}

fn decision(kept: Option<Applied>) -> Decision {
    match kept.map(Applied::percent) {
        Some(rate) if rate > 0.0 => Decision::Keep { rate },
        _ => Decision::Drop,
    }
}

/// A trace id as it must be: 16 bytes that are not all zero.
fn id(bytes: &[u8]) -> Option<[u8; 16]> {
    bytes.try_into().ok().filter(|id| *id != [0; 16])
}

/// Trace and beginning of an item.
fn beginning(signal: Signal, item: &[u8]) -> Option<([u8; 16], u64)> {
    match signal {
        Signal::Traces => Span::read(item).ok().and_then(|span| Some((id(span.trace_id)?, span.start))),
        Signal::Logs => {
            LogRecord::read(item).ok().and_then(|record| Some((id(record.trace_id)?, time(&record))))
        }
        Signal::Metrics => None,
    }
}

fn time(record: &LogRecord<'_>) -> u64 {
    if record.time > 0 { record.time } else { record.observed }
}

/// A number from 0 to 100 for a record without a trace: always the same for the same record.
fn draw(record: &LogRecord<'_>) -> f64 {
    let mut hasher = DefaultHasher::new();
    (record.time, record.observed, record.severity, record.body.as_text()).hash(&mut hasher);
    hasher.finish() as f64 / 2f64.powi(64) * 100.0
}
