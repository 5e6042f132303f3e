//! Which items are dropped by which selector.

use super::*;
use crate::settings::shape::{SpanKind, SpanStatus};
use std::time::Duration;

/// What of these spans is left when those are dropped that match.
fn left(signal: Signal, include: Option<Selector>, exclude: Option<Selector>, batch: &Batch) -> Vec<Json> {
    let item = match signal {
        Signal::Traces => Item::Span,
        Signal::Logs => Item::Log,
        Signal::Metrics => Item::Metric,
    };
    let dropping = Processor { include, exclude, ..processor(&[item], Work::Drop) };
    let edited = editor(&[dropping]).edit(batch);
    let left = edited.batch.as_ref().map(items).unwrap_or_default();
    let count = edited.batch.as_ref().map_or(0, Batch::items);
    let dropped: u64 = edited.left_out.iter().map(|(_, count)| count).sum();
    assert_eq!(count + dropped, batch.items());
    assert!(edited.left_out.iter().all(|(loss, _)| *loss == Loss::LeftOut("test")));
    left
}

fn names(items: &[Json]) -> Vec<&str> {
    items.iter().filter_map(|item| item["name"].as_str()).collect()
}

#[test]
fn spans_by_everything_that_they_have() {
    let batch = spans(&[
        json!({"name": "fast", "kind": 2, "status": {"code": 1}, "attributes": {"code": 200, "route": "/a"}}),
        json!({"name": "slow", "kind": 3, "endTimeUnixNano": "3000000000", "attributes": {"code": 404, "route": "/b"}}),
        json!({"name": "bad", "kind": 1, "status": {"code": 2}, "attributes": {"code": 500, "ok": false, "list": ["x"]}}),
    ]);
    let none = Selector::default;
    for (selector, expected) in [
        (none(), vec![]),
        (Selector { span_names: vec![is("fast"), pattern("^s")], ..none() }, vec!["bad"]),
        (Selector { span_names: vec![pattern("a")], ..none() }, vec!["slow"]),
        (
            Selector { span_names: vec![Text::WholePattern("a".into())], ..none() },
            vec!["fast", "slow", "bad"],
        ),
        (Selector { span_names: vec![Text::WholePattern("f|f.*|x".into())], ..none() }, vec!["slow", "bad"]),
        (Selector { kinds: vec![SpanKind::Server, SpanKind::Internal], ..none() }, vec!["slow"]),
        (Selector { statuses: vec![SpanStatus::Error], ..none() }, vec!["fast", "slow"]),
        (Selector { statuses: vec![SpanStatus::Unset, SpanStatus::Ok], ..none() }, vec!["bad"]),
        (Selector { min_duration: Some(Duration::from_secs(2)), ..none() }, vec!["fast", "bad"]),
        (Selector { max_duration: Some(Duration::from_millis(250)), ..none() }, vec!["fast", "slow", "bad"]),
        (Selector { max_duration: Some(Duration::from_millis(251)), ..none() }, vec!["slow"]),
        (Selector { attributes: vec![attribute("route", None)], ..none() }, vec!["bad"]),
        (Selector { attributes: vec![attribute("code", Some(pattern("^[45]")))], ..none() }, vec!["fast"]),
        (Selector { attributes: vec![attribute("ok", Some(is("false")))], ..none() }, vec!["fast", "slow"]),
        // A list has no text, but it is there.
        (
            Selector { attributes: vec![attribute("list", Some(pattern("")))], ..none() },
            vec!["fast", "slow", "bad"],
        ),
        (Selector { attributes: vec![attribute("list", None)], ..none() }, vec!["fast", "slow"]),
        // All of them.
        (
            Selector {
                attributes: vec![attribute("code", None), attribute("route", Some(is("/a")))],
                span_names: vec![pattern("")],
                ..none()
            },
            vec!["slow", "bad"],
        ),
        (Selector { resource: vec![attribute("service.name", Some(is("shop")))], ..none() }, vec![]),
        (
            Selector { resource: vec![attribute("service.name", Some(is("sh")))], ..none() },
            vec!["fast", "slow", "bad"],
        ),
        (Selector { scopes: vec![pattern("^asgi$")], ..none() }, vec![]),
        (Selector { scopes: vec![is("wsgi")], ..none() }, vec!["fast", "slow", "bad"]),
        // Criteria of other kinds of items.
        (Selector { log_bodies: vec![pattern("")], ..none() }, vec!["fast", "slow", "bad"]),
        (
            Selector { metric_names: vec![pattern("")], span_names: vec![pattern("")], ..none() },
            vec!["fast", "slow", "bad"],
        ),
        (Selector { min_severity: Some(0), ..none() }, vec!["fast", "slow", "bad"]),
    ] {
        assert_eq!(
            names(&left(Signal::Traces, Some(selector.clone()), None, &batch)),
            expected,
            "{selector:?}"
        );
    }
}

