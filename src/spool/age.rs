//! How old a batch is, whatever became of the wall clock meanwhile.

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// When a batch was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Milliseconds since 1970.
    pub(super) wall: u64,
    /// Milliseconds since the machine was started, sleep included.
    pub(super) since_boot: u64,
    /// Which start that was; zeros where the system does not say.
    pub(super) boot: [u8; 16],
}

/// The clocks of this machine, told apart from other starts of it.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    boot: [u8; 16],
}

impl Clocks {
    pub(super) fn new() -> Clocks {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Clocks { boot: parse(&text).unwrap_or_default() }
    }

    pub(super) fn now(&self) -> Written {
        let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |time| {
            let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
            seconds
                .saturating_mul(1000)
                .saturating_add(u64::try_from(time.tv_nsec()).unwrap_or_default() / 1_000_000)
        });
        Written { wall: crate::clock::unix_nano() / 1_000_000, since_boot, boot: self.boot }
    }
}

impl Written {
    /// The time from `self` to `now`. Since the same start of the machine the wall clock has no say; otherwise it
    /// is all there is, and one that was set back makes nothing older.
    pub(super) fn age(&self, now: &Written) -> Duration {
        let millis = if self.boot == now.boot && self.boot != [0; 16] {
            now.since_boot.saturating_sub(self.since_boot)
        } else {
            now.wall.saturating_sub(self.wall)
        };
        Duration::from_millis(millis)
    }
}

/// `3cb3be2f-…`: 32 hexadecimal digits.
fn parse(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32).map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn written(wall: u64, since_boot: u64, boot: u8) -> Written {
        Written { wall, since_boot, boot: [boot; 16] }
    }

    #[test]
    fn the_wall_clock_counts_only_across_starts() {
        let age = |from: Written, to: Written| from.age(&to).as_millis() as u64;
        // SPL-11: set back, set forward.
        assert_eq!(age(written(100 * HOUR, HOUR, 1), written(76 * HOUR, 2 * HOUR, 1)), HOUR);
        assert_eq!(age(written(100 * HOUR, HOUR, 1), written(1000 * HOUR, 2 * HOUR, 1)), HOUR);
        // Another start: by the wall, and never below nothing.
        assert_eq!(age(written(100 * HOUR, 9 * HOUR, 1), written(103 * HOUR, HOUR, 2)), 3 * HOUR);
        assert_eq!(age(written(100 * HOUR, 9 * HOUR, 1), written(50 * HOUR, HOUR, 2)), 0);
        // Nobody knows which start it was.
        assert_eq!(age(written(100 * HOUR, HOUR, 0), written(101 * HOUR, HOUR, 0)), HOUR);
    }

    #[test]
    fn this_machine_says_which_start_it_is() {
        let clocks = Clocks::new();
        assert_ne!(clocks.boot, [0; 16]);
        assert!(clocks.now().since_boot > 0 && clocks.now().wall > 1_600_000_000_000);
        assert_eq!(parse("00000000-0000-0000-0000-0000000000ff\n").map(|id| id[15]), Some(255));
        assert_eq!(parse("ff"), None);
    }
}
