//! Durations that were added up.

/// How many, how long together, and the extremes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// What was kept by a sampler counts as many times as it stands for.
    pub(super) count: f64,
    /// Milliseconds.
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, milliseconds: f64, weight: f64) {
        if self.count == 0.0 {
            (self.min, self.max) = (milliseconds, milliseconds);
        }
        self.count += weight;
        self.sum += milliseconds * weight;
        self.min = self.min.min(milliseconds);
        self.max = self.max.max(milliseconds);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0.0
    }

    /// The count as a whole number: a sampler that kept a third of ten items is near enough.
    pub(super) fn whole_count(&self) -> u64 {
        self.count.round() as u64
    }
}
