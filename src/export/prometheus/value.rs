//! Values that can be added up over processes.

use crate::otlp::exponential::upper_bound;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, SummaryDataPoint,
};
use std::collections::BTreeMap;

/// Most buckets of a histogram that are exposed.
const MAX_BUCKETS: usize = 160;
/// Bounds of an exponential histogram are exposed at this scale or a coarser one: powers of
/// the square root of two. They are the same for all processes and do not move when the range
/// of the values grows.
const FINEST: i32 = 1;
/// The coarsest scale of the data model: two buckets for all positive numbers.
const COARSEST: i32 = -10;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Explicit(Explicit),
    Exponential(Exponential),
    Summary(Summary),
}

impl Value {
    /// Adds another process' value of the same kind. Summaries cannot be added.
    pub(super) fn add(&mut self, other: &Value) {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => *a += b,
            (Value::Explicit(a), Value::Explicit(b)) => a.add(b),
            (Value::Exponential(a), Value::Exponential(b)) => a.add(b),
            _ => {}
        }
    }

    /// Whether a counter that had the value `before` must have begun again.
    pub(super) fn fell_from(&self, before: &Value) -> bool {
        match (self, before) {
            (Value::Number(now), Value::Number(before)) => now < before,
            (Value::Explicit(now), Value::Explicit(before)) => now.count < before.count,
            (Value::Exponential(now), Value::Exponential(before)) => now.count < before.count,
            _ => false,
        }
    }

    pub(super) fn same_kind(&self, other: &Value) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A histogram with the bounds that its sender chose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Explicit {
    pub(super) count: u64,
    pub(super) sum: Option<f64>,
    /// Upper bound, and the number of values up to it; ascending, without infinity.
    pub(super) cumulative: Vec<(f64, u64)>,
}

impl Explicit {
    /// `None` for bounds that are not ascending, or too many, or do not fit the counts.
    pub(super) fn new(point: &HistogramDataPoint) -> Option<Self> {
        let (bounds, counts) = (&point.explicit_bounds, &point.bucket_counts);
        let ascending = bounds.is_sorted_by(|a, b| a < b) && !bounds.iter().any(|bound| bound.is_nan());
        let fits = counts.len() == bounds.len() + 1 || (counts.is_empty() && bounds.is_empty());
        if !ascending || !fits || bounds.len() > MAX_BUCKETS {
            return None;
        }
        let mut below = 0_u64;
        let mut cumulative = Vec::with_capacity(bounds.len());
        for (bound, count) in bounds.iter().zip(counts) {
            below = below.saturating_add(*count);
            if bound.is_finite() {
                cumulative.push((*bound, below));
            }
        }
        let count = counts.last().map_or(point.count, |above| below.saturating_add(*above));
        Some(Explicit { count, sum: point.sum, cumulative })
    }

    /// Bounds that only one of the two has are given up: nobody knows how the other's values
    /// lie around them. What remains is exact.
    fn add(&mut self, other: &Explicit) {
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.zip(other.sum).map(|(a, b)| a + b);
        let mut theirs = other.cumulative.iter().peekable();
        self.cumulative.retain_mut(|(bound, below)| {
            while theirs.next_if(|(other, _)| other < bound).is_some() {}
            let same = theirs.next_if(|(other, _)| other == bound);
            if let Some((_, more)) = same {
                *below = below.saturating_add(*more);
            }
            same.is_some()
        });
    }
}

/// A histogram with exponential buckets, at a scale that many processes can share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exponential {
    pub(super) count: u64,
    pub(super) sum: Option<f64>,
    scale: i32,
    zero_threshold: f64,
    zero_count: u64,
    positive: BTreeMap<i64, u64>,
    negative: BTreeMap<i64, u64>,
}

impl Exponential {
    /// `None` for a scale that the data model does not know.
    pub(super) fn new(point: &ExponentialHistogramDataPoint) -> Option<Self> {
        if point.scale < COARSEST || point.zero_threshold.is_nan() {
            return None;
        }
        let scale = point.scale.min(FINEST);
        let coarsen = point.scale.saturating_sub(scale);
        let mut result = Exponential {
            count: 0,
            sum: point.sum,
            scale,
            zero_threshold: point.zero_threshold.max(0.0),
            zero_count: point.zero_count,
            positive: sparse(point.positive.as_ref(), coarsen, scale),
            negative: sparse(point.negative.as_ref(), coarsen, scale),
        };
        let buckets = result.positive.values().chain(result.negative.values());
        result.count = buckets.fold(point.zero_count, |sum, count| sum.saturating_add(*count));
        result.limit();
        Some(result)
    }

