//! When to say what: pings while nobody watches, posts while somebody does.

use std::time::Duration;
use tokio::time::Instant;

/// Between pings, unless the service wishes otherwise.
const PING: Duration = Duration::from_secs(5);
/// Between pings when nothing has been heard for [`SILENT`].
const SLOW: Duration = Duration::from_secs(60);
const SILENT: Duration = Duration::from_secs(60);
/// Between posts.
const POST: Duration = Duration::from_secs(1);
/// Posts that fail for so long mean that nobody watches.
const GIVE_UP: Duration = Duration::from_secs(20);
/// What the service may wish.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Ping,
    Post,
}

/// What the service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Somebody watches.
    Subscribed,
    Unsubscribed {
        /// Wished time between pings.
        hint: Option<Duration>,
    },
    /// Nothing, or nothing that makes sense.
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    mode: Mode,
    /// When sense was heard last.
    heard: Instant,
    ping: Duration,
}

impl State {
    pub(super) fn new(now: Instant) -> State {
        State { mode: Mode::Ping, heard: now, ping: PING }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Takes in what was said at `now` to the request that began at `began`; returns when the next one
    /// begins.
    pub(super) fn hear(&mut self, began: Instant, now: Instant, said: Said) -> Instant {
        if said != Said::Nothing {
            self.heard = now;
        }
        let silent = now.saturating_duration_since(self.heard);
        let next = match (self.mode, said) {
            (Mode::Ping, Said::Subscribed) => {
                self.mode = Mode::Post;
                now + POST
            }
            (Mode::Post, Said::Subscribed) => began + POST,
            (Mode::Post, Said::Nothing) if silent < GIVE_UP => began + POST,
            (Mode::Ping, Said::Nothing) if silent >= SILENT => began + self.ping.max(SLOW),
            (before, said) => {
                self.mode = Mode::Ping;
                if let Said::Unsubscribed { hint: Some(hint) } = said {
                    self.ping = hint.clamp(SHORTEST, LONGEST);
                }
                if before == Mode::Post { now + self.ping } else { began + self.ping }
            }
        };
        next.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSUBSCRIBED: Said = Said::Unsubscribed { hint: None };

    /// Answers take 100 ms; failures take as long as they take.
    fn after(state: &mut State, began: Instant, took: u64, said: Said) -> (Mode, Duration, Instant) {
        let now = began + Duration::from_millis(took);
        let next = state.hear(began, now, said);
        (state.mode(), next - began, next)
    }

    #[test]
    fn pings_every_five_seconds_or_as_wished() {
        let mut at = Instant::now();
        let mut state = State::new(at);
        let hint = |ms| Said::Unsubscribed { hint: Some(Duration::from_millis(ms)) };
        for (said, seconds) in
            [(UNSUBSCRIBED, 5), (hint(9000), 9), (UNSUBSCRIBED, 9), (hint(1), 1), (hint(u64::MAX), 600)]
        {
            let (mode, interval, next) = after(&mut state, at, 100, said);
            assert_eq!((mode, interval), (Mode::Ping, Duration::from_secs(seconds)));
            at = next;
        }
    }

    #[test]
    fn slow_after_a_minute_of_silence_and_quick_again_after_a_word() {
        let start = Instant::now();
        let (mut at, mut state) = (start, State::new(start));
        let mut begins = Vec::new();
        while at < start + Duration::from_secs(200) {
            begins.push((at - start).as_secs());
            at = after(&mut state, at, 0, Said::Nothing).2;
        }
        assert_eq!(begins, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 120, 180]);
        assert_eq!(after(&mut state, at, 100, UNSUBSCRIBED).1, Duration::from_secs(5));
        assert_eq!(after(&mut state, at, 100, Said::Nothing).1, Duration::from_secs(5));
    }

    #[test]
    fn posts_every_second_until_nobody_watches() {
        let start = Instant::now();
        let mut state = State::new(start);
        let (mode, interval, mut at) = after(&mut state, start, 100, Said::Subscribed);
        assert_eq!((mode, interval), (Mode::Post, Duration::from_millis(1100)));
        for took in [0, 100, 999] {
            let (mode, interval, next) = after(&mut state, at, took, Said::Subscribed);
            assert_eq!((mode, interval), (Mode::Post, Duration::from_secs(1)));
            at = next;
        }
        // An answer that takes longer than a second holds up what follows, which begins at once.
        assert_eq!(after(&mut state, at, 3000, Said::Subscribed).1, Duration::from_secs(3));
        let (mode, interval, _) = after(&mut state, at, 100, UNSUBSCRIBED);
        assert_eq!((mode, interval), (Mode::Ping, Duration::from_millis(5100)));
    }

    #[test]
    fn posts_that_fail_for_twenty_seconds_become_pings() {
        let start = Instant::now();
        let mut state = State::new(start);
        let mut at = after(&mut state, start, 0, Said::Subscribed).2;
        let mut posts = 0;
        while state.mode() == Mode::Post {
            posts += 1;
            at = after(&mut state, at, 0, Said::Nothing).2;
        }
        assert_eq!((posts, (at - start).as_secs()), (20, 25));
        // A minute after the last word the pings are slow.
        let mut last = at;
        while at - last < SLOW {
            last = at;
            at = after(&mut state, at, 0, Said::Nothing).2;
        }
        assert_eq!((last - start).as_secs(), 60);
        assert_eq!(after(&mut state, at, 0, Said::Subscribed).0, Mode::Post);
    }

    #[test]
    fn an_answer_in_time_forgives_failed_posts() {
        let start = Instant::now();
        let mut state = State::new(start);
        let mut at = after(&mut state, start, 0, Said::Subscribed).2;
        for _ in 0..5 {
            for _ in 0..19 {
                at = after(&mut state, at, 0, Said::Nothing).2;
            }
            let (mode, _, next) = after(&mut state, at, 0, Said::Subscribed);
            assert_eq!(mode, Mode::Post);
            at = next;
        }
    }
}
