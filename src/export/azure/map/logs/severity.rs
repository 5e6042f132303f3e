//! How severe a record is (logs data model, "SeverityNumber" and "SeverityText").

pub(super) const INFORMATION: u8 = 1;
pub(super) const ERROR: u8 = 3;

/// 0 verbose, 1 information, 2 warning, 3 error, 4 critical: from the number, else from the name
/// that the source has for it, if it is a known one.
pub(super) fn level(number: u64, text: &str) -> Option<u8> {
    match number {
        0 => named(text.trim()),
        1..=8 => Some(0),
        9..=12 => Some(INFORMATION),
        13..=16 => Some(2),
        17..=20 => Some(ERROR),
        21.. => Some(4),
    }
}

/// The names of the loggers of many languages, and of syslog.
fn named(text: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 30] = [
        ("trace", 0),
        ("verbose", 0),
        ("debug", 0),
        ("silly", 0),
        ("finest", 0),
        ("finer", 0),
        ("fine", 0),
        ("trc", 0),
        ("dbg", 0),
        ("config", INFORMATION),
        ("http", INFORMATION),
        ("info", INFORMATION),
        ("inf", INFORMATION),
        ("information", INFORMATION),
        ("informational", INFORMATION),
        ("notice", INFORMATION),
        ("warn", 2),
        ("wrn", 2),
        ("warning", 2),
        ("error", ERROR),
        ("err", ERROR),
        ("severe", ERROR),
        ("critical", 4),
        ("crit", 4),
        ("fatal", 4),
        ("ftl", 4),
        ("alert", 4),
        ("panic", 4),
        ("emerg", 4),
        ("emergency", 4),
    ];
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (number, text, expected) in [
            (1, "", Some(0)),
            (8, "", Some(0)),
            (9, "ERROR", Some(1)),
            (12, "", Some(1)),
            (13, "", Some(2)),
            (16, "", Some(2)),
            (17, "", Some(3)),
            (21, "", Some(4)),
            (24, "", Some(4)),
            (u64::MAX, "", Some(4)),
            (0, "WARNING", Some(2)),
            (0, " Error ", Some(3)),
            (0, "CRITICAL", Some(4)),
            (0, "debug", Some(0)),
            (0, "", None),
            (0, "sonderbar", None),
        ] {
            assert_eq!(level(number, text), expected, "{number} {text}");
        }
    }
}
