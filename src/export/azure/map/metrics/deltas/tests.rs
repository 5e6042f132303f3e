use super::*;
use crate::otlp::view::Figure::{Double, Int};

const SECOND: u64 = 1_000_000_000;
const LAUNCH: u64 = 1_000 * SECOND;

fn key(series: u64, start: u64) -> Key {
    Key { series: [series, 0], start }
}

fn histogram(count: u64, sum: f64, min: f64, max: f64) -> Figure {
    Figure::Distribution { count, sum: Some(sum), min: Some(min), max: Some(max) }
}

fn value(value: f64) -> Result<Measured, Loss> {
    Ok(Measured { value, count: 1, min: None, max: None })
}

fn several(count: u64, value: f64, min: Option<f64>, max: Option<f64>) -> Result<Measured, Loss> {
    Ok(Measured { value, count, min, max })
}

/// Points of one series, as (start, time, figure), and what becomes of each of them.
#[track_caller]
fn check(since: u64, points: &[(u64, u64, Figure, Result<Measured, Loss>)]) {
    let mut deltas = Deltas::new(since);
    for (at, (start, time, figure, expected)) in points.iter().enumerate() {
        let taken = deltas.take(key(1, *start), *time, *figure, *time);
        assert_eq!(&taken, expected, "point {at}");
    }
}

#[test]
fn growth_is_told_once() {
    let start = LAUNCH + 1;
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, Int(5), value(5.0)),
            (start, LAUNCH + 20, Int(7), value(2.0)),
            (start, LAUNCH + 30, Int(7), Err(UNCHANGED)),
            (start, LAUNCH + 40, Int(100), value(93.0)),
        ],
    );
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, Double(0.5), value(0.5)),
            (start, LAUNCH + 20, Double(2.0), value(1.5)),
            // A counter may change its type of number.
            (start, LAUNCH + 30, Int(4), value(2.0)),
            (start, LAUNCH + 40, Double(4.5), value(0.5)),
        ],
    );
    // Beyond what a double can count one by one.
    check(0, &[(0, 1, Int(i64::MAX - 1), value(i64::MAX as f64)), (0, 2, Int(i64::MAX), value(1.0))]);
    check(0, &[(0, 1, Int(0), value(0.0)), (0, 2, Int(0), Err(UNCHANGED)), (0, 3, Int(1), value(1.0))]);
}

#[test]
fn what_others_may_have_told_is_not_told_again() {
    let older = LAUNCH - 1;
    check(
        LAUNCH,
        &[
            (older, LAUNCH + 10, Int(1_000_000), Err(BASELINE)),
            (older, LAUNCH + 20, Int(1_000_003), value(3.0)),
        ],
    );
    // A series that does not know its start.
    check(LAUNCH, &[(0, LAUNCH + 10, Int(50), Err(BASELINE)), (0, LAUNCH + 20, Int(51), value(1.0))]);
    // Nobody was there before us.
    check(0, &[(0, LAUNCH + 10, Int(50), value(50.0)), (0, LAUNCH + 20, Int(51), value(1.0))]);
    check(LAUNCH, &[(LAUNCH, LAUNCH, Int(50), value(50.0))]);
}

#[test]
fn resets() {
    let (first, second) = (LAUNCH + 1, LAUNCH + 25);
    // Said by the start.
    check(
        LAUNCH,
        &[
            (first, LAUNCH + 10, Int(5), value(5.0)),
            (first, LAUNCH + 20, Int(9), value(4.0)),
            (second, LAUNCH + 30, Int(20), value(20.0)),
            (second, LAUNCH + 40, Int(21), value(1.0)),
        ],
    );
    // Seen by the decrease.
    check(
        LAUNCH,
        &[
            (first, LAUNCH + 10, Int(5), value(5.0)),
            (first, LAUNCH + 20, Int(3), value(3.0)),
            (first, LAUNCH + 30, Int(4), value(1.0)),
        ],
    );
    check(
        LAUNCH,
        &[
            (first, LAUNCH + 10, histogram(5, 10.0, 1.0, 4.0), several(5, 10.0, Some(1.0), Some(4.0))),
            (first, LAUNCH + 20, histogram(2, 30.0, 14.0, 16.0), several(2, 30.0, Some(14.0), Some(16.0))),
        ],
    );
    // A reset to what was told before us.
    check(
        LAUNCH,
        &[(LAUNCH - 9, LAUNCH + 10, Int(5), Err(BASELINE)), (first, LAUNCH + 20, Int(2), value(2.0))],
    );
}

#[test]
fn late_and_repeated_points() {
    let start = LAUNCH + 1;
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, Int(5), value(5.0)),
            (start, LAUNCH + 10, Int(5), Err(LATE)),
            (start, LAUNCH + 30, Int(9), value(4.0)),
            // What it counts is in the point before; it is no reset.
            (start, LAUNCH + 20, Int(7), Err(LATE)),
            (start, LAUNCH + 40, Int(10), value(1.0)),
        ],
    );
}

