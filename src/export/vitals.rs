//! How the target's processes are, for those who tell it at once.

/// All processes of the target together, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vitals {
    pub resident_bytes: u64,
    /// Of all processors that the target may use, since the look before: 0 to 100.
    pub cpu_percent: f64,
    /// The busiest processes: name and percentage of one processor.
    pub top: Vec<(String, u32)>,
}
