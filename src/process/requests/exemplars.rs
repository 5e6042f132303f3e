//! Measurements that lead to their traces (metrics SDK specification, "Exemplar").

use super::timing::Timing;
use crate::settings::ExemplarFilter;

/// Most exemplars where buckets are not fixed.
const MOST: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exemplar {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) time: u64,
    pub(super) seconds: f64,
}

impl Exemplar {
    /// `None` for what the filter does not let through, and for what leads nowhere.
    #[inline]
    pub(super) fn of(timing: &Timing<'_>, filter: ExemplarFilter) -> Option<Exemplar> {
        let eligible = match filter {
            ExemplarFilter::AlwaysOn => true,
            ExemplarFilter::AlwaysOff => false,
            ExemplarFilter::TraceBased => timing.sampled,
        };
        if !eligible {
            return None;
        }
        let (trace_id, span_id) = (timing.trace_id.try_into().ok()?, timing.span_id.try_into().ok()?);
        Some(Exemplar { trace_id, span_id, time: timing.end, seconds: timing.duration() })
    }
}

/// The exemplars of a series since the last report.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reservoir {
    /// How many were offered.
    offered: u64,
    /// With their buckets, where these are fixed.
    kept: Vec<(usize, Exemplar)>,
}

impl Reservoir {
    /// Keeps the last of each bucket ("AlignedHistogramBucketExemplarReservoir").
    pub(super) fn offer_to(&mut self, bucket: usize, exemplar: Exemplar) {
        match self.kept.iter_mut().find(|(place, _)| *place == bucket) {
            Some((_, last)) => *last = exemplar,
            None => self.kept.push((bucket, exemplar)),
        }
    }

    /// Keeps some, each with the same chance ("SimpleFixedSizeExemplarReservoir").
    pub(super) fn offer(&mut self, exemplar: Exemplar) {
        self.offered += 1;
        if self.kept.len() < MOST {
            return self.kept.push((0, exemplar));
        }
        // Ids of spans are random; mixed, in case that somebody's are not.
        let chance = mixed(u64::from_le_bytes(exemplar.span_id) ^ self.offered) % self.offered;
        if let Some(place) = usize::try_from(chance).ok().and_then(|place| self.kept.get_mut(place)) {
            *place = (0, exemplar);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Exemplar> {
        self.kept.iter().map(|(_, exemplar)| exemplar)
    }

    /// Those that were told are not told again.
    pub(super) fn clear(&mut self) {
        self.offered = 0;
        self.kept.clear();
    }
}

/// The finalizer of SplitMix64.
fn mixed(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplar(number: u64) -> Exemplar {
        Exemplar { trace_id: [1; 16], span_id: number.to_be_bytes(), time: number, seconds: 0.1 }
    }

    #[test]
    fn all_have_the_same_chance() {
        let mut early = 0;
        for round in 0..500 {
            let mut reservoir = Reservoir::default();
            (0..200).for_each(|number| reservoir.offer(exemplar(round * 1000 + number)));
            assert_eq!(reservoir.iter().count(), MOST);
            early += reservoir.iter().filter(|exemplar| exemplar.time % 1000 < 100).count();
        }
        // Half of 10,000, give or take.
        assert!((4_500..5_500).contains(&early), "{early}");
    }

    #[test]
    fn the_last_of_each_bucket_stays() {
        let mut reservoir = Reservoir::default();
        (0..100).for_each(|number| reservoir.offer_to(number as usize % 3, exemplar(number)));
        let mut times: Vec<u64> = reservoir.iter().map(|exemplar| exemplar.time).collect();
        times.sort_unstable();
        assert_eq!(times, [97, 98, 99]);
        reservoir.clear();
        assert_eq!(reservoir.iter().count(), 0);
    }
}
