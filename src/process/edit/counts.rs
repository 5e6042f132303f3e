//! What processors leave out.

use crate::account::Loss;

/// What cannot be read cannot be redacted.
pub(super) const UNREADABLE: Loss = Loss::Dropped("could not be redacted");

/// How much was left out, by whom.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) by_name: Vec<(&'static str, u64)>,
    /// What could not be redacted.
    pub(super) unreadable: u64,
}

impl Counts {
    pub(super) fn add(&mut self, name: &'static str, items: u64) {
        match self.by_name.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += items,
            None => self.by_name.push((name, items)),
        }
    }

    pub(super) fn into_losses(self) -> Vec<(Loss, u64)> {
        let left_out = self.by_name.into_iter().map(|(name, items)| (Loss::LeftOut(name), items));
        let unreadable = (self.unreadable > 0).then_some((UNREADABLE, self.unreadable));
        left_out.chain(unreadable).collect()
    }
}
