//! Keeps a token fresh: who gets the present one, who waits, when a new one is asked for.

use super::grant::Grant;
use super::{Bearer, Cause, TokenError};
use crate::notice;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A new token is asked for so long before the end of the present one, or after half of its
/// life where that is less.
const AHEAD: Duration = Duration::from_secs(300);
/// Waiting time after the first failure in a row; each further one doubles it. A metadata
/// service that is being updated (410) or overrun (429) wants no less.
const FIRST_PAUSE: Duration = Duration::from_millis(1340);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A server that refuses good tokens does not make us ask for new ones all the time.
const BETWEEN_FORCED: Duration = Duration::from_secs(300);

/// Where tokens come from.
pub(super) trait Fetch: Send + Sync + 'static {
    /// The credential in words.
    fn name(&self) -> &str;

    /// Asks once. Must end by itself.
    fn fetch(&self) -> impl Future<Output = Result<Grant, Cause>> + Send;
}

#[derive(Debug)]
pub(super) struct Keeper<F> {
    source: F,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// Present as long as a request is under way.
    coming: Option<watch::Receiver<Option<Answer>>>,
    failed: Option<Failed>,
    /// Failures in a row.
    failures: u32,
    forced: Option<Instant>,
}

type Answer = Result<Bearer, TokenError>;

#[derive(Debug)]
struct Held {
    bearer: Bearer,
    /// From then on a new one is wanted.
    refresh: Instant,
    end: Instant,
}

#[derive(Debug)]
struct Failed {
    cause: Cause,
    /// Nobody is asked before.
    until: Instant,
}

impl<F: Fetch> Keeper<F> {
    pub(super) fn new(source: F) -> Keeper<F> {
        Keeper { source, state: Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    pub(super) fn prepare(self: &Arc<Self>) {
        let mut state = self.state();
        if state.held.is_none() && state.failed.is_none() {
            self.ask(&mut state);
        }
    }

    pub(super) async fn token(self: &Arc<Self>) -> Answer {
        let mut coming = {
            let mut state = self.state();
            let now = Instant::now();
            let paused = state.failed.as_ref().filter(|failed| now < failed.until);
            match &state.held {
                Some(held) if now < held.refresh => return Ok(held.bearer.clone()),
                Some(held) if now < held.end => {
                    let bearer = held.bearer.clone();
                    if paused.is_none() {
                        self.ask(&mut state);
                    }
                    return Ok(bearer);
                }
                _ => {}
            }
            if let Some(failed) = paused {
                return Err(self.error(failed.cause.clone(), failed.until - now));
            }
            self.ask(&mut state)
        };
        let answer = coming.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        // Without an answer, the task has panicked or the runtime is going down.
        answer.unwrap_or_else(|| Err(self.error(Cause::Internal, LONGEST_PAUSE)))
    }

    pub(super) fn refused(&self, bearer: &Bearer) -> bool {
        let mut state = self.state();
        match &state.held {
            // There is another one already, or there will be.
            Some(held) if held.bearer != *bearer => return true,
            None => return true,
            Some(_) => {}
        }
        let now = Instant::now();
        if state.forced.is_some_and(|forced| now - forced < BETWEEN_FORCED) {
            return false;
        }
        state.forced = Some(now);
        state.held = None;
        true
    }

    /// Starts a request, unless one is under way.
    fn ask(self: &Arc<Self>, state: &mut State) -> watch::Receiver<Option<Answer>> {
        if let Some(coming) = state.coming.as_ref().filter(|coming| coming.has_changed().is_ok()) {
            return coming.clone();
        }
        let (tell, coming) = watch::channel(None);
        let keeper = self.clone();
        // A task of its own: who waits may give up, and the next one finds the token.
        tokio::spawn(async move {
            let asked = Instant::now();
            let answer = keeper.source.fetch().await;
            let answer = keeper.settle(answer, asked);
            tell.send_replace(Some(answer));
        });
        state.coming = Some(coming.clone());
        coming
    }

    /// Takes note of what came; a token's life began when it was asked for, at the latest.
    fn settle(&self, answer: Result<Grant, Cause>, asked: Instant) -> Answer {
        let mut state = self.state();
        state.coming = None;
        match answer {
            Ok(Grant { bearer, lifetime, refresh }) => {
                let early = lifetime.saturating_sub(AHEAD).max(lifetime / 2);
                let early = refresh.map_or(early, |wish| wish.min(early));
                if state.failures > 0 {
                    notice::info("entra", &format!("{}: there are tokens again", self.name()));
                }
                notice::debug(
                    "entra",
                    &format!("{}: a token for the next {} s", self.name(), lifetime.as_secs()),
                );
                (state.failed, state.failures) = (None, 0);
                let held = Held { bearer: bearer.clone(), refresh: asked + early, end: asked + lifetime };
                state.held = Some(held);
                Ok(bearer)
            }
            Err(cause) => {
                let pause = FIRST_PAUSE.saturating_mul(1 << state.failures.min(6)).min(LONGEST_PAUSE);
                state.failures = state.failures.saturating_add(1);
                let now = Instant::now();
                let error = self.error(cause.clone(), pause);
                if let Some(held) = state.held.as_ref().filter(|held| now < held.end) {
                    let left = (held.end - now).as_secs();
                    notice::info("entra", &format!("{error}; the present token is good for {left} s"));
                }
                state.failed = Some(Failed { cause, until: now + pause });
                Err(error)
            }
        }
    }

    fn error(&self, cause: Cause, retry_after: Duration) -> TokenError {
        TokenError { credential: self.name().to_owned(), cause, retry_after }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests;
