//! How an item tells for how many it stands.
//!
//! To Azure by the attribute in which its SDKs have it. To others by OpenTelemetry's entry of
//! `tracestate` (`ot=th:…`, "TraceState: Probability Sampling"), which collectors know; log records
//! have no `tracestate`, and get the attribute of the collector's probabilistic sampler.

use crate::otlp::view::Span;
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{put_bytes, put_double_attribute, put_text_attribute};

use super::applied::RATE_ATTRIBUTES;

const AZURE: &str = "microsoft.sample_rate";
const THRESHOLD: &str = "sampling.threshold";

/// Fields of `Span` and `LogRecord`.
const TRACE_STATE: u32 = 3;
const SPAN_ATTRIBUTE: u32 = 9;
const LOG_ATTRIBUTE: u32 = 6;

/// 2^56, over which thresholds and randomness are counted.
const WHOLE: f64 = (1u64 << 56) as f64;

/// The span's message, for Azure.
pub(super) fn span_for_azure(message: &[u8], rate: f64, out: &mut Vec<u8>) -> Result<(), WireError> {
    without_attributes(message, SPAN_ATTRIBUTE, &RATE_ATTRIBUTES, out)?;
    put_double_attribute(out, SPAN_ATTRIBUTE, AZURE, rate);
    Ok(())
}

pub(super) fn log_for_azure(message: &[u8], rate: f64, out: &mut Vec<u8>) -> Result<(), WireError> {
    without_attributes(message, LOG_ATTRIBUTE, &RATE_ATTRIBUTES, out)?;
    put_double_attribute(out, LOG_ATTRIBUTE, AZURE, rate);
    Ok(())
}

/// The span's message, for others. `randomness`: what was drawn, 0 to 1, if that is not what
/// everybody reads from the trace id.
pub(super) fn span_for_others(
    message: &[u8],
    rate: f64,
    randomness: Option<f64>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let span = Span::read_some(message, |_, _| false)?;
    let state = trace_state(&span.trace_state, rate, randomness);
    let mut fields = Fields::new(message);
    while let Some((number, _, whole)) = fields.next_whole()? {
        if number != TRACE_STATE {
            out.extend_from_slice(whole);
        }
    }
    put_bytes(out, TRACE_STATE, state.as_bytes());
    Ok(())
}

pub(super) fn log_for_others(message: &[u8], rate: f64, out: &mut Vec<u8>) -> Result<(), WireError> {
    without_attributes(message, LOG_ATTRIBUTE, &[THRESHOLD], out)?;
    put_text_attribute(out, LOG_ATTRIBUTE, THRESHOLD, digits(threshold(rate)).as_bytes());
    Ok(())
}

/// OpenTelemetry's entry with this rate comes first; the others stay.
fn trace_state(before: &str, rate: f64, randomness: Option<f64>) -> String {
    let entries = || before.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let own = entries().find_map(|entry| entry.strip_prefix("ot=")).unwrap_or_default();
    let threshold = threshold(rate);
    let mut state = format!("ot=th:{}", digits(threshold));
    for part in own.split(';').filter(|part| !part.is_empty() && !part.starts_with("th:")) {
        state.push(';');
        state.push_str(part);
    }
    if let Some(randomness) = randomness.filter(|_| !own.split(';').any(|part| part.starts_with("rv:"))) {
        // Whoever reads it finds that it is not below the threshold.
        let randomness = ((randomness * WHOLE) as u64).clamp(threshold, (1 << 56) - 1);
        state.push_str(&format!(";rv:{randomness:014x}"));
    }
    for entry in entries().filter(|entry| !entry.starts_with("ot=")) {
        state.push(',');
        state.push_str(entry);
    }
    state
}

/// Below this randomness, of 2^56, nothing is kept.
fn threshold(rate: f64) -> u64 {
    (((1.0 - rate / 100.0) * WHOLE).round() as u64).min((1 << 56) - 1)
}

/// 14 hexadecimal digits without the zeros at their end.
fn digits(threshold: u64) -> String {
    let digits = format!("{threshold:014x}");
    match digits.trim_end_matches('0') {
        "" => "0".to_owned(),
        short => short.to_owned(),
    }
}

/// The message without the attributes of these keys.
fn without_attributes(
    message: &[u8],
    number: u32,
    keys: &[&str],
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some((field, value, whole)) = fields.next_whole()? {
        let key = match value {
            Value::Bytes(attribute) if field == number => Fields::new(attribute).next_field()?,
            _ => None,
        };
        let goes =
            matches!(key, Some((1, Value::Bytes(key))) if keys.iter().any(|known| known.as_bytes() == key));
        if !goes {
            out.extend_from_slice(whole);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_tracestate() {
        for (before, rate, randomness, after) in [
            ("", 50.0, None, "ot=th:8"),
            ("", 25.0, None, "ot=th:c"),
            ("", 100.0, None, "ot=th:0"),
            ("", 10.0, None, "ot=th:e6666666666668"),
            ("", 1e-20, None, "ot=th:ffffffffffffff"),
            ("a=b, c=d", 50.0, None, "ot=th:8,a=b,c=d"),
            (
                "a=b,ot=rv:c0000000000000;th:0;x:y,c=d",
                50.0,
                Some(0.1),
                "ot=th:8;rv:c0000000000000;x:y,a=b,c=d",
            ),
            ("", 50.0, Some(0.75), "ot=th:8;rv:c0000000000000"),
            ("", 50.0, Some(0.25), "ot=th:8;rv:80000000000000"),
            ("", 50.0, Some(1.0), "ot=th:8;rv:ffffffffffffff"),
        ] {
            assert_eq!(trace_state(before, rate, randomness), after, "{before} {rate}");
        }
    }
}
