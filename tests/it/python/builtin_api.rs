//! OpenTelemetry's API without its SDK, under the built-in shim.

use super::received::Received;
use super::spans::{CLIENT, INTERNAL, SERVER, Span, spans};
use super::{clean, file, launch, venv};
use crate::support::process::Process;
use crate::support::sink::{Seen, Sink};
use otel_run::otlp::Decoded;
use std::path::Path;

fn run(venv: &Path, argument: &str, check: impl FnOnce(&Seen)) {
    let sink = Sink::start();
    let command = format!("python -W ignore {}/api.py {argument}", file("apps").display());
    let flags = format!("--shim builtin --service_name shop --exporter_otlp_endpoint {}", sink.url());
    let finished = Process::start(&mut launch(venv, &flags, &command)).finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    check(&sink.seen());
}

fn named<'a>(all: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = all.iter().filter(|span| span.name == name).collect();
    let [one] = found.as_slice() else { panic!("{} named {name}: {all:#?}", found.len()) };
    one
}

fn check_spans(all: &[Span]) {
    let root = named(all, "root");
    assert_eq!((root.kind, root.scope.as_str(), root.parent.as_str()), (SERVER, "shop", ""));
    assert_eq!((root.get("user"), root.events.as_slice()), ("ann", ["thought".to_owned()].as_slice()));
    let statements: Vec<_> = all.iter().filter(|span| span.kind == CLIENT).collect();
    assert_eq!(statements.len(), 2, "{statements:#?}");
    assert!(statements.iter().all(|span| span.parent == root.id && span.scope == "otel_run.sqlite3"));
    for name in ["fails", "decorated", "manual"] {
        let span = named(all, name);
        assert_eq!((span.kind, &span.parent, &span.trace), (INTERNAL, &root.id, &root.trace), "{name}");
    }
    assert_eq!(named(all, "fails").events, ["exception"]);
    assert_eq!(named(all, "manual").get("late"), "");
    let below = named(all, "of a remote parent");
    assert_eq!(
        (below.parent.as_str(), below.trace.as_str()),
        ("0000000000000def", "00000000000000000000000000000abc")
    );
    assert_eq!(all.len(), 7, "{all:#?}");
}

fn check_metrics(seen: &Seen, more: &[&str]) {
    let received = Received::of(seen);
    for name in ["jobs", "waiting", "sizes", "temperature", "heartbeats"].iter().chain(more) {
        assert!(received.metrics.contains(*name), "{name}: {:?}", received.metrics);
    }
    let sizes = received.counts.iter().find(|((_, name), _)| name == "sizes").map(|(_, count)| *count);
    assert_eq!(sizes, Some(3));
    let told = format!("{:?}", metrics(seen));
    assert!(
        told.contains("AsInt(5)") && told.contains("AsInt(-4)") && told.contains("AsDouble(21.5)"),
        "{told}"
    );
}

fn metrics(seen: &Seen) -> Vec<opentelemetry_proto::tonic::metrics::v1::Metric> {
    let mut found = Vec::new();
    for request in &seen.requests {
        if let Decoded::Metrics(request) = request.batch.decoded().expect("OTLP") {
            let scopes = request.resource_metrics.iter().flat_map(|group| &group.scope_metrics);
            let scopes =
                scopes.filter(|scope| scope.scope.as_ref().is_some_and(|scope| scope.name == "shop"));
            found.extend(scopes.flat_map(|scope| scope.metrics.clone()));
        }
    }
    found
}

#[test]
fn the_current_release() {
    run(&clean(), "current", |seen| {
        let all = spans(seen);
        check_spans(&all);
        check_metrics(seen, &["level"]);
        let logs = Received::of(seen).logs;
        assert!(logs.iter().any(|log| log.body == "an event"), "{logs:?}");
        let within = logs.iter().find(|log| log.body == "within").expect("the record of logging");
        let trace: String = within.trace.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(trace, named(&all, "root").trace);
    });
}

#[test]
fn an_old_release() {
    // It looks for entry points with what setuptools has since dropped.
    let venv = venv("api-1.15", &["opentelemetry-api==1.15.0", "setuptools==65.5.0"]);
    run(&venv, "", |seen| {
        check_spans(&spans(seen));
        check_metrics(seen, &[]);
    });
}