    fn add(&mut self, other: &Exponential) {
        let mut other = other.clone();
        let scale = self.scale.min(other.scale);
        self.coarsen_to(scale);
        other.coarsen_to(scale);
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.zip(other.sum).map(|(a, b)| a + b);
        self.zero_count = self.zero_count.saturating_add(other.zero_count);
        self.zero_threshold = self.zero_threshold.max(other.zero_threshold);
        for (mine, theirs) in [(&mut self.positive, other.positive), (&mut self.negative, other.negative)] {
            theirs.into_iter().for_each(|(index, count)| increase(mine, index, count));
        }
        self.limit();
    }

    /// Halves the resolution until the range has few enough buckets.
    fn limit(&mut self) {
        while self.scale > COARSEST && (width(&self.positive) + width(&self.negative)) > MAX_BUCKETS as u64 {
            self.coarsen_to(self.scale - 1);
        }
    }

    fn coarsen_to(&mut self, scale: i32) {
        let by = self.scale.saturating_sub(scale).clamp(0, 63);
        for buckets in [&mut self.positive, &mut self.negative] {
            if by > 0 {
                let finer = std::mem::take(buckets);
                finer.into_iter().for_each(|(index, count)| increase(buckets, index >> by, count));
            }
        }
        self.scale = self.scale.min(scale);
    }

    /// Upper bounds and the number of values up to them, ascending, without infinity. Every
    /// bucket between the lowest and the highest is there, so that bounds do not come and go.
    pub(super) fn cumulative(&self) -> Vec<(f64, u64)> {
        let mut below = 0_u64;
        let mut result = Vec::new();
        let mut up_to = |bound: f64, count: u64| {
            below = below.saturating_add(count);
            // Rounding may give two buckets at the end of the range the same bound.
            match result.last_mut() {
                Some((last, total)) if *last >= bound => *total = below,
                _ if bound.is_finite() => result.push((bound, below)),
                _ => {}
            }
        };
        for (index, count) in dense(&self.negative).rev() {
            up_to(-upper_bound(self.scale, index - 1), count);
        }
        if self.zero_count > 0 || !self.negative.is_empty() {
            up_to(self.zero_threshold, self.zero_count);
        }
        for (index, count) in dense(&self.positive) {
            up_to(upper_bound(self.scale, index), count);
        }
        result
    }
}

/// Buckets that are not empty, at a coarser scale, within the range of floating point numbers.
fn sparse(buckets: Option<&Buckets>, coarsen: i32, scale: i32) -> BTreeMap<i64, u64> {
    let mut result = BTreeMap::new();
    let Some(buckets) = buckets else { return result };
    // Numbers lie between 2^-1075 and 2^1024.
    let at = |exponent: i64| if scale >= 0 { exponent << scale } else { exponent >> -scale };
    let (lowest, highest) = (at(-1075) - 1, at(1024));
    for (index, count) in (i64::from(buckets.offset)..).zip(&buckets.bucket_counts) {
        if *count > 0 {
            increase(&mut result, (index >> coarsen.min(63)).clamp(lowest, highest), *count);
        }
    }
    result
}

fn increase(buckets: &mut BTreeMap<i64, u64>, index: i64, by: u64) {
    let count = buckets.entry(index).or_default();
    *count = count.saturating_add(by);
}

fn range(buckets: &BTreeMap<i64, u64>) -> std::ops::Range<i64> {
    match (buckets.first_key_value(), buckets.last_key_value()) {
        (Some((first, _)), Some((last, _))) => *first..*last + 1,
        _ => 0..0,
    }
}

fn width(buckets: &BTreeMap<i64, u64>) -> u64 {
    let range = range(buckets);
    range.end.abs_diff(range.start)
}

fn dense(buckets: &BTreeMap<i64, u64>) -> impl DoubleEndedIterator<Item = (i64, u64)> {
    range(buckets).map(|index| (index, buckets.get(&index).copied().unwrap_or_default()))
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: f64,
    /// Ascending, each quantile once.
    pub(super) quantiles: Vec<(f64, f64)>,
}

