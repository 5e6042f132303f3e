//! Moments and durations as Application Insights writes them.

use super::json;

const SECOND: u64 = 1_000_000_000;

/// Writes nanoseconds since 1970 as `2026-11-21T00:57:47.094789Z`, cut to microseconds.
pub fn moment(out: &mut Vec<u8>, unix_nano: u64) {
    let seconds = unix_nano / SECOND;
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    for (at, length, number) in [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, of_day / 3600),
        (14, 2, of_day / 60 % 60),
        (17, 2, of_day % 60),
        (20, 6, unix_nano % SECOND / 1000),
    ] {
        digits(&mut text[at..at + length], number as u32);
    }
    out.extend_from_slice(&text);
}

/// `number`: less than a million.
fn digits(to: &mut [u8], mut number: u32) {
    for digit in to.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a number of days since 1970: the proleptic Gregorian calendar, counted
/// in years that begin with March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Writes nanoseconds as `d.hh:mm:ss.ffffff`, rounded to microseconds, below 1000 days.
pub fn duration(out: &mut Vec<u8>, nanos: u64) {
    let micros = nanos.saturating_add(500) / 1000;
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let days = seconds / 86_400;
    if days >= 1000 {
        out.extend_from_slice(b"999.23:59:59.999999");
        return;
    }
    let mut text = *b"00:00:00.000000";
    for (at, length, number) in
        [(0, 2, seconds / 3600 % 24), (3, 2, seconds / 60 % 60), (6, 2, seconds % 60), (9, 6, fraction)]
    {
        digits(&mut text[at..at + length], number as u32);
    }
    json::integer(out, days as i64);
    out.push(b'.');
    out.extend_from_slice(&text);
}

/// Reads a duration, `[d.]hh:mm:ss[.fffffff]`, into nanoseconds. `None` when it is not one.
pub fn span(text: &str) -> Option<u64> {
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u64>().ok()).flatten()
    };
    let mut parts = text.trim().split(':');
    let (first, minutes, last) = (parts.next()?, number(parts.next()?)?, parts.next()?);
    let (days, hours) = match first.split_once('.') {
        Some((days, hours)) => (number(days)?, number(hours)?),
        None => (0, number(first)?),
    };
    let (seconds, fraction) = match last.split_once('.') {
        Some((seconds, digits)) if digits.len() <= 9 => {
            (number(seconds)?, number(digits)? * 10u64.pow(9 - digits.len() as u32))
        }
        Some(_) => return None,
        None => (number(last)?, 0),
    };
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 || days > 10_000 {
        return None;
    }
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&mut Vec<u8>, u64), value: u64) -> String {
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn moments() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_795_222_667_094_789_999, "2026-11-21T00:57:47.094789Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551Z"),
        ] {
            assert_eq!(written(moment, nanos), text);
        }
    }

    #[test]
    fn durations() {
        for (nanos, text) in [
            (0, "0.00:00:00.000000"),
            (499, "0.00:00:00.000000"),
            (500, "0.00:00:00.000001"),
            (999_999_500, "0.00:00:01.000000"),
            (90_061_000_001_000, "1.01:01:01.000001"),
            (1000 * 86_400 * SECOND, "999.23:59:59.999999"),
            (u64::MAX, "999.23:59:59.999999"),
        ] {
            assert_eq!(written(duration, nanos), text);
        }
    }

    #[test]
    fn spans_are_read() {
        for (text, nanos) in [
            ("00:00:01.250", Some(1_250_000_000)),
            ("1.02:03:04", Some(93_784 * SECOND)),
            (" 0.00:00:00.0000001 ", Some(100)),
            ("23:59:59.999999999", Some(86_400 * SECOND - 1)),
            ("24:00:00", None),
            ("00:60:00", None),
            ("-00:00:01", None),
            ("+1:00:00", None),
            ("99999999999999999999.00:00:00", None),
            ("00:00", None),
            ("00:00:00:00", None),
            ("00:00:00.", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(span(text), nanos, "{text}");
        }
    }
}
