//! Names of files and folders.

use crate::otlp::Signal;
use std::fmt;

/// `<created ms>-<sequence>-<attempts>-<signal><items>.b`: in the order in which they are sent, and with all that the
/// books need, so that no file must be opened for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// Milliseconds since 1970.
    pub(super) created: u64,
    pub(super) sequence: u64,
    /// How often a program that found it here has tried to send it.
    pub(super) attempts: u8,
    pub(super) signal: Signal,
    pub(super) items: u64,
}

/// What is being written: nobody reads it, and whoever finds it without its writer removes it.
pub(super) const UNFINISHED: &str = ".t";

impl Name {
    pub(super) fn parse(text: &str) -> Option<Name> {
        let mut parts = text.strip_suffix(".b")?.split('-');
        let (created, sequence) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (attempts, held) = (parts.next()?.parse().ok()?, parts.next()?);
        let signal = Signal::ALL.into_iter().find(|signal| held.starts_with(letter(*signal)))?;
        let items = held.get(1..)?.parse().ok()?;
        let name = Name { created, sequence, attempts, signal, items };
        // One name for one file: no plus signs, no more zeros than we write.
        (parts.next().is_none() && name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name { created, sequence, attempts, signal, items } = self;
        write!(f, "{created:013}-{sequence:06}-{attempts}-{}{items}.b", letter(*signal))
    }
}

fn letter(signal: Signal) -> char {
    match signal {
        Signal::Traces => 't',
        Signal::Metrics => 'm',
        Signal::Logs => 'l',
    }
}

/// The folder of a launch: 16 hexadecimal digits.
pub(super) fn is_launch(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let name =
            Name { created: 1_790_000_000_000, sequence: 7, attempts: 2, signal: Signal::Logs, items: 512 };
        assert_eq!(name.to_string(), "1790000000000-000007-2-l512.b");
        assert_eq!(Name::parse("1790000000000-000007-2-l512.b"), Some(name));
        let later = Name { sequence: 1_000_000, ..name };
        assert_eq!(Name::parse(&later.to_string()), Some(later));
        for wrong in [
            "",
            "x.b",
            "1790000000000-000007-2.b",
            "1790000000000-7-2-l512.b",
            "+790000000000-000007-2-l512.b",
            "1790000000000-000007-2-x512.b",
            "1790000000000-000007-2-l-1.b",
            "1790000000000-000007-300-l512.b",
        ] {
            assert_eq!(Name::parse(wrong), None, "{wrong}");
        }
        assert!(is_launch("0123456789abcdef") && !is_launch("0123456789ABCDEF") && !is_launch("bad"));
    }
}
