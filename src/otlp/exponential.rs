//! Exponential histograms (OpenTelemetry metrics data model, "ExponentialHistogram").

/// Upper bound of the bucket of this index, which holds values up to and with it; the bucket's
/// lower bound is that of the index before. 0 or infinity when it is out of range.
pub fn upper_bound(scale: i32, index: i64) -> f64 {
    // 2^(2^-scale) is the base. Exact wherever the result is a power of two.
    ((index.saturating_add(1)) as f64 * 2f64.powi(scale.saturating_neg())).exp2()
}

#[cfg(test)]
mod tests {
    use super::upper_bound;

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
}
