//! `Retry-After` (RFC 9110, 10.2.3): seconds or a date.

use ::http::HeaderMap;
use ::http::header::RETRY_AFTER;
use std::time::{Duration, SystemTime};

/// The delay that the peer asks for. No delay, a past date, a negative number and
/// garbage count as absent; the upper bound is the sender's business.
pub(in crate::export) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    delay(headers, now).filter(|delay| !delay.is_zero())
}

fn delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a number: a very long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    date.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    #[test]
    fn table() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 10:00:00 GMT").expect("a date");
        let seconds = |n| Some(Duration::from_secs(n));
        for (value, expected) in [
            ("7", seconds(7)),
            (" 120 ", seconds(120)),
            ("0", None),
            ("000", None),
            ("99999999999999999999999", seconds(u64::MAX)),
            ("Sat, 21 Nov 2026 10:00:30 GMT", seconds(30)),
            ("Saturday, 21-Nov-26 10:01:00 GMT", seconds(60)),
            ("Sat Nov 21 10:00:05 2026", seconds(5)),
            ("Sat, 21 Nov 2026 10:00:00 GMT", None),
            ("Sat, 21 Nov 2026 09:59:59 GMT", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("10 s", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).expect("a value"));
            assert_eq!(of(&headers, now), expected, "{value:?}");
        }
        assert_eq!(of(&HeaderMap::new(), now), None);
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_bytes(b"\xff").expect("a value"));
        assert_eq!(of(&headers, now), None);
    }
}
