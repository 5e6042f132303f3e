//! Durations in buckets.

use super::Metric;
use super::exemplars::{Exemplar, Reservoir};
use super::exponential::Exponential;
use super::timing::Timing;
use crate::settings::{Aggregation, RequestMetrics};

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

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    pub(super) count: u64,
    /// Seconds.
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) buckets: Buckets,
    pub(super) exemplars: Reservoir,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Buckets {
    /// As many as the metric has bounds, and one more.
    Explicit([u64; BUCKETS]),
    Exponential(Exponential),
}

impl Histogram {
    pub(super) fn new(aggregation: Aggregation) -> Histogram {
        let buckets = match aggregation {
            Aggregation::ExplicitBucket => Buckets::Explicit([0; BUCKETS]),
            Aggregation::Base2Exponential => Buckets::Exponential(Exponential::new()),
        };
        Histogram { count: 0, sum: 0.0, min: 0.0, max: 0.0, buckets, exemplars: Reservoir::default() }
    }

    #[inline]
    pub(super) fn add(&mut self, metric: Metric, timing: &Timing<'_>, settings: RequestMetrics) {
        let seconds = timing.duration();
        if self.count == 0 {
            (self.min, self.max) = (seconds, seconds);
        }
        self.count += 1;
        self.sum += seconds;
        self.min = self.min.min(seconds);
        self.max = self.max.max(seconds);
        let exemplar = Exemplar::of(timing, settings.exemplars);
        match &mut self.buckets {
            Buckets::Explicit(buckets) => {
                let place = metric.bounds().iter().take_while(|bound| seconds > **bound).count();
                if let Some(bucket) = buckets.get_mut(place) {
                    *bucket += 1;
                }
                exemplar.into_iter().for_each(|exemplar| self.exemplars.offer_to(place, exemplar));
            }
            Buckets::Exponential(exponential) => {
                exponential.add(seconds);
                exemplar.into_iter().for_each(|exemplar| self.exemplars.offer(exemplar));
            }
        }
    }
}
