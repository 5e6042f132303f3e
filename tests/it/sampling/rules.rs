//! What is kept, for how much it stands, and what is counted all the same.

use super::told::{Shop, Trace, Traces, lean, official};
use crate::support::process::{OTEL_RUN, bare};
use otel_run::otlp::Signal;

/// Traces of requests with this name.
fn named(traces: &Traces, name: &str) -> Vec<(String, Trace)> {
    let wanted = |trace: &Trace| trace.request.as_deref() == Some(name);
    traces.iter().filter(|(_, trace)| wanted(trace)).map(|(id, trace)| (id.clone(), trace.clone())).collect()
}

/// Requests that took so long are kept, whatever else is said of them.
fn is_slow(trace: &Trace) -> bool {
    trace.duration >= 2_000
}

/// How many of `sent` there are, which all must be whole and stand for `percent`.
fn check(traces: &Traces, name: &str, percent: f64, sent: usize) -> usize {
    let found = named(traces, name);
    for (id, trace) in &found {
        let lines = trace.lines.iter().filter(|line| line.starts_with("work on")).count();
        assert_eq!((trace.dependencies, lines), (1, 1), "{name} {id}: {trace:?}");
        let rate = if is_slow(trace) { 100.0 } else { percent };
        assert!(trace.rates.iter().all(|known| (known - rate).abs() < 1e-6), "{name} {id}: {trace:?}");
    }
    // Five standard deviations.
    let share = percent / 100.0;
    let expected = sent as f64 * share;
    let spread = 5.0 * (expected * (1.0 - share)).sqrt() + 1e-9;
    assert!((found.len() as f64 - expected).abs() <= spread, "{name}: {} of {sent}", found.len());
    found.len()
}

#[test]
fn routes_errors_and_slow_requests_to_azure_and_by_otlp() {
    let rules = [
        "--sampling_override",
        "request and http.route=/health: 0",
        "--sampling_override",
        "http.route=/search: 50",
        "--keep_errors",
        "--keep_slower_than",
        "2s",
        "--traces_sampler",
        "traceidratio",
        "--traces_sampler_arg",
        "0.1",
        "--logs_follow_traces",
        "on",
    ];
    let mut shop = Shop::start(&lean(), &rules);
    for number in 0..120 {
        assert_eq!(shop.get(&format!("/orders/{number}"), ""), 200);
        assert_eq!(shop.get("/search", ""), 200);
        if number % 4 == 0 {
            assert_eq!(shop.get("/health", ""), 200);
        }
        if number % 20 == 0 {
            assert_eq!(shop.get("/boom", ""), 500);
        }
        if number % 60 == 0 {
            assert_eq!(shop.get("/slow", ""), 200);
        }
    }
    let finished = shop.stop();
    assert!(
        finished.stderr.contains(
            "sampling: 0 % for request and http.route=/health; 50 % for http.route=/search; all traces with an \
             error; all traces with a span of 2 s or more; of the rest otel-run keeps 10 % of traces (traceidratio)"
        ),
        "{}",
        finished.stderr
    );

    let (azure, otlp) = (shop.azure(), shop.otlp());
    for traces in [&azure, &otlp] {
        check(traces, "GET /search", 50.0, 120);
        check(traces, "GET /orders/{number}", 10.0, 120);
        check(traces, "GET /boom", 100.0, 6);
        check(traces, "GET /slow", 100.0, 2);
        // Nothing is left of a request that is not there.
        let health = |trace: &Trace| trace.lines.iter().any(|line| line.contains("health"));
        assert!(!traces.values().any(health), "{traces:?}");
        let torn: Vec<_> = traces.values().filter(|trace| trace.request.is_none()).collect();
        assert!(torn.is_empty(), "{torn:?}");
    }
    // The same traces are in both.
    assert_eq!(azure.keys().collect::<Vec<_>>(), otlp.keys().collect::<Vec<_>>());
    assert_eq!(shop.counted(), 278.0, "requests that the standard metrics know");
    let left_out = finished.stderr.contains("not sampled");
    assert!(left_out, "{}", finished.stderr);
}

/// A caller says that its trace is not sampled: what a rule keeps is kept all the same.
#[test]
fn an_override_beats_a_parent_that_is_not_sampled() {
    let rules =
        ["--sampling_override", "http.route=/search: 100", "--traces_sampler", "parentbased_always_on"];
    let mut shop = Shop::start(&lean(), &rules);
    for number in 1..=5 {
        let parent = |kind: u64| format!("traceparent: 00-{number:016x}{kind:016x}-00f067aa0ba902b7-00\r\n");
        assert_eq!(shop.get("/search", &parent(1)), 200);
        assert_eq!(shop.get("/orders/1", &parent(2)), 200);
    }
    assert_eq!(shop.get("/orders/1", ""), 200);
    let finished = shop.stop();
    for traces in [shop.azure(), shop.otlp()] {
        let found = named(&traces, "GET /search");
        assert_eq!(found.len(), 5, "{traces:?}");
        assert!(found.iter().all(|(_, trace)| trace.dependencies == 1), "{found:?}");
        assert_eq!(named(&traces, "GET /orders/{number}").len(), 1, "{}", finished.stderr);
    }
    assert_eq!(shop.counted(), 11.0);
}

/// The application's own SDK sends everything, and what it sends is decided here.
#[test]
fn with_the_packages_of_the_application() {
    let rules = [
        "--keep_errors",
        "--sampling_override",
        "http.route=/search: 0",
        "--traces_sampler",
        "traceidratio",
        "--traces_sampler_arg",
        "0",
    ];
    let mut shop = Shop::start(&official(), &rules);
    for _ in 0..5 {
        for (path, status) in [("/boom", 500), ("/search", 200), ("/orders/1", 200)] {
            assert_eq!(shop.get(path, ""), status);
        }
    }
    let finished = shop.stop();
    for traces in [shop.azure(), shop.otlp()] {
        assert_eq!(named(&traces, "GET /boom").len(), 5, "{}", finished.stderr);
        let others =
            traces.values().filter(|trace| trace.request.as_deref().is_some_and(|name| name != "GET /boom"));
        assert_eq!(others.count(), 0, "{traces:?}");
        assert!(traces.values().all(|trace| trace.rates.iter().all(|rate| *rate == 100.0)));
    }
    assert_eq!(shop.counted(), 15.0);
    let seen = shop.sink.seen();
    assert!(seen.requests.iter().any(|request| request.batch.signal() == Signal::Traces));
}

#[test]
fn doctor_says_the_rules_and_what_is_wrong_with_them() {
    let mut command = bare([OTEL_RUN]);
    command.args(["doctor", "--offline", "--traces_exporter", "console", "--keep_errors"]);
    command.args(["--sampling_override", "http.route=/health:0", "--sampling_override", "http.route=/x"]);
    let output = command.output().expect("doctor");
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for part in [
        "sampling: 0 % for http.route=/health; all traces with an error; of the rest otel-run keeps all traces",
        "OTEL_RUN_SAMPLING_OVERRIDE: \"http.route=/x\" has no rate; this rule is left out",
    ] {
        assert!(told.contains(part), "{told}");
    }
}
