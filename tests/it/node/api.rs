//! OpenTelemetry's API without an SDK: what the application records itself arrives, in its request's trace.

use super::received::{Kind, Metric, Span, logs, metrics, only, wait_for};
use super::server::{Server, TRACE};
use super::{launch, launch_with, versions, with_applications};
use crate::support::node_packages;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};

fn newest() -> PathBuf {
    let packages = ["@opentelemetry/api@1.10.0", "@opentelemetry/api-logs@0.223.1"];
    with_applications(node_packages("api", &packages))
}

/// With the part of the SDK that an application registers by itself, which takes no newer API.
fn with_sdk() -> PathBuf {
    let packages = ["@opentelemetry/api@1.9.0", "@opentelemetry/sdk-trace-node@2.12.1"];
    with_applications(node_packages("api-and-sdk", &packages))
}

fn older() -> PathBuf {
    with_applications(node_packages(
        "api-older",
        &["@opentelemetry/api@1.4.0", "@opentelemetry/api-logs@0.50.0"],
    ))
}

/// The spans of one request, and its answer.
fn asked(folder: &Path, path: &str, count: usize) -> (Sink, Vec<Span>, serde_json::Value) {
    let sink = Sink::start();
    let server = Server::start(&mut launch(folder, &sink, "node api.js"));
    let (status, body) = server.get(path);
    assert_eq!(status, 200, "{body}");
    let spans = wait_for(&sink, count, |_| true);
    server.stop(Signal::SIGTERM);
    assert_eq!(spans.len(), count, "{spans:#?}");
    (sink, spans, serde_json::from_str(&body).expect("JSON"))
}

fn order(folder: &Path) {
    let (sink, spans, answer) = asked(folder, "/order", 4);
    assert_eq!(answer, serde_json::json!({"same": true, "baggage": "user=ann", "recording": false}));
    let request = only(&spans, |span| span.get("url.path") == "/order");
    let own = only(&spans, |span| span.scope == "shop");
    let call = only(&spans, |span| span.kind == Kind::Client);
    let inner = only(&spans, |span| span.get("url.path") == "/parent");
    assert_eq!((own.name.as_str(), own.trace.as_str(), &own.parent), ("order", TRACE, &request.id));
    assert_eq!((&call.parent, &inner.parent), (&own.id, &call.id));
    assert_eq!((own.get("item"), own.exceptions.len()), ("7", 1));
    assert!(own.attributes.contains_key("list") && !own.attributes.contains_key("nothing"), "{own:#?}");
    assert_eq!(own.resource, request.resource);
    drop(sink.wait(|seen| !logs(seen).is_empty()));
    let logs = logs(&sink.seen());
    assert_eq!((logs[0].scope.as_str(), logs[0].body.as_str(), logs[0].severity), ("audit", "ordered", 9));
    assert_eq!((&logs[0].trace, &logs[0].span), (&own.trace, &own.id));
}

#[test]
fn spans_and_log_records() {
    order(&newest());
}

#[test]
fn spans_and_log_records_of_older_releases() {
    order(&older());
}

#[test]
fn contexts() {
    let (_sink, spans, answer) = asked(&newest(), "/context", 3);
    let expected = serde_json::json!({
        "color": "dark red", "bound": ["a", null], "seen": ["a", "a"], "timed": ["a", 2], "back": true,
    });
    assert_eq!(answer, expected);
    let linked = only(&spans, |span| span.name == "linked to elsewhere");
    assert_eq!((linked.trace.as_str(), linked.parent.as_str()), (&*"a".repeat(32), &*"b".repeat(16)));
    let root = only(&spans, |span| span.name == "root");
    assert!(root.trace != TRACE && root.parent.is_empty(), "{root:#?}");
    let request = only(&spans, |span| span.kind == Kind::Server);
    assert_eq!((request.trace.as_str(), request.get("user")), (TRACE, "ann"));
}

/// Values are added up until they are sent, at the interval and at the end.
#[test]
fn metrics_of_every_kind() {
    let sink = Sink::start();
    let flags = "--metrics_exporter otlp --metric_export_interval 500";
    let server = Server::start(&mut launch_with(flags, &newest(), &sink, "node api.js"));
    assert_eq!(server.get("/measure").0, 200);
    let own = |metric: &Metric| metric.scope == "shop";
    drop(sink.wait(|seen| metrics(seen).iter().filter(|metric| own(metric)).count() >= 6));
    server.stop(Signal::SIGTERM);
    let all = metrics(&sink.seen());
    let of = |name: &str| {
        let found = all.iter().find(|metric| own(metric) && metric.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {all:#?}")).value.as_str()
    };
    assert_eq!(of("orders"), "sum 3 of [a=1 kind=x]");
    assert_eq!(of("open"), "sum 2 of []");
    assert_eq!(of("price"), "3 values, sum 45, [1, 1, 1] within [10.0, 20.0] of []");
    assert_eq!(of("stock"), "7.5 of [shelf=a]");
    assert_eq!((of("in"), of("out")), ("sum 1 of []", "sum 2 of []"));
}

/// Who registers an SDK has it, and everything that he was given before belongs to it from then on.
#[test]
fn an_sdk_that_comes_later() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&with_sdk(), &sink, "node api.js"));
    let (_, body) = server.get("/sdk");
    let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let expected = serde_json::json!({
        "before": "NoopTracerProvider", "after": "NodeTracerProvider", "taken": ["after"],
    });
    assert_eq!(answer, expected);
    let spans = wait_for(&sink, 1, |span| span.name == "before");
    assert_eq!(spans[0].trace, TRACE);
    assert_eq!(server.get("/measure").0, 200);
    server.stop(Signal::SIGTERM);
    let spans = super::received::spans(&sink.seen());
    assert!(
        spans.iter().all(|span| span.name != "after" && span.get("url.path") != "/measure"),
        "{spans:#?}"
    );
}

#[test]
fn imported() {
    for version in [None, Some(18), Some(22), Some(24)] {
        let node = version.map_or_else(|| "node".to_owned(), versions::node);
        let sink = Sink::start();
        let server = Server::start(&mut launch(&newest(), &sink, &format!("{node} api.mjs")));
        assert_eq!(server.get("/"), (200, "true".to_owned()), "{version:?}");
        let spans = wait_for(&sink, 3, |_| true);
        server.stop(Signal::SIGTERM);
        let request = only(&spans, |span| span.kind == Kind::Server);
        let outer = only(&spans, |span| span.name == "outer");
        let inner = only(&spans, |span| span.name == "inner");
        assert_eq!((&outer.parent, &inner.parent), (&request.id, &outer.id), "{version:?}");
        assert_eq!((outer.scope.as_str(), inner.scope.as_str()), ("module", "required"));
    }
}