impl Summary {
    /// `None` for too many quantiles, or one that is not between 0 and 1.
    pub(super) fn new(point: &SummaryDataPoint) -> Option<Self> {
        let mut quantiles: Vec<_> = point.quantile_values.iter().map(|at| (at.quantile, at.value)).collect();
        if quantiles.len() > MAX_BUCKETS
            || !quantiles.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile))
        {
            return None;
        }
        quantiles.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        quantiles.dedup_by(|(a, _), (b, _)| a == b);
        Some(Summary { count: point.count, sum: point.sum, quantiles })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explicit(bounds: &[f64], counts: &[u64]) -> Option<Explicit> {
        Explicit::new(&HistogramDataPoint {
            count: 99,
            sum: Some(1.5),
            bucket_counts: counts.to_vec(),
            explicit_bounds: bounds.to_vec(),
            ..Default::default()
        })
    }

    #[test]
    fn explicit_bounds() {
        let histogram = explicit(&[1.0, 2.0, f64::INFINITY], &[3, 4, 5, 0]).expect("good");
        assert_eq!(histogram.cumulative, [(1.0, 3), (2.0, 7)]);
        assert_eq!(histogram.count, 12);
        assert_eq!(explicit(&[], &[]).expect("only a count").count, 99);
        for (bounds, counts) in [
            (&[1.0, 1.0][..], &[0, 0, 0][..]),
            (&[f64::NAN], &[0, 0]),
            (&[1.0], &[1]),
            (&[2.0, 1.0], &[0, 0, 0]),
        ] {
            assert_eq!(explicit(bounds, counts), None, "{bounds:?}");
        }
        assert_eq!(explicit(&(0..200).map(f64::from).collect::<Vec<_>>(), &[0; 201]), None);
    }

    #[test]
    fn different_bounds_leave_the_common_ones() {
        let mut one = explicit(&[1.0, 2.0, 5.0], &[1, 1, 1, 1]).expect("good");
        one.add(&explicit(&[0.5, 2.0, 4.0, 5.0], &[10, 10, 10, 10, 10]).expect("good"));
        assert_eq!(one.cumulative, [(2.0, 22), (5.0, 43)]);
        assert_eq!((one.count, one.sum), (54, Some(3.0)));
    }

    fn exponential(scale: i32, positive: (i32, &[u64]), negative: (i32, &[u64]), zero: u64) -> Exponential {
        let buckets =
            |(offset, counts): (i32, &[u64])| Some(Buckets { offset, bucket_counts: counts.to_vec() });
        Exponential::new(&ExponentialHistogramDataPoint {
            scale,
            sum: Some(1.0),
            zero_count: zero,
            positive: buckets(positive),
            negative: buckets(negative),
            ..Default::default()
        })
        .expect("good")
    }

    #[test]
    fn exponential_bounds() {
        let histogram = exponential(0, (0, &[1, 0, 2]), (1, &[4, 3]), 5);
        assert_eq!(
            histogram.cumulative(),
            [(-4.0, 3), (-2.0, 7), (0.0, 12), (2.0, 13), (4.0, 13), (8.0, 15)]
        );
        assert_eq!(histogram.count, 15);
    }

    #[test]
    fn fine_scales_become_coarser() {
        // Scale 3 has eight buckets to a power of two, scale 1 has two.
        let histogram = exponential(3, (0, &[1; 16]), (0, &[]), 0);
        let bounds: Vec<_> = histogram.cumulative();
        assert_eq!(bounds.iter().map(|(_, below)| *below).collect::<Vec<_>>(), [4, 8, 12, 16]);
        assert_eq!((bounds[1].0, bounds[3].0), (2.0, 4.0));
        assert_eq!(exponential(20, (-(1 << 20), &[7]), (0, &[]), 0).cumulative()[0].1, 7);
    }

    #[test]
    fn exponential_histograms_are_added_bucket_by_bucket() {
        let mut sum = exponential(0, (0, &[1]), (0, &[]), 1);
        sum.add(&exponential(-1, (1, &[2]), (0, &[]), 0));
        assert_eq!(sum.cumulative(), [(0.0, 1), (4.0, 2), (16.0, 4)]);
        assert_eq!((sum.count, sum.sum), (4, Some(2.0)));
    }

    #[test]
    fn wild_ranges_stay_bounded() {
        let mut wild = exponential(20, (i32::MIN, &[1]), (i32::MAX, &[1]), 0);
        wild.add(&exponential(-10, (i32::MAX, &[1]), (i32::MIN, &[1]), 0));
        assert!(wild.cumulative().len() <= MAX_BUCKETS);
        assert_eq!(wild.count, 4);
        let point = ExponentialHistogramDataPoint { scale: -11, ..Default::default() };
        assert_eq!(Exponential::new(&point), None);
    }
}
