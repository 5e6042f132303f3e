//! Standard metrics: durations of requests and dependencies by their results, so that charts are
//! exact although spans are sampled.

use super::seen::Seen;
use super::tally::Tally;
use crate::export::azure::json::cut;
use crate::export::azure::map::meaning::{Meaning, is_synthetic};
use std::collections::HashMap;

/// Most series of one role, and of all roles together, before the many become one.
const MOST: usize = 1000;
const MOST_OF_ALL: usize = 10_000;
/// Code, target and type of those.
const OTHER: &str = "other";
/// Longest text of a dimension, in UTF-16 units.
const LONGEST: usize = 256;

/// Which of the two metrics, by `_MS.MetricId`.
pub(super) const REQUESTS: &str = "requests/duration";
pub(super) const DEPENDENCIES: &str = "dependencies/duration";

/// The dimensions that requests and dependencies have of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dimensions<'a> {
    is_request: bool,
    success: bool,
    synthetic: bool,
    code: &'a str,
    /// Of dependencies.
    target: &'a str,
    kind: &'a str,
}

/// One series of an interval.
#[derive(Debug, PartialEq)]
pub(super) struct Series {
    pub(super) metric: &'static str,
    pub(super) dimensions: Vec<(&'static str, String)>,
    pub(super) tally: Tally,
}

/// What was counted of one role.
#[derive(Debug, Default)]
pub(super) struct Standard {
    /// By the bytes of [`Dimensions::key`].
    series: HashMap<Box<[u8]>, Series>,
    /// The key that is being looked for.
    key: Vec<u8>,
}

impl Standard {
    /// Counts a span. `all`: how many series there are, of all roles.
    pub(super) fn add(&mut self, seen: &Seen<'_>, all: &mut usize) {
        let dimensions = Dimensions::of(seen);
        let (milliseconds, weight) = (seen.milliseconds(), seen.weight);
        dimensions.key(&mut self.key);
        match self.series.get_mut(&*self.key) {
            Some(series) => series.tally.add(milliseconds, weight),
            None => self.begin(dimensions, all).add(milliseconds, weight),
        }
    }

    #[cold]
    fn begin(&mut self, dimensions: Dimensions<'_>, all: &mut usize) -> &mut Tally {
        let room = self.series.len() < MOST && *all < MOST_OF_ALL;
        let dimensions = if room { dimensions } else { dimensions.other() };
        dimensions.key(&mut self.key);
        let series = self.series.entry(self.key.as_slice().into());
        let begun = series.or_insert_with(|| {
            *all += 1;
            dimensions.series()
        });
        &mut begun.tally
    }

    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// What was counted since it was last taken.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Series> + use<> {
        std::mem::take(&mut self.series).into_values()
    }
}

impl<'a> Dimensions<'a> {
    #[inline]
    fn of(seen: &Seen<'a>) -> Dimensions<'a> {
        let synthetic = is_synthetic(seen.known);
        match seen.meaning {
            Meaning::Request(request) => Dimensions {
                is_request: true,
                success: request.success,
                synthetic,
                code: cut(&request.code, LONGEST),
                target: "",
                kind: "",
            },
            Meaning::Dependency(dependency) => Dimensions {
                is_request: false,
                success: dependency.success,
                synthetic,
                code: cut(&dependency.code, LONGEST),
                target: cut(&dependency.target, LONGEST),
                kind: cut(&dependency.kind, LONGEST),
            },
        }
    }

    /// Writes what tells it from others. No byte of text is 255.
    #[inline]
    fn key(&self, key: &mut Vec<u8>) {
        key.clear();
        key.push(u8::from(self.is_request) | u8::from(self.success) << 1 | u8::from(self.synthetic) << 2);
        for part in [self.code, self.target, self.kind] {
            key.extend_from_slice(part.as_bytes());
            key.push(255);
        }
    }

    /// The series of those for which there is no room.
    fn other(self) -> Dimensions<'static> {
        let Dimensions { is_request, success, synthetic, .. } = self;
        let (target, kind) = if is_request { ("", "") } else { (OTHER, OTHER) };
        Dimensions { is_request, success, synthetic, code: OTHER, target, kind }
    }

    fn series(&self) -> Series {
        let truth = |is| if is { "True" } else { "False" };
        let (metric, mut dimensions) = if self.is_request {
            (REQUESTS, vec![("request/resultCode", self.code), ("Request.Success", truth(self.success))])
        } else {
            let own = [
                ("dependency/resultCode", self.code),
                ("Dependency.Success", truth(self.success)),
                ("Dependency.Type", self.kind),
                ("dependency/target", self.target),
            ];
            (DEPENDENCIES, own.to_vec())
        };
        if self.synthetic {
            dimensions.push(("operation/synthetic", "True"));
        }
        dimensions.retain(|(_, value)| !value.is_empty());
        let dimensions = dimensions.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        Series { metric, dimensions, tally: Tally::default() }
    }
}
