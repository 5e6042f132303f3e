//! Sets of signals.

use nix::libc::c_int;

/// A set of signals as the kernel keeps it: signal `n` is bit `n - 1`. Unlike the C library's
/// set it can hold 32 and 33 too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals(pub u64);

impl Signals {
    pub const ALL: Signals = Signals(u64::MAX);

    pub fn one(signal: c_int) -> Signals {
        let bit = signal.checked_sub(1).and_then(|bit| 1u64.checked_shl(u32::try_from(bit).ok()?));
        Signals(bit.unwrap_or(0))
    }

    pub fn contains(self, signal: c_int) -> bool {
        self.0 & Signals::one(signal).0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_its_bit_and_nothing_else_has_one() {
        assert_eq!(Signals::one(1), Signals(1));
        assert_eq!(Signals::one(64), Signals(1 << 63));
        for number in [-1, 0, 65, c_int::MIN, c_int::MAX] {
            assert_eq!(Signals::one(number), Signals(0), "signal {number}");
        }
        assert!((1..=64).all(|number| Signals::ALL.contains(number)));
        assert!(!Signals::ALL.contains(0) && !Signals::one(5).contains(6));
    }
}
