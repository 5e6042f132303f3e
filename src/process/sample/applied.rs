//! Sampling that happened before the telemetry came here: in an SDK, or in a collector.

use crate::otlp::view::{Attributes, Value};

/// Attributes by which the Application Insights SDKs of Python, Node and Java hand on the
/// percentage that they kept. They are no properties.
pub const RATE_ATTRIBUTES: [&str; 3] =
    ["_MS.sampleRate", "microsoft.sample_rate", "applicationinsights.internal.sample_rate"];

/// Least percentage that is believed.
const LEAST: f64 = 1e-6;

/// What was kept before, of all that there was, in percent. 100 and 100: everything, as far as
/// is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Applied {
    /// By Microsoft's score of the trace id.
    pub(super) score: f64,
    /// In another way.
    pub(super) other: f64,
    /// That way was consistent probability sampling.
    pub(super) consistent: bool,
    /// The randomness of that, 0 to 1, if it is not the trace id's.
    pub(super) randomness: Option<f64>,
}

impl Applied {
    pub(super) fn of(attributes: &Attributes<'_>, trace_state: &str) -> Applied {
        let (threshold, randomness) = if trace_state.is_empty() { (None, None) } else { told(trace_state) };
        let nothing = Applied { score: 100.0, other: 100.0, consistent: false, randomness };
        match (rate(attributes), threshold) {
            (Some(score), _) => Applied { score, ..nothing },
            (None, Some(other)) => Applied { other, consistent: true, ..nothing },
            (None, None) => nothing,
        }
    }

    pub(super) fn percent(self) -> f64 {
        self.score * self.other / 100.0
    }
}

/// Nobody can have kept nothing of what is here: such a rate is none. And whoever kept one of a
/// hundred million would let one item count for all others.
fn valid(percent: f64) -> Option<f64> {
    (LEAST..100.0).contains(&percent).then_some(percent)
}

fn rate(attributes: &Attributes<'_>) -> Option<f64> {
    let found = attributes.iter().find(|(key, _)| RATE_ATTRIBUTES.contains(key))?.1;
    valid(match found {
        Value::Double(percent) => *percent,
        Value::Int(percent) => *percent as f64,
        Value::Text(percent) => percent.trim().parse().ok()?,
        _ => return None,
    })
}

/// What OpenTelemetry's own entry of a `tracestate` says: the percentage that `th` stands for,
/// and the explicit randomness `rv`, 0 to 1.
fn told(trace_state: &str) -> (Option<f64>, Option<f64>) {
    let own = trace_state.split(',').find_map(|entry| entry.trim().strip_prefix("ot=")).unwrap_or_default();
    let value = |name: &str| own.split(';').find_map(|part| part.strip_prefix(name)).and_then(share);
    (value("th:").and_then(|threshold| valid(100.0 * (1.0 - threshold))), value("rv:"))
}

/// Up to 14 hexadecimal digits as a share of 2^56; zeros at the end are left out.
fn share(digits: &str) -> Option<f64> {
    if digits.is_empty() || digits.len() > 14 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let bits = u64::from_str_radix(digits, 16).ok()? << (4 * (14 - digits.len()));
    Some(bits as f64 / 2f64.powi(56))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_of_tracestate() {
        for (state, percent) in [
            ("ot=th:c", Some(25.0)),
            ("vendor=1, ot=rv:40000000000000;th:8 ,x=y", Some(50.0)),
            ("ot=th:80000000000000", Some(50.0)),
            ("ot=th:0", None),
            ("ot=th:ffff", Some(100.0 / 2f64.powi(16))),
            ("ot=th:ffffffffff", None),
            ("ot=th:", None),
            ("ot=th:+8", None),
            ("ot=th:800000000000000", None),
            ("ot=p:8", None),
            ("other=th:8", None),
            ("", None),
        ] {
            assert_eq!(told(state).0, percent, "{state}");
        }
        assert_eq!(told("ot=rv:40000000000000;th:8"), (Some(50.0), Some(0.25)));
        assert_eq!(told("ot=rv:40000000000000"), (None, Some(0.25)));
    }
}
