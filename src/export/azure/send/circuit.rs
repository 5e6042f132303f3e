//! Whether the service is asked at all: one circuit for all signals, so that what one of them
//! learns spares the others the way.
//!
//! It opens at the first failure, for as long as the service asks or for a random time that
//! grows with the number of failures. Then one request probes, and the others wait for what
//! becomes of it.

use crate::export::retry::jitter;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long the service is left alone.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After a failure, at least.
    pub shortest: Duration,
    /// However many failures there were.
    pub longest: Duration,
    /// Without the quota being used up, when the service does not say for how long.
    pub quota: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            shortest: Duration::from_secs(10),
            longest: Duration::from_secs(3600),
            quota: Duration::from_secs(600),
        }
    }
}

/// No service may silence us for longer.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);
/// Failures within this time are one: three signals fail side by side.
const ONE_FAILURE: Duration = Duration::from_secs(20);
/// How often it is said that the quota is used up.
const SAY_AGAIN: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub(super) struct Circuit {
    pace: Pace,
    state: Mutex<State>,
    probed: Notify,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    failed_at: Option<Instant>,
    /// `None`: closed.
    open_until: Option<Instant>,
    /// Why it is open.
    message: String,
    probing: bool,
    /// How often it was opened: what began before says nothing about now.
    opened: u64,
    quota_until: Option<Instant>,
    quota_said: Option<Instant>,
}

pub(super) enum Entry<'a> {
    Go(Pass<'a>),
    Wait { delay: Duration, message: String },
}

/// Leave for one request.
pub(super) struct Pass<'a> {
    circuit: &'a Circuit,
    probe: bool,
    opened: u64,
}

impl Circuit {
    pub(super) fn new(pace: Pace) -> Self {
        Circuit { pace, ..Circuit::default() }
    }

    /// Asks for leave, and waits while somebody probes. `hurry`: there is no later.
    pub(super) async fn enter(&self, hurry: bool) -> Entry<'_> {
        loop {
            let mut probed = pin!(self.probed.notified());
            probed.as_mut().enable();
            {
                let mut state = self.state();
                let now = Instant::now();
                match state.open_until {
                    Some(until) if !hurry && now < until => {
                        return Entry::Wait { delay: until - now, message: state.message.clone() };
                    }
                    Some(_) if !hurry && state.probing => {}
                    open => {
                        let probe = open.is_some() && !state.probing;
                        state.probing |= probe;
                        return Entry::Go(Pass { circuit: self, probe, opened: state.opened });
                    }
                }
            }
            probed.await;
        }
    }

    /// The quota is used up: nothing is sent for `asked`, or a while. True: this is to be said.
    pub(super) fn pause(&self, asked: Option<Duration>) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        state.quota_until = Some(now + asked.unwrap_or(self.pace.quota).min(LONGEST_ASKED));
        let said = state.quota_said.is_some_and(|said| now - said < SAY_AGAIN);
        if !said {
            state.quota_said = Some(now);
        }
        !said
    }

    /// Nothing is sent, because the quota is used up.
    pub(super) fn is_paused(&self) -> bool {
        self.state().quota_until.is_some_and(|until| Instant::now() < until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Pass<'_> {
    /// The service works.
    pub(super) fn close(self) {
        let mut state = self.circuit.state();
        if state.opened == self.opened {
            (state.failures, state.failed_at, state.open_until) = (0, None, None);
        }
    }

    /// The service does not work now. For how long it is left alone: what it `asked` for, or a
    /// time of ours of `least` or more.
    pub(super) fn open(self, asked: Option<Duration>, least: Duration, message: &str) -> Duration {
        let Pace { shortest, longest, .. } = self.circuit.pace;
        let mut state = self.circuit.state();
        let now = Instant::now();
        if state.failed_at.is_none_or(|at| now - at >= ONE_FAILURE) {
            state.failures = state.failures.saturating_add(1);
            state.failed_at = Some(now);
        }
        let delay = match asked {
            Some(asked) => asked.min(LONGEST_ASKED),
            None => backoff(state.failures, jitter(), shortest.max(least.min(longest)), longest),
        };
        let until = state.open_until.map_or(now + delay, |until| until.max(now + delay));
        state.open_until = Some(until);
        state.opened += 1;
        message.clone_into(&mut state.message);
        until - now
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.circuit.state().probing = false;
            self.circuit.probed.notify_waiters();
        }
    }
}

