//! Performance counters of the target's processes and of the machine, under the names that
//! Application Insights shows them by, whatever the system is.
//!
//! A thread of its own looks every five seconds and sleeps in between. What is told is one value
//! for a minute, or for what `OTEL_METRIC_EXPORT_INTERVAL` says.

mod batch;
mod look;
mod window;

pub(super) use batch::batch;

use crate::link::{Ended, Target};
use crate::notice;
use look::Look;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use window::{Values, Window};

/// From one look to the next. Children that end in between are seen in their parent's figures.
const STEP: Duration = Duration::from_secs(5);

enum Order {
    Ended(Ended),
    Finish,
}

/// The thread that looks.
pub(super) struct Performance {
    orders: Sender<Order>,
    thread: JoinHandle<()>,
}

impl Performance {
    /// Looks at the target and its descendants, and gives the values of every `interval` to
    /// `hand_over`.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn start(
        target: &Target,
        interval: Duration,
        hand_over: impl FnMut(&Values) + Send + 'static,
    ) -> io::Result<Performance> {
        let (orders, inbox) = mpsc::channel();
        let (pid, age) = (target.pid, age(target));
        let thread = std::thread::Builder::new().name("counters".to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| watch(pid, age, interval, inbox, hand_over))).is_err() {
                notice::warn("measure", "the performance counters ended with a mistake of ours");
            }
        })?;
        Ok(Performance { orders, thread })
    }

    /// The target has ended: its last figures are those of the kernel.
    pub(super) fn ended(&self, ended: Ended) {
        let _ = self.orders.send(Order::Ended(ended));
    }

    /// Hands over what was seen since the last time. Takes as long as a look does.
    pub(super) fn finish(self) {
        let _ = self.orders.send(Order::Finish);
        let _ = self.thread.join();
    }
}

/// How long the target has been running.
fn age(target: &Target) -> Duration {
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(target.started_unix_nano);
    started.elapsed().unwrap_or_default()
}

fn watch(
    pid: i32,
    age: Duration,
    interval: Duration,
    inbox: Receiver<Order>,
    mut hand_over: impl FnMut(&Values),
) {
    let step = STEP.min(interval);
    let mut look = Look::new(pid);
    let mut window = Window::new(look.read(None));
    // Otherwise this is another agent, and the first one told what was before.
    if age < STEP {
        window = window.beginning(age.as_secs_f64());
    }
    // In the middle between the looks of the other metrics, whose interval begins now as well.
    let mut next = Instant::now() + step / 2;
    let mut due = Instant::now() + interval;
    let mut ended = None;
    loop {
        match inbox.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Order::Ended(end)) => {
                window.add(look.read(Some(&end)));
                window.peak(u64::try_from(end.max_rss_kib).unwrap_or(0).saturating_mul(1024));
                ended = Some(end);
            }
            Err(RecvTimeoutError::Timeout) => {
                window.add(look.read(ended.as_ref()));
                let now = Instant::now();
                next = (next + step).max(now + step / 2);
                if now >= due {
                    hand_over(&window.values());
                    window = window.next();
                    due = (due + interval).max(now);
                }
            }
            Ok(Order::Finish) | Err(RecvTimeoutError::Disconnected) => {
                if ended.is_none() {
                    window.add(look.read(None));
                }
                hand_over(&window.values());
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
