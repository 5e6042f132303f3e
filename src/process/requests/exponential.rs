//! Durations in buckets that grow with them (metrics SDK specification, "Base2 Exponential Bucket
//! Histogram Aggregation").

use crate::otlp::exponential::index;

/// Most buckets, and the finest scale, as the specification advises.
pub(super) const MOST_BUCKETS: usize = 160;
const FINEST: i32 = 20;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exponential {
    pub(super) scale: i32,
    /// Measurements of 0.
    pub(super) zero: u64,
    /// Index of the first bucket.
    pub(super) offset: i64,
    pub(super) buckets: Vec<u64>,
}

impl Exponential {
    pub(super) fn new() -> Exponential {
        Exponential { scale: FINEST, zero: 0, offset: 0, buckets: Vec::new() }
    }

    /// Takes seconds: 0, or whole nanoseconds.
    pub(super) fn add(&mut self, seconds: f64) {
        if seconds <= 0.0 {
            self.zero += 1;
            return;
        }
        let mut place = index(self.scale, seconds);
        if self.buckets.is_empty() {
            self.offset = place;
        }
        let length = self.buckets.len() as i64;
        let (first, last) = (self.offset.min(place), (self.offset + length - 1).max(place));
        let coarser = (0..).find(|by| (last >> by) - (first >> by) < MOST_BUCKETS as i64).unwrap_or(0);
        if coarser > 0 {
            self.coarsen(coarser);
            place >>= coarser;
        }
        if place < self.offset {
            let before = (self.offset - place) as usize;
            self.buckets.splice(0..0, std::iter::repeat_n(0, before));
            self.offset = place;
        }
        let place = (place - self.offset) as usize;
        if place >= self.buckets.len() {
            self.buckets.resize(place + 1, 0);
        }
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += 1;
        }
    }

    /// Merges each `2^by` buckets into one.
    fn coarsen(&mut self, by: i32) {
        let offset = self.offset >> by;
        let mut merged = Vec::new();
        for (index, count) in (self.offset..).zip(&self.buckets) {
            let place = ((index >> by) - offset) as usize;
            merged.resize(place + 1, 0);
            if let Some(bucket) = merged.get_mut(place) {
                *bucket += count;
            }
        }
        (self.scale, self.offset, self.buckets) = (self.scale - by, offset, merged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::exponential::upper_bound;

    #[test]
    fn every_measurement_is_in_the_bucket_that_holds_it() {
        // From one nanosecond to what no request lasts, in an order that grows both ways.
        let mut measured: Vec<f64> =
            (0..4000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (n % 64)) as f64 / 1e9).collect();
        measured.extend([0.0, 1e-9, 1.0, 0.5]);
        let mut histogram = Exponential::new();
        let mut scale = histogram.scale;
        for (place, seconds) in measured.iter().enumerate() {
            histogram.add(*seconds);
            assert!(histogram.buckets.len() <= MOST_BUCKETS && histogram.scale <= scale);
            assert_eq!(histogram.buckets.iter().sum::<u64>() + histogram.zero, place as u64 + 1);
            scale = histogram.scale;
        }
        assert_eq!(histogram.zero, measured.iter().filter(|seconds| **seconds == 0.0).count() as u64);
        for (index, count) in (histogram.offset..).zip(&histogram.buckets) {
            let (lower, upper) = (upper_bound(scale, index - 1), upper_bound(scale, index));
            let expected = measured.iter().filter(|seconds| lower < **seconds && **seconds <= upper).count();
            assert_eq!(*count, expected as u64, "{lower} {upper} {scale}");
        }
    }

    #[test]
    fn few_are_told_apart_as_finely_as_can_be() {
        let mut histogram = Exponential::new();
        histogram.add(0.25);
        histogram.add(0.25);
        assert_eq!((histogram.scale, histogram.buckets.as_slice()), (FINEST, &[2][..]));
        assert_eq!(upper_bound(FINEST, histogram.offset), 0.25);
        histogram.add(0.5);
        // 2^7 buckets for each doubling.
        assert_eq!((histogram.scale, histogram.buckets.len()), (7, 129));
        assert_eq!(upper_bound(7, histogram.offset), 0.25);
        assert_eq!(upper_bound(7, histogram.offset + 128), 0.5);
    }
}
