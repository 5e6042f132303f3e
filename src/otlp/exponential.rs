//! Exponential histograms (OpenTelemetry metrics data model, "ExponentialHistogram").

/// Bits of a double's fraction.
const FRACTION: u32 = 52;
/// What is added to a double's exponent.
const BIAS: i64 = 1023;

/// Upper bound of the bucket of this index, which holds values up to and with it; the bucket's
/// lower bound is that of the index before. 0 or infinity when it is out of range.
pub fn upper_bound(scale: i32, index: i64) -> f64 {
    // 2^(2^-scale) is the base. Exact wherever the result is a power of two.
    ((index.saturating_add(1)) as f64 * 2f64.powi(scale.saturating_neg())).exp2()
}

/// Index of the bucket of a normal number above 0; `scale` from -10 to 20.
pub fn index(scale: i32, value: f64) -> i64 {
    let bits = value.to_bits();
    let exponent = (bits >> FRACTION) as i64 - BIAS;
    // A power of two is the upper bound of its bucket, and logarithms are not exact.
    if bits & ((1 << FRACTION) - 1) == 0 {
        return if scale > 0 { (exponent << scale) - 1 } else { (exponent - 1) >> -scale };
    }
    if scale > 0 { (value.log2() * f64::from(1 << scale)).ceil() as i64 - 1 } else { exponent >> -scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        assert_eq!(upper_bound(0, -1), 1.0);
        assert_eq!(upper_bound(0, 3), 16.0);
        assert_eq!(upper_bound(-2, 0), 16.0);
        assert_eq!(upper_bound(3, 7), 2.0);
        assert!((upper_bound(20, 10_450_638) - 1000.5).abs() < 0.01);
        assert_eq!(upper_bound(0, i64::MAX), f64::INFINITY);
        assert_eq!(upper_bound(i32::MIN, i64::MIN), 0.0);
    }

    #[test]
    fn indices_lie_between_their_bounds() {
        for scale in -10..=20 {
            for value in [1e-9, 0.000_3, 0.5, 0.75, 1.0, 1.000_1, 2.0, 3.0, 1024.0, 1.8e10] {
                let index = index(scale, value);
                // Roots are not exact, either.
                let (lower, upper) = (upper_bound(scale, index - 1), upper_bound(scale, index));
                assert!(lower * (1.0 - 1e-12) < value && value <= upper * (1.0 + 1e-12), "{scale} {value}");
            }
            for power in -30..30 {
                let value = 2f64.powi(power);
                assert_eq!(upper_bound(scale.max(0), index(scale.max(0), value)), value, "{scale} {value}");
            }
        }
    }
}
