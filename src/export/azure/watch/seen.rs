//! A span with all that is known of it when it is counted.

use crate::export::azure::map::meaning::{Known, Meaning};
use crate::otlp::view::Span;

#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) span: &'a Span<'a>,
    pub(super) known: &'a Known<'a>,
    pub(super) meaning: &'a Meaning<'a>,
    /// How many spans it stands for: more than 1 when an SDK sent only a sample.
    pub(super) weight: f64,
}

impl Seen<'_> {
    #[inline]
    pub(super) fn milliseconds(&self) -> f64 {
        self.span.duration() as f64 / 1e6
    }
}
