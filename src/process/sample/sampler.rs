//! A sampler, as it is set.

use super::applied::Applied;
use super::hash;
use super::item::{Item, Kind};
use super::limit::Limiter;
use super::memory::Memory;
use crate::clock;
use crate::otlp::view::{self, LogRecord, Span};
use crate::otlp::{Batch, Signal};
use crate::settings;
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

/// From which number of a trace a percentage is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Draw {
    /// Microsoft's score.
    Score,
    /// That of OpenTelemetry's `traceidratio`.
    Fraction,
    /// The randomness of consistent probability sampling.
    Randomness,
}

/// Decides for all signals of a launch. Shared between those who send them.
#[derive(Debug)]
pub struct Sampler {
    pub(super) traces: settings::Sampler,
    draw: Draw,
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
pub(super) fn latest() -> u64 {
    clock::unix_nano().saturating_add(AHEAD.as_nanos() as u64)
}

#[derive(Debug)]
struct State {
    memory: Memory<f64>,
    /// Without one, only traces with a remote parent are remembered.
    limiter: Option<Limiter>,
}

/// What a sampler of traces says about one.
enum Verdict {
    All,
    None,
    Share(Draw, f64),
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
        Sampler { traces, draw: Draw::Score, log_percentage, logs_follow_traces, state }
    }

    /// A sampler that draws from another number than Microsoft's.
    pub(super) fn drawing(self, draw: Draw) -> Sampler {
        Sampler { draw, ..self }
    }

    /// Looks at the traces of a batch before one of its items is asked for: in which order they
    /// began, and which of them began in another process. A batch that is seen again changes nothing.
    pub fn foresee(&self, batch: &Batch) {
        if self.state.is_none() || batch.signal() == Signal::Metrics {
            return;
        }
        for group in view::groups(batch.bytes()) {
            let items = group.scopes().flat_map(|scope| scope.items());
            let items: Vec<Item> = match batch.signal() {
                Signal::Traces => {
                    items.filter_map(|item| Span::read(item).ok().map(|span| Item::of_span(&span))).collect()
                }
                _ => items
                    .filter_map(|item| LogRecord::read(item).ok().map(|record| Item::of_log(&record)))
                    .collect(),
            };
            let source = source(batch.signal(), group.resource_bytes());
            self.foresee_items(items.iter().map(|item| (source, item)));
        }
    }

    /// [`Sampler::foresee`] for items, each with its [`source`].
    pub(super) fn foresee_items<'a>(&self, items: impl Iterator<Item = (u64, &'a Item)>) {
        let Some(mut state) = self.state() else { return };
        state.memory.age(Instant::now());
        if state.limiter.is_some() {
            state.rank(
                items.filter(|(_, item)| self.logs_follow_traces || matches!(item.kind, Kind::Span { .. })),
            );
        } else {
            let entering = items.filter(|(_, item)| matches!(item.kind, Kind::Span { enters: true }));
            entering.filter_map(|(_, item)| item.trace_id).for_each(|id| state.memory.keep(id, 100.0));
        }
    }

    pub fn span(&self, span: &Span<'_>) -> Decision {
        self.decide(&Item::of_span(span))
    }

    pub fn log(&self, record: &LogRecord<'_>) -> Decision {
        self.decide(&Item::of_log(record))
    }

    pub(super) fn decide(&self, item: &Item) -> Decision {
        let kept = match item.kind {
            Kind::Span { .. } => self.of_trace(item),
            Kind::Log { draw } => {
                let kept = if self.logs_follow_traces && item.trace_id.is_some() {
                    self.of_trace(item)
                } else {
                    Some(item.applied)
                };
                kept.and_then(|applied| self.of_log(item, draw, applied))
            }
        };
        decision(kept)
    }

    /// [`Sampler::decide`] for a log record as for a span: without a trace, it has a number of its own.
    pub(super) fn decide_alike(&self, item: &Item) -> Decision {
        decision(match (item.trace_id, item.kind, self.traces) {
            (None, Kind::Log { draw }, settings::Sampler::FixedPercentage(percent)) => {
                let other = item.applied.other * percent / 100.0;
                (draw < percent).then_some(Applied { other, ..item.applied })
            }
            _ => self.of_trace(item),
        })
    }

    fn of_trace(&self, item: &Item) -> Option<Applied> {
        match item.trace_id {
            Some(trace_id) => self.verdict(&trace_id, item.time).apply(item.applied, &trace_id),
            None if matches!(self.traces, settings::Sampler::AlwaysOff) => None,
            // Without a trace, there is nothing to draw from.
            None => Some(item.applied),
        }
    }

    fn of_log(&self, item: &Item, draw: f64, applied: Applied) -> Option<Applied> {
        let percent = self.log_percentage;
        match &item.trace_id {
            _ if percent >= 100.0 => Some(applied),
            Some(trace_id) => Verdict::Share(Draw::Score, percent).apply(applied, trace_id),
            None => (draw < percent).then(|| Applied { other: applied.other * percent / 100.0, ..applied }),
        }
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
            TraceIdRatio { ratio, .. } => Verdict::Share(Draw::Fraction, ratio * 100.0),
            FixedPercentage(percent) => Verdict::Share(self.draw, percent),
            RateLimited(_) => self.state().map_or(Verdict::All, |mut state| {
                Verdict::Share(self.draw, state.percent(trace_id, 0, start))
            }),
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        self.state.as_ref().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn decision(kept: Option<Applied>) -> Decision {
    match kept.map(Applied::percent) {
        Some(rate) if rate > 0.0 => Decision::Keep { rate },
        _ => Decision::Drop,
    }
}

impl Verdict {
    /// What is kept after this one, or nothing.
    fn apply(self, applied: Applied, trace_id: &[u8; 16]) -> Option<Applied> {
        let (draw, percent) = match self {
            Verdict::All => return Some(applied),
            Verdict::None => return None,
            Verdict::Share(draw, percent) => (draw, percent),
        };
        // Who drew the same number before and kept less has left out what we would.
        let before = match draw {
            Draw::Score => Some(applied.score),
            _ => applied.consistent.then_some(applied.other),
        };
        if percent >= before.unwrap_or(100.0) {
            return Some(applied);
        }
        if draw == Draw::Score {
            return (hash::score(trace_id) < percent).then_some(Applied { score: percent, ..applied });
        }
        let told = applied.consistent || applied.randomness.is_some() || draw == Draw::Randomness;
        let kept = if told {
            applied.randomness.unwrap_or_else(|| hash::randomness(trace_id)) >= 1.0 - percent / 100.0
        } else {
            hash::fraction(trace_id) * 100.0 < percent
        };
        kept.then_some(Applied { other: percent, ..applied })
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

    /// Gives each new trace its percentage, in the order in which they began.
    fn rank<'a>(&mut self, items: impl Iterator<Item = (u64, &'a Item)>) {
        let latest = latest();
        let mut starts: Vec<(u64, [u8; 16], u64)> = items
            .filter_map(|(source, item)| Some((item.time.min(latest), item.trace_id?, source)))
            .filter(|(_, trace_id, _)| self.memory.get(trace_id).is_none())
            .collect();
        starts.sort_unstable();
        for (start, trace_id, source) in starts {
            // The first of each trace counts: the others find it remembered.
            self.percent(&trace_id, source, start);
        }
    }
}

/// Who sent items of a signal: each source tells its own in one batch.
pub(super) fn source(signal: Signal, resource: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (signal, resource).hash(&mut hasher);
    hasher.finish()
}
