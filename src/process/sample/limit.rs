//! Which percentage of traces keeps their number near a target per second: Microsoft's rate
//! limited sampling, in which the rate of new traces is an average that forgets within a tenth
//! of a second.
//!
//! It is driven by the times at which traces began, not by those at which they are told: a
//! batch tells five seconds in one moment. Several processes tell theirs one after the other,
//! so each source has averages of its own, and their rates are added up.

use std::collections::HashMap;

/// Time constant of the average that follows a burst, in nanoseconds.
const QUICK: f64 = 1e8;
/// Time constant of the average that stands for a source while others tell theirs.
const STEADY: f64 = 5e9;
/// A source that told nothing for so long has stopped, in nanoseconds.
const SILENT: u64 = 15_000_000_000;
/// Sources that are told apart; the others are one.
const MOST: usize = 256;

#[derive(Debug)]
pub(super) struct Limiter {
    /// Traces per nanosecond.
    target: f64,
    sources: HashMap<u64, Source>,
}

#[derive(Debug)]
struct Source {
    last: u64,
    quick: Average,
    steady: Average,
}

/// Number of traces, and the time in which they came, both fading.
#[derive(Debug, Default)]
struct Average {
    count: f64,
    nanos: f64,
}

impl Average {
    fn add(&mut self, elapsed: f64, constant: f64) {
        let decay = (-elapsed / constant).exp();
        self.count = self.count * decay + 1.0;
        self.nanos = self.nanos * decay + elapsed;
    }

    /// Traces per nanosecond.
    fn rate(&self) -> f64 {
        self.count / self.nanos
    }
}

impl Limiter {
    /// `target`: traces per second.
    pub(super) fn new(target: f64) -> Limiter {
        Limiter { target: target.max(0.0) / 1e9, sources: HashMap::new() }
    }

    /// The percentage for a trace of `source` that began at `start` (nanoseconds): 100, 50,
    /// 33.3, … so that each kept trace stands for a whole number of traces.
    pub(super) fn percent(&mut self, source: u64, start: u64) -> f64 {
        if self.target == 0.0 {
            return 0.0;
        }
        let source = if self.sources.len() < MOST || self.sources.contains_key(&source) { source } else { 0 };
        let own = self.sources.entry(source).or_insert_with(|| Source {
            // The first one is just due.
            last: start.saturating_sub((1.0 / self.target) as u64),
            quick: Average::default(),
            steady: Average::default(),
        });
        if start > own.last {
            let elapsed = (start - own.last) as f64;
            own.last = start;
            own.quick.add(elapsed, QUICK);
            own.steady.add(elapsed, STEADY);
        } else {
            own.quick.count += 1.0;
            own.steady.count += 1.0;
        }
        let mut rate = own.quick.rate();
        self.sources.retain(|_, other| other.last.saturating_add(SILENT) >= start);
        let others = self.sources.iter().filter(|(name, _)| **name != source);
        rate += others.map(|(_, other)| other.steady.rate()).sum::<f64>();
        whole(100.0 * (self.target / rate).min(1.0))
    }
}

/// The next percentage below that is 100 divided by a whole number. Noise of the last digits
/// makes no difference.
fn whole(percent: f64) -> f64 {
    if percent <= 0.0 { 0.0 } else { 100.0 / (100.0 / percent - 1e-6).ceil().max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_of_whole_numbers() {
        for (percent, expected) in [
            (100.0, 100.0),
            (75.0, 50.0),
            (66.7, 50.0),
            (50.0, 50.0),
            (49.999_999_999, 50.0),
            (30.0, 25.0),
            (0.0, 0.0),
        ] {
            assert_eq!(whole(percent), expected, "{percent}");
        }
        assert!((whole(7.0) - 100.0 / 15.0).abs() < 1e-9);
    }

    #[test]
    fn the_first_trace_is_kept_and_none_without_a_target() {
        assert_eq!(Limiter::new(0.1).percent(1, 1_800_000_000_000_000_000), 100.0);
        assert_eq!(Limiter::new(0.0).percent(1, 1_800_000_000_000_000_000), 0.0);
    }

    #[test]
    fn steady_traces_have_a_steady_percentage() {
        let mut limiter = Limiter::new(5.0);
        let percents: Vec<f64> =
            (0..1000).map(|n| limiter.percent(1, 1_000_000_000_000 + n * 10_000_000)).collect();
        assert!(
            percents[500..].iter().all(|percent| (4.7..=5.1).contains(percent)),
            "{:?}",
            &percents[990..]
        );
    }

    #[test]
    fn equal_moments_and_steps_back_count_as_well() {
        let mut limiter = Limiter::new(5.0);
        let start = 1_000_000_000_000;
        let percents: Vec<f64> = (0..100).map(|n| limiter.percent(1, start - n % 2)).collect();
        assert!(percents.windows(2).all(|pair| pair[1] <= pair[0]), "{percents:?}");
        assert!(percents[99] <= 1.0);
    }

    #[test]
    fn sources_are_bounded_and_forgotten() {
        let mut limiter = Limiter::new(5.0);
        let start = 1_000_000_000_000;
        for source in 1..1000 {
            limiter.percent(source, start + source);
        }
        assert!(limiter.sources.len() <= MOST + 1);
        limiter.percent(1, start + 2 * SILENT);
        assert_eq!(limiter.sources.len(), 1);
    }
}
