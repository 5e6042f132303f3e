//! One request in time.

/// When a request was, and of which trace. Times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing<'a> {
    pub start: u64,
    pub end: u64,
    pub trace_id: &'a [u8],
    pub span_id: &'a [u8],
    pub sampled: bool,
}

impl Timing<'_> {
    /// Seconds; 0 when it ends before it starts.
    pub(super) fn duration(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e9
    }
}
