//! Lines about requests, as nginx, Apache, gunicorn and uvicorn write them: `… "GET /path HTTP/1.1" 200 …`.

use super::{Parsed, Value, time};

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

pub(super) fn find(line: &str, parsed: &mut Parsed) {
    let Some((before, method, target, after)) = request(line) else { return };
    let Some(status) = after.trim_start().get(..3).and_then(|digits| digits.parse::<i64>().ok()) else {
        return;
    };
    if !(100..600).contains(&status) {
        return;
    }
    parsed.text("http.request.method", method);
    parsed.text("url.path", target.split('?').next().unwrap_or_default());
    parsed.add("http.response.status_code", Value::Int(status));
    if parsed.severity == 0 {
        parsed.severity = if status >= 500 { 17 } else { 9 };
    }
    if parsed.time.is_none()
        && let Some((_, date)) = before.split_once('[')
    {
        parsed.time = time::of_access_log(date);
    }
    // uvicorn prints `200 OK` where it has logged `200`.
    let rest = after.trim_start().get(3..).unwrap_or_default();
    if rest.starts_with(' ') && rest.chars().all(|c| c.is_ascii_alphabetic() || " -'".contains(c)) {
        parsed.without_phrase = Some(line.len() - rest.len());
    }
}

/// What stands before the request, its method, its target, and what stands behind it.
fn request(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (before, rest) = line.split_once('"')?;
    let (request, after) = rest.split_once('"')?;
    let mut words = request.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let whole = METHODS.contains(&method) && version.starts_with("HTTP/") && words.next().is_none();
    whole.then_some((before, method, target, after))
}