#[test]
fn two_processes_that_say_the_same_of_themselves() {
    let (one, other) = (LAUNCH + 1, LAUNCH + 2);
    check(
        LAUNCH,
        &[
            (one, LAUNCH + 10, Int(100), value(100.0)),
            (other, LAUNCH + 11, Int(5), value(5.0)),
            (one, LAUNCH + 20, Int(101), value(1.0)),
            (other, LAUNCH + 21, Int(7), value(2.0)),
            (one, LAUNCH + 30, Int(101), Err(UNCHANGED)),
            (other, LAUNCH + 31, Int(8), value(1.0)),
        ],
    );
}

#[test]
fn extremes_that_are_known() {
    let start = LAUNCH + 1;
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, histogram(2, 10.0, 4.0, 6.0), several(2, 10.0, Some(4.0), Some(6.0))),
            // Somewhere in between: nobody knows.
            (start, LAUNCH + 20, histogram(4, 20.0, 4.0, 6.0), several(2, 10.0, None, None)),
            (start, LAUNCH + 30, histogram(6, 28.0, 1.0, 6.0), several(2, 8.0, Some(1.0), None)),
            (start, LAUNCH + 40, histogram(8, 40.0, 1.0, 9.0), several(2, 12.0, None, Some(9.0))),
            (start, LAUNCH + 50, histogram(9, 45.0, 1.0, 9.0), several(1, 5.0, Some(5.0), Some(5.0))),
            (start, LAUNCH + 60, histogram(9, 45.0, 1.0, 9.0), Err(UNCHANGED)),
        ],
    );
    let nothing = Figure::Distribution { count: 0, sum: Some(0.0), min: None, max: None };
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, nothing, Err(super::super::EMPTY)),
            // Nobody knows whether these are new.
            (start, LAUNCH + 20, histogram(2, 4.0, 1.0, 3.0), several(2, 4.0, None, None)),
        ],
    );
}

#[test]
fn growth_that_is_no_number() {
    let start = LAUNCH + 1;
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, Double(-f64::MAX), value(-f64::MAX)),
            (start, LAUNCH + 20, Double(f64::MAX), Err(super::super::NOT_FINITE)),
        ],
    );
}

#[test]
fn a_series_that_changes_its_kind_starts_anew() {
    let start = LAUNCH + 1;
    check(
        LAUNCH,
        &[
            (start, LAUNCH + 10, Int(5), value(5.0)),
            (start, LAUNCH + 20, histogram(1, 2.0, 2.0, 2.0), several(1, 2.0, Some(2.0), Some(2.0))),
            (start, LAUNCH + 30, Int(6), value(6.0)),
        ],
    );
}

#[test]
fn no_more_series_than_there_is_room_for() {
    let mut deltas = Deltas::new(LAUNCH);
    deltas.most = 2;
    let (start, now) = (LAUNCH + 1, LAUNCH + 10);
    assert_eq!(deltas.take(key(1, start), now, Int(1), now), value(1.0));
    assert_eq!(deltas.take(key(2, start), now, Int(1), now), value(1.0));
    assert_eq!(deltas.take(key(3, start), now, Int(1), now), Err(TOO_MANY));
    // Those that are known go on.
    assert_eq!(deltas.take(key(1, start), now + 1, Int(3), now + 1), value(2.0));
    // When one of them has ended there is room again.
    let later = now + 2 * HURRIED;
    assert_eq!(deltas.take(key(1, start), later, Int(4), later), value(1.0));
    let later = later + 1;
    assert_eq!(deltas.take(key(3, later), later + 1, Int(5), later + 1), value(5.0));
    assert_eq!(deltas.last.len(), 2);
}

#[test]
fn a_forgotten_series_that_goes_on_is_not_told_twice() {
    let mut deltas = Deltas::new(LAUNCH);
    let (start, now) = (LAUNCH + 1, LAUNCH + 10);
    assert_eq!(deltas.take(key(1, start), now, Int(1000), now), value(1000.0));
    let later = now + FORGOTTEN + SWEEP;
    assert_eq!(deltas.take(key(2, later), later, Int(1), later), value(1.0));
    assert_eq!(deltas.last.len(), 1);
    assert_eq!(deltas.take(key(1, start), later, Int(1001), later), Err(BASELINE));
    assert_eq!(deltas.take(key(1, start), later + 1, Int(1005), later + 1), value(4.0));
}

#[test]
fn a_clock_that_was_wrong_for_a_moment_holds_nothing_up() {
    let mut deltas = Deltas::new(LAUNCH);
    let (start, now) = (LAUNCH + 1, LAUNCH + 10);
    assert_eq!(deltas.take(key(1, start), u64::MAX, Int(5), now), value(5.0));
    assert_eq!(deltas.take(key(1, start), now + 10, Int(6), now + 10), value(1.0));
    // Nor is everything old when such a series is forgotten.
    assert_eq!(deltas.take(key(2, u64::MAX), now, Int(5), now), value(5.0));
    let later = now + FORGOTTEN + SWEEP;
    assert_eq!(deltas.take(key(3, later + 3), later + 2, Int(7), later + 2), value(7.0));
    assert_eq!(deltas.last.len(), 1);
    assert_eq!(deltas.take(key(4, later + 3), later + 4, Int(8), later + 4), value(8.0));
}