/// Between a second and half of `2^failures - 1` times ten seconds, within the bounds.
fn backoff(failures: u32, jitter: f64, shortest: Duration, longest: Duration) -> Duration {
    let ceiling = ((1_u64 << failures.min(32)) - 1) as f64 * 5.0;
    let random = 1.0 + (ceiling - 1.0) * jitter;
    Duration::from_secs_f64(random.max(0.0)).clamp(shortest, longest.max(shortest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn wait(circuit: &Circuit) -> Option<Duration> {
        match circuit.enter(false).await {
            Entry::Go(_) => None,
            Entry::Wait { delay, .. } => Some(delay),
        }
    }

    async fn pass(circuit: &Circuit) -> Pass<'_> {
        match circuit.enter(false).await {
            Entry::Go(pass) => pass,
            Entry::Wait { delay, .. } => panic!("open for {delay:?}"),
        }
    }

    #[test]
    fn delays_grow_and_are_bounded() {
        let delay = |failures, jitter| {
            let pace = Pace::default();
            backoff(failures, jitter, pace.shortest, pace.longest).as_secs()
        };
        assert_eq!([1, 2, 3, 4, 5].map(|n| delay(n, 1.0)), [10, 15, 35, 75, 155]);
        assert_eq!([1, 5, 99].map(|n| delay(n, 0.0)), [10; 3]);
        assert_eq!([20, u32::MAX].map(|n| delay(n, 1.0)), [3600; 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_probes_and_the_others_wait_for_it() {
        let circuit = Circuit::new(Pace::default());
        let (one, other) = (pass(&circuit).await, pass(&circuit).await);
        assert_eq!(one.open(Some(7 * SECOND), Duration::ZERO, "down"), 7 * SECOND);
        // It began before: that it was answered is no news.
        other.close();
        assert_eq!(wait(&circuit).await, Some(7 * SECOND));
        tokio::time::advance(7 * SECOND).await;
        let probe = pass(&circuit).await;
        let mut second = pin!(circuit.enter(false));
        assert!(futures_now(second.as_mut()).await.is_none(), "somebody is there already");
        assert_eq!(probe.open(None, Duration::ZERO, "still down"), 10 * SECOND);
        assert!(matches!(second.await, Entry::Wait { delay, message }
            if delay == 10 * SECOND && message == "still down"));
        tokio::time::advance(10 * SECOND).await;
        // A probe that was given up leaves its place to the next one.
        drop(pass(&circuit).await);
        pass(&circuit).await.close();
        let _free = (pass(&circuit).await, pass(&circuit).await);
    }

    /// Polls once.
    async fn futures_now<F: std::future::Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(done) => Some(done),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn who_hurries_asks_at_once() {
        let circuit = Circuit::new(Pace::default());
        pass(&circuit).await.open(Some(Duration::MAX), Duration::ZERO, "down");
        assert_eq!(wait(&circuit).await, Some(LONGEST_ASKED));
        assert!(matches!(circuit.enter(true).await, Entry::Go(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn side_by_side_is_one_failure() {
        let circuit = Circuit::new(Pace::default());
        let passes = [pass(&circuit).await, pass(&circuit).await, pass(&circuit).await];
        for pass in passes {
            pass.open(None, Duration::ZERO, "down");
        }
        assert_eq!(circuit.state().failures, 1);
        tokio::time::advance(ONE_FAILURE).await;
        pass(&circuit).await.open(None, 60 * SECOND, "down");
        assert_eq!(circuit.state().failures, 2);
        assert_eq!(wait(&circuit).await, Some(60 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_quota_is_said_once_an_hour() {
        let circuit = Circuit::new(Pace::default());
        assert!(!circuit.is_paused());
        assert!(circuit.pause(None));
        tokio::time::advance(599 * SECOND).await;
        assert!(circuit.is_paused());
        tokio::time::advance(SECOND).await;
        assert!(!circuit.is_paused());
        assert!(!circuit.pause(Some(3000 * SECOND)));
        tokio::time::advance(3000 * SECOND).await;
        assert!(!circuit.is_paused());
        assert!(circuit.pause(None));
    }
}
