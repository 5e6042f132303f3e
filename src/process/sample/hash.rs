//! Numbers drawn from trace ids: the same in every process that asks, so that all of them keep
//! the same traces.

/// Microsoft's score of a trace id, 0 to 100: Bernstein's hash (33·h + c, from 5381) over its 32
/// hexadecimal digits in 32-bit arithmetic. Application Insights' SDKs keep a trace when this is
/// less than their percentage.
pub(super) fn score(trace_id: &[u8]) -> f64 {
    let digit = |nibble: u8| i32::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    let step = |hash: i32, nibble: u8| hash.wrapping_mul(33).wrapping_add(digit(nibble));
    let hash = trace_id.iter().fold(5381, |hash, byte| step(step(hash, byte >> 4), byte & 15));
    f64::from(hash.checked_abs().unwrap_or(i32::MAX)) / f64::from(i32::MAX) * 100.0
}

/// What `traceidratio` compares with its ratio, 0 to 1: the last eight bytes as a number, as
/// the OpenTelemetry SDKs of Python, Go, Ruby and Rust have it.
pub(super) fn fraction(trace_id: &[u8; 16]) -> f64 {
    (u128::from_be_bytes(*trace_id) as u64) as f64 / 2f64.powi(64)
}

/// Randomness of a trace id for consistent probability sampling, 0 to 1: its last 56 bits (W3C
/// Trace Context, level 2).
pub(super) fn randomness(trace_id: &[u8; 16]) -> f64 {
    let bits = (u128::from_be_bytes(*trace_id) as u64) & ((1 << 56) - 1);
    bits as f64 / 2f64.powi(56)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(hex: &str) -> [u8; 16] {
        u128::from_str_radix(hex, 16).unwrap().to_be_bytes()
    }

    #[test]
    fn scores_as_application_insights_has_them() {
        for (hex, expected) in [
            ("0af7651916cd43dd8448eb211c80319c", 52.78892803601405),
            ("4bf92f3577b34da6a3ce929d0e0e4736", 33.46135385030012),
            ("00000000000000000000000000000001", 2.339351457701694),
            ("ffffffffffffffffffffffffffffffff", 99.96135514227737),
            ("a1132ab814e305ee46622ba4c0201c12", 86.87029061227585),
            ("463ac35c9f6413ad48485a3953bb6124", 65.90166588588696),
        ] {
            assert_eq!(score(&id(hex)), expected, "{hex}");
        }
    }

    #[test]
    fn fractions() {
        assert_eq!(fraction(&id("ffffffffffffffff8000000000000000")), 0.5);
        assert_eq!(fraction(&id("ffffffffffffffff0000000000000000")), 0.0);
        assert_eq!(randomness(&id("ffffffffffffffffff40000000000000")), 0.25);
    }
}