#[test]
fn exclude_wins() {
    let batch = spans(&[json!({"name": "a1"}), json!({"name": "a2"}), json!({"name": "b"})]);
    let selector = |text: &str| Some(Selector { span_names: vec![pattern(text)], ..Selector::default() });
    for (include, exclude, expected) in [
        (selector("a"), selector("2"), vec!["a2", "b"]),
        (None, selector("a"), vec!["a1", "a2"]),
        (selector("a"), selector("a"), vec!["a1", "a2", "b"]),
    ] {
        assert_eq!(names(&left(Signal::Traces, include, exclude, &batch)), expected);
    }
}

#[test]
fn urls_whichever_attributes_tell_them() {
    let dropped = |attributes: Json, text: &str| {
        let selector = Selector { urls: vec![pattern(text)], ..Selector::default() };
        left(Signal::Traces, Some(selector), None, &spans(&[json!({"attributes": attributes})])).is_empty()
    };
    let server = json!({"url.scheme": "https", "server.address": "shop.example", "server.port": 443, "url.path": "/a/health"});
    assert!(dropped(server.clone(), "^https://shop.example/a/health$"));
    assert!(dropped(server, "health"));
    let other = json!({"url.scheme": "http", "server.address": "h", "server.port": 8000, "url.path": "/p", "url.query": "x=1"});
    assert!(dropped(other.clone(), "^http://h:8000/p$"));
    assert!(!dropped(other, "x=1"), "queries hold anything");
    let old =
        json!({"http.scheme": "http", "http.host": "h:81", "http.target": "/t?x=1", "net.host.port": 81});
    assert!(dropped(old, "^http://h:81/t$"));
    assert!(dropped(json!({"url.full": "https://x/y?z=1"}), "^https://x/y$"));
    assert!(dropped(json!({"http.url": "https://x/y"}), "x/y$"));
    assert!(!dropped(json!({"http.route": "/health"}), "health"), "a route is no URL");
}

#[test]
fn log_records() {
    let batch = logs(&[
        json!({"severityNumber": 5, "body": "debug"}),
        json!({"severityNumber": 17, "body": "disk full", "attributes": {"logger": "db"}}),
        json!({"severityNumber": 0, "body": {"a": 1}}),
    ]);
    let none = Selector::default;
    for (selector, expected) in [
        (Selector { max_severity: Some(8), ..none() }, 2),
        (Selector { min_severity: Some(9), ..none() }, 2),
        (Selector { min_severity: Some(5), max_severity: Some(17), ..none() }, 1),
        (Selector { log_bodies: vec![pattern("disk|debug")], ..none() }, 1),
        (Selector { log_bodies: vec![pattern("")], ..none() }, 1),
        (Selector { attributes: vec![attribute("logger", Some(is("db")))], ..none() }, 2),
        (Selector { span_names: vec![pattern("")], ..none() }, 3),
        (Selector { kinds: vec![SpanKind::Internal], ..none() }, 3),
        (Selector { scopes: vec![pattern("orders$")], ..none() }, 0),
    ] {
        assert_eq!(left(Signal::Logs, Some(selector.clone()), None, &batch).len(), expected, "{selector:?}");
    }
}

/// The metric filter: by name alone, and by what points have.
#[test]
fn metrics_and_their_points() {
    let batch = metrics(&[
        ("a", vec![json!({"k": "1"}), json!({"k": "2"})]),
        ("b", vec![json!({"k": "1"})]),
        ("c", vec![json!({})]),
    ]);
    let by_name = Selector { metric_names: vec![is("a"), pattern("^c$")], ..Selector::default() };
    assert_eq!(names(&left(Signal::Metrics, Some(by_name), None, &batch)), ["b"]);
    let by_point = Selector { attributes: vec![attribute("k", Some(is("1")))], ..Selector::default() };
    let made = left(Signal::Metrics, Some(by_point.clone()), None, &batch);
    assert_eq!(names(&made), ["a", "c"]);
    assert_eq!(made[0]["sum"]["dataPoints"].as_array().map(Vec::len), Some(1));
    let both = Selector { metric_names: vec![is("b")], ..by_point };
    assert_eq!(names(&left(Signal::Metrics, Some(both), None, &batch)), ["a", "c"]);
}
