//! Calendar time, UTC.

/// A time to the nanosecond: `2026-11-21 13:05:59.000000321 +0000 UTC`.
pub(super) fn stamp(unix_nanos: u64) -> String {
    let (date, clock) = civil(unix_nanos / 1_000_000_000);
    let fraction = format!(".{:09}", unix_nanos % 1_000_000_000);
    format!("{date} {clock}{} +0000 UTC", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// Time of day: `13:05:59.123Z`.
pub(super) fn clock(unix_nanos: u64) -> String {
    let (_, clock) = civil(unix_nanos / 1_000_000_000);
    format!("{clock}.{:03}Z", unix_nanos / 1_000_000 % 1_000)
}

/// Date (`2026-11-21`) and time of day (`13:05:59`) of a second since 1970.
pub(super) fn civil(unix_seconds: u64) -> (String, String) {
    let (days, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Days are counted from 1 March of the year 0, so that the leap day is the last day of a
    // year, and months have a regular length: 153 days in five months.
    let day = days + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (
        format!("{year:04}-{month:02}-{day_of_month:02}"),
        format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps() {
        assert_eq!(stamp(0), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(stamp(1_581_452_772_000_000_321), "2020-02-11 20:26:12.000000321 +0000 UTC");
        assert_eq!(stamp(1_581_452_772_500_000_000), "2020-02-11 20:26:12.5 +0000 UTC");
        assert_eq!(clock(1_581_452_772_500_999_999), "20:26:12.500Z");
    }

    #[test]
    fn known_days() {
        for (second, date, clock) in [
            (0, "1970-01-01", "00:00:00"),
            (951_782_399, "2000-02-28", "23:59:59"),
            (951_782_400, "2000-02-29", "00:00:00"),
            (951_868_800, "2000-03-01", "00:00:00"),
            (1_735_689_599, "2024-12-31", "23:59:59"),
            (4_107_542_400, "2100-03-01", "00:00:00"),
            (18_446_744_073, "2554-07-21", "23:34:33"),
        ] {
            assert_eq!(civil(second), (date.into(), clock.into()));
        }
    }
}
