//! Looks at every span and log record that is offered to Azure Monitor, before sampling and
//! whatever becomes of it: figures that must be exact are counted here.
//!
//! What was counted in an interval is told at its end, as OTLP metrics, to the destination itself,
//! which maps them like any others. While nothing happens nobody wakes up for it.

mod counters;
mod needed;
mod report;
mod role;
mod seen;
mod standard;
mod tally;
#[cfg(test)]
mod tests;

use super::live::Live;
use super::map::Told;
use super::map::meaning::{Known, Meaning};
use crate::clock::unix_nano;
use crate::export::{Sender, Tap};
use crate::otlp::view::{self, LogRecord, Span};
use crate::otlp::{Batch, Signal};
use crate::process::sample::applied_rate;
use crate::settings::AzureSettings;
use needed::is_needed;
use report::{Interval, Report};
use role::Roles;
use seen::Seen;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The shortest time over which a rate is computed.
const SHORTEST: Duration = Duration::from_secs(1);

/// Counts what is offered to Azure Monitor.
pub struct Watch {
    settings: AzureSettings,
    /// The same, but for names: those are not counted by.
    brief: AzureSettings,
    /// To whom the figures are told. Without one nothing is counted for them.
    teller: OnceLock<Arc<Sender>>,
    /// Shows everything at once to whoever looks.
    live: Option<Arc<Live>>,
    state: Mutex<State>,
    /// Something was counted, the first in its interval.
    begun: Arc<Notify>,
    timer: OnceLock<AbortHandle>,
}

struct State {
    roles: Roles,
    /// Series of standard metrics, of all roles.
    series: usize,
    /// Exceptions that were counted.
    told: Told,
    /// When the interval began.
    since: Instant,
    since_unix_nano: u64,
    /// Something was counted in this interval.
    busy: bool,
    finished: bool,
}

impl Watch {
    /// Starts to count. The figures of each `interval` are told at its end. Needs a tokio runtime.
    pub fn start(settings: AzureSettings, live: Option<Arc<Live>>, interval: Duration) -> Arc<Watch> {
        let since = Instant::now();
        let watch = Arc::new(Watch {
            brief: AzureSettings { raw_path_names: false, ..settings.clone() },
            settings,
            teller: OnceLock::new(),
            live,
            state: Mutex::new(State {
                roles: Roles::new(),
                series: 0,
                told: Told::default(),
                since,
                since_unix_nano: unix_nano(),
                busy: false,
                finished: false,
            }),
            begun: Arc::default(),
            timer: OnceLock::new(),
        });
        let timer = tokio::spawn(time(Arc::downgrade(&watch), watch.begun.clone(), since, interval));
        let _ = watch.timer.set(timer.abort_handle());
        watch
    }

    /// Tells the figures to this sender, the one of metrics.
    pub fn tell_to(&self, teller: Arc<Sender>) {
        let _ = self.teller.set(teller);
    }

    fn spans(&self, state: &mut State, batch: &Batch) {
        let (counts, live) = (self.teller.get().is_some(), self.watching());
        if !counts && live.is_none() {
            return;
        }
        let State { roles, series, told, .. } = state;
        for group in view::groups(batch.bytes()) {
            let Some(role) = roles.of(&group, &self.settings) else { continue };
            let items = group.scopes().flat_map(|scope| scope.items());
            // Whoever watches may ask for anything.
            let (read, settings): (fn(_) -> _, _) = match live {
                Some(_) => (Span::read, &self.settings),
                None => (|item| Span::read_some(item, is_needed), &self.brief),
            };
            for span in items.filter_map(|item| read(item).ok()) {
                let known = Known::of(&span.attributes);
                let meaning = Meaning::of(&span, &known, settings);
                let weight = 100.0 / applied_rate(&span.attributes, &span.trace_state);
                let seen = Seen { span: &span, known: &known, meaning: &meaning, weight };
                if counts && self.settings.standard_metrics {
                    role.standard.add(&seen, series);
                }
                if counts && self.settings.perf_counters {
                    role.counters.span(&seen, told);
                }
                if let Some(live) = live {
                    live.span(&span, &known, &meaning, weight);
                }
            }
        }
    }

    fn records(&self, state: &mut State, batch: &Batch) {
        let counts = self.teller.get().is_some() && self.settings.perf_counters;
        let live = self.watching();
        if !counts && live.is_none() {
            return;
        }
        let State { roles, told, .. } = state;
        for group in view::groups(batch.bytes()) {
            let Some(role) = roles.of(&group, &self.settings) else { continue };
            let items = group.scopes().flat_map(|scope| scope.items());
            for record in items.filter_map(|item| LogRecord::read(item).ok()) {
                let weight = || 100.0 / applied_rate(&record.attributes, "");
                if counts {
                    role.counters.record(&record, told, weight);
                }
                if let Some(live) = live {
                    live.log(&record, &self.settings, weight());
                }
            }
        }
    }

    /// The live view, while somebody looks at it.
    fn watching(&self) -> Option<&Live> {
        self.live.as_deref().filter(|live| live.is_watched())
    }

    /// Tells what was counted since the last time. `last`: and never again.
    fn tell(&self, last: bool) {
        let Some(teller) = self.teller.get() else { return };
        let report = {
            let mut state = self.state();
            if state.finished {
                return;
            }
            state.finished = last;
            state.report(self.settings.perf_counters, last)
        };
        if let Some(batch) = report.batch()
            && teller.offer(&batch).is_err()
        {
            teller.drop_full(&batch);
        }
        // Counters go on to be told, though they be 0, as long as there is somebody to count.
        if self.settings.perf_counters && !last && !self.state().roles.is_empty() {
            self.begun.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn report(&mut self, counters: bool, last: bool) -> Report {
        let mut report = Report::default();
        let elapsed = self.since.elapsed().max(SHORTEST);
        let end = unix_nano();
        let interval = Interval { start: self.since_unix_nano, end, seconds: elapsed.as_secs_f64() };
        // The end of a launch is no interval to tell zeros of.
        if std::mem::take(&mut self.busy) || !last {
            self.roles.iter_mut().for_each(|role| report.add(role, interval, counters));
        }
        self.roles.age();
        self.series = 0;
        (self.since, self.since_unix_nano) = (Instant::now(), end);
        report
    }
}

impl Tap for Watch {
    fn observe(&self, batch: &Batch) {
        let mut state = self.state();
        match batch.signal() {
            Signal::Traces => self.spans(&mut state, batch),
            Signal::Logs => self.records(&mut state, batch),
            Signal::Metrics => return,
        }
        if !std::mem::replace(&mut state.busy, true) {
            self.begun.notify_one();
        }
    }

    fn finish(&self) {
        self.tell(true);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.get() {
            timer.abort();
        }
    }
}

/// Tells at the ends of intervals, on the grid that began with `start`, and only of those in which
/// something began.
async fn time(watch: Weak<Watch>, begun: Arc<Notify>, start: Instant, interval: Duration) {
    loop {
        begun.notified().await;
        let interval = interval.as_nanos().max(1);
        let rest = interval - start.elapsed().as_nanos() % interval;
        tokio::time::sleep(Duration::from_nanos(u64::try_from(rest).unwrap_or(u64::MAX))).await;
        match watch.upgrade() {
            Some(watch) => watch.tell(false),
            None => return,
        }
    }
}
