//! Exceptions are often told twice: by an event of a span and by a log record in the same span.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// How many exceptions are remembered, at the least.
const KEPT: usize = 4096;

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export::azure) enum Teller {
    Span,
    Log,
}

/// Which exceptions were told lately, and by whom. Shared by the mappers of traces and of logs.
///
/// Whoever came first tells an exception again when it is asked again: a batch that could not be
/// sent is mapped once more.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Told {
    hasher: RandomState,
    generations: Mutex<[HashMap<u64, Teller>; 2]>,
}

impl Told {
    /// Whether it is this teller's turn to tell the exception, because the other one has not.
    /// Without a span nobody can say that two are the same.
    pub(in crate::export::azure) fn may_tell(
        &self,
        teller: Teller,
        [trace_id, span_id]: [&[u8]; 2],
        [type_name, message]: [&str; 2],
    ) -> bool {
        if trace_id.is_empty() || span_id.is_empty() {
            return true;
        }
        let hash = self.hasher.hash_one((trace_id, span_id, type_name, message));
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(first) = young.get(&hash).or_else(|| old.get(&hash)) {
            return *first == teller;
        }
        if young.len() >= KEPT {
            *old = std::mem::take(young);
        }
        young.insert(hash, teller);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tells_and_may_repeat_it() {
        let told = Told::default();
        let ids: [&[u8]; 2] = [b"t", b"s"];
        for (teller, what, expected) in [
            (Teller::Log, "a", true),
            (Teller::Span, "a", false),
            (Teller::Log, "a", true),
            (Teller::Span, "b", true),
            (Teller::Log, "b", false),
        ] {
            assert_eq!(told.may_tell(teller, ids, ["E", what]), expected, "{teller:?} {what}");
        }
        assert!(told.may_tell(Teller::Span, [b"t", b"other"], ["E", "a"]));
        assert!(told.may_tell(Teller::Span, [b"", b"s"], ["E", "a"]));
        assert!(told.may_tell(Teller::Log, [b"", b"s"], ["E", "a"]));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let told = Told::default();
        for number in 0..3 * KEPT {
            let message = number.to_string();
            assert!(told.may_tell(Teller::Log, [b"t", b"s"], ["E", &message]));
            assert!(!told.may_tell(Teller::Span, [b"t", b"s"], ["E", &message]));
        }
        let generations = told.generations.lock().unwrap();
        assert!(generations.iter().all(|generation| generation.len() <= KEPT));
    }
}
