//! Durations in buckets.

use super::Metric;

/// When a request was, and of which trace. Times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing<'a> {
    pub start: u64,
    pub end: u64,
    pub trace_id: &'a [u8],
    pub span_id: &'a [u8],
    pub sampled: bool,
}

impl Timing<'_> {
    /// Seconds; 0 when it ends before it starts.
    fn duration(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e9
    }
}

/// Upper bounds of the buckets in seconds, as the conventions advise.
const HTTP: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const DATABASE: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// The longest of the above, and the bucket of what is longer than all of them.
const BUCKETS: usize = HTTP.len() + 1;

impl Metric {
    pub(super) fn bounds(self) -> &'static [f64] {
        match self {
            Metric::Server | Metric::Client => HTTP,
            Metric::Database => DATABASE,
        }
    }
}

/// A measurement of a trace that is exported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exemplar {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) time: u64,
    pub(super) seconds: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    pub(super) count: u64,
    /// Seconds.
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    buckets: [u64; BUCKETS],
    /// The last of each bucket since the last report.
    exemplars: [Option<Exemplar>; BUCKETS],
}

impl Histogram {
    #[inline]
    pub(super) fn add(&mut self, bounds: &[f64], timing: &Timing<'_>) {
        let seconds = timing.duration();
        if self.count == 0 {
            (self.min, self.max) = (seconds, seconds);
        }
        self.count += 1;
        self.sum += seconds;
        self.min = self.min.min(seconds);
        self.max = self.max.max(seconds);
        let place = bounds.iter().take_while(|bound| seconds > **bound).count();
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += 1;
        }
        if timing.sampled
            && let (Ok(trace_id), Ok(span_id)) = (timing.trace_id.try_into(), timing.span_id.try_into())
            && let Some(exemplar) = self.exemplars.get_mut(place)
        {
            *exemplar = Some(Exemplar { trace_id, span_id, time: timing.end, seconds });
        }
    }

    pub(super) fn buckets(&self, bounds: &[f64]) -> &[u64] {
        self.buckets.get(..=bounds.len()).unwrap_or_default()
    }

    pub(super) fn exemplars(&self) -> impl Iterator<Item = &Exemplar> {
        self.exemplars.iter().flatten()
    }

    /// Those that were told are not told again.
    pub(super) fn forget_exemplars(&mut self) {
        self.exemplars = [None; BUCKETS];
    }
}
