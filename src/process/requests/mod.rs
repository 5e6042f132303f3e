//! Metrics of requests, derived from spans: their durations, as histograms, for each process that
//! sends (semantic conventions, "HTTP metrics" and "Database client metrics").
//!
//! Every span counts, sampled or not, so that sampling does not bend the figures. All is bounded: what
//! is too much becomes one series, and what is silent for long is forgotten, since workers come and go.

mod exemplars;
mod exponential;
mod histogram;
mod report;
mod series;
#[cfg(test)]
mod tests;
mod timing;

pub use series::Value;
pub use timing::Timing;

use crate::clock::unix_nano;
use crate::notice;
use crate::otlp::Batch;
use crate::settings::{RequestMetrics, Temporality};
use series::Series;
use std::collections::HashMap;

/// Most processes at a time.
const MOST_PROCESSES: usize = 250;
/// Most series of one metric of a process, and of all together, before the many become one.
const MOST: usize = 2_000;
const MOST_OF_ALL: usize = 20_000;
/// Longest resource, in bytes: it is kept.
const LONGEST_RESOURCE: usize = 64 << 10;
/// What is silent for so many reports is over.
const OVER: u32 = 60;

/// A metric of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `http.server.request.duration`
    Server,
    /// `http.client.request.duration`
    Client,
    /// `db.client.operation.duration`
    Database,
}

impl Metric {
    const ALL: [Metric; 3] = [Metric::Server, Metric::Client, Metric::Database];
}

/// Durations of the requests of all processes.
#[derive(Debug)]
pub struct Requests {
    settings: RequestMetrics,
    /// By the bytes of their resources.
    processes: HashMap<Box<[u8]>, Process>,
    /// Series of all processes.
    all: usize,
    /// What is being looked for.
    key: Vec<u8>,
    /// When the last report was made, or counting began (nanoseconds since 1970).
    since: u64,
}

#[derive(Debug, Default)]
struct Process {
    /// Reports since it was last heard of.
    silent: u32,
    metrics: [Series; Metric::ALL.len()],
}

/// Counts what one process has sent.
#[derive(Debug)]
pub struct Recorder<'a> {
    process: &'a mut Process,
    all: &'a mut usize,
    key: &'a mut Vec<u8>,
    now: u64,
    settings: RequestMetrics,
}

impl Requests {
    pub fn new(settings: RequestMetrics) -> Requests {
        Requests {
            settings,
            processes: HashMap::new(),
            all: 0,
            key: Vec::with_capacity(256),
            since: unix_nano(),
        }
    }

    /// The process with this resource. `None`: there are too many, or it says too much.
    pub fn of(&mut self, resource: &[u8]) -> Option<Recorder<'_>> {
        if !self.processes.contains_key(resource) {
            if resource.len() > LONGEST_RESOURCE || !self.make_room() {
                notice::warn("requests", "requests are not counted: there are too many processes");
                return None;
            }
            self.processes.insert(resource.into(), Process::default());
        }
        let process = self.processes.get_mut(resource)?;
        process.silent = 0;
        let (now, settings) = (unix_nano(), self.settings);
        Some(Recorder { process, all: &mut self.all, key: &mut self.key, now, settings })
    }

    /// Whether there is something to report now or later.
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// What was counted: since the last report, or since counting began. `None`: nothing.
    pub fn report(&mut self) -> Option<Batch> {
        let now = unix_nano();
        let interval = report::Interval { since: self.since, now, settings: self.settings };
        let batch = report::batch(&self.processes, interval);
        self.since = now;
        self.age();
        batch
    }

    /// Forgets what was told once and for all, and what is silent for long.
    fn age(&mut self) {
        let keeps = self.settings.temporality == Temporality::Cumulative;
        let mut all = 0;
        self.processes.retain(|_, process| {
            process.silent += 1;
            process.metrics.iter_mut().for_each(|series| series.age(keeps, OVER));
            all += process.series();
            process.series() > 0
        });
        self.all = all;
    }

    /// Makes room for one more process, at the cost of the one that is silent for longest: a worker that
    /// was replaced. False: there is none.
    fn make_room(&mut self) -> bool {
        if self.processes.len() < MOST_PROCESSES {
            return true;
        }
        let longest = self.processes.iter().max_by_key(|(_, process)| process.silent);
        let Some(resource) = longest.filter(|(_, process)| process.silent > 0).map(|(key, _)| key.clone())
        else {
            return false;
        };
        if let Some(process) = self.processes.remove(&resource) {
            self.all -= process.series();
        }
        true
    }
}

impl Process {
    fn series(&self) -> usize {
        self.metrics.iter().map(Series::len).sum()
    }
}

impl Recorder<'_> {
    /// Counts one request, with the attributes that it has.
    pub fn record(
        &mut self,
        metric: Metric,
        attributes: &[Option<(&'static str, Value<'_>)>],
        timing: &Timing<'_>,
    ) {
        let Some(series) = self.process.metrics.get_mut(metric as usize) else { return };
        let room = *self.all < MOST_OF_ALL;
        let before = series.len();
        let settings = self.settings;
        series.record(self.key, attributes, room, self.now, settings, |histogram| {
            histogram.add(metric, timing, settings);
        });
        *self.all += series.len() - before;
    }
}
