//! Times that say of which zone they are. Others may mean anything.

/// `2026-11-28T18:00:00.123Z`, `2026-11-28 18:00:00,123+0100`, also in brackets, at the beginning of a text.
pub(super) fn at_start(text: &str) -> Option<u64> {
    let bytes = text.trim_start_matches(['[', '(', '"']).as_bytes();
    let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
    let is = |at: usize, what: &[u8]| bytes.get(at).is_some_and(|byte| what.contains(byte));
    if !(is(4, b"-/") && is(7, b"-/") && is(10, b"T ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let day = days(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let second = seconds(number(11, 13)?, number(14, 16)?, number(17, 19)?)?;
    let mut rest = bytes.get(19..)?;
    let mut nanos = 0;
    if let [b'.' | b',', fraction @ ..] = rest {
        let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let nine: Vec<u8> =
            fraction.iter().take(length.min(9)).copied().chain(*b"000000000").take(9).collect();
        nanos = digits(&nine)?;
        rest = fraction.get(length..)?;
    }
    nano(day, second - offset(rest)?, nanos)
}

/// `28/Nov/2026:18:00:00 +0100`.
pub(super) fn of_access_log(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split(['/', ':', ' ']);
    let number = |part: Option<&str>| digits(part?.as_bytes());
    let day = number(parts.next())?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
    let day = days(number(parts.next())?, month, day)?;
    let second = seconds(number(parts.next())?, number(parts.next())?, number(parts.next())?)?;
    nano(day, second - offset(parts.next()?.as_bytes())?, 0)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size.
pub(super) fn of_number(number: f64) -> Option<u64> {
    // Microseconds are what such a number is exact to.
    let micros = match number {
        1e9..1e11 => number * 1e6,
        1e12..1e14 => number * 1e3,
        1e15..1e17 => number,
        1e18..1e19 => number / 1e3,
        _ => return None,
    };
    Some(micros.round() as u64 * 1000)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    let all = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    all.then(|| std::str::from_utf8(bytes).ok()?.parse().ok())?
}

/// `Z`, `+01:00`, `+0100`, also behind a blank, in seconds.
fn offset(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b" ").unwrap_or(text) {
        [b'Z', ..] => Some(0),
        [sign @ (b'+' | b'-'), hours @ ..] => {
            let minutes = match hours.get(2) {
                Some(b':') => hours.get(3..5)?,
                _ => hours.get(2..4)?,
            };
            let seconds = digits(hours.get(..2)?)? * 3600 + digits(minutes)? * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn seconds(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468)
}

fn nano(day: i64, second: i64, nanos: i64) -> Option<u64> {
    u64::try_from((day * 86_400 + second) * 1_000_000_000 + nanos).ok()
}
