//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// No destination may silence us for longer.
const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);
/// A parcel that is not accepted for so long gives way to those behind it: it may be the
/// reason why nothing is.
pub(super) const LONGEST_TRY: Duration = Duration::from_secs(60 * 60);

/// Exponential back-off with full jitter; a delay that the destination asked for wins.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The delay before the next attempt. `jitter` is in `0.0..1.0`.
    pub(super) fn next(&mut self, asked: Option<Duration>, jitter: f64) -> Duration {
        let ceiling = FIRST.saturating_mul(1 << self.attempts.min(6)).min(LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        match asked {
            Some(delay) => delay.min(LONGEST_ASKED),
            None => ceiling.mul_f64(jitter),
        }
    }
}

/// A number in `0.0..1.0`.
pub(in crate::export) fn jitter() -> f64 {
    let random = crate::sys::random().map_or(u32::MAX / 2, u32::from_ne_bytes);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_a_minute_and_obeys_the_destination() {
        let mut backoff = Backoff::default();
        let delays: Vec<u64> = (0..8).map(|_| backoff.next(None, 1.0).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.next(Some(Duration::from_secs(7)), 1.0), Duration::from_secs(7));
        assert_eq!(backoff.next(Some(Duration::MAX), 1.0), LONGEST_ASKED);
        assert!((0.0..1.0).contains(&jitter()));
    }
}
