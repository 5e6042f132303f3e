//! The contexts of resources seen lately.

use super::{Context, Place};
use crate::otlp::view::Group;
use crate::settings::AzureSettings;

/// How many resources are remembered: workers of one service, and ourselves.
const KEPT: usize = 16;
/// Bytes of a resource that is remembered.
const LONGEST: usize = 64 * 1024;

/// Contexts by the bytes of their resources, the latest first: batches of several worker
/// processes come in turns.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Cache {
    place: Place,
    known: Vec<(Vec<u8>, Context)>,
}

impl Cache {
    /// For resources of programs that run where we do.
    pub(in crate::export::azure) fn here() -> Cache {
        Cache::new(Place::here())
    }

    pub(super) fn new(place: Place) -> Cache {
        Cache { place, known: Vec::new() }
    }

    pub(in crate::export::azure) fn of(&mut self, group: &Group<'_>, settings: &AzureSettings) -> &Context {
        let bytes = group.resource_bytes();
        match self.known.iter().position(|(resource, _)| resource == bytes) {
            Some(0) => {}
            Some(place) => self.known[..=place].rotate_right(1),
            None => {
                self.known.retain(|(resource, _)| resource.len() <= LONGEST);
                self.known.truncate(KEPT - 1);
                self.known.insert(0, (bytes.to_vec(), Context::of(group, settings, &self.place)));
            }
        }
        &self.known[0].1
    }
}

#[cfg(test)]
impl Cache {
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}
