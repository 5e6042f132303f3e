//! The application's own OpenTelemetry packages.

use super::received::{Kind, Span, only, wait_for};
use super::server::{CALLER, Server, TRACE};
use super::{launch, with_applications};
use crate::support::node_packages;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

const HTTP: &str = "@opentelemetry/instrumentation-http";

fn official() -> PathBuf {
    with_applications(node_packages(
        "express",
        &["@opentelemetry/api@1.9.0", "@opentelemetry/auto-instrumentations-node@0.81.2", "express@5.3.0"],
    ))
}

fn serves(application: &str) {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&official(), &sink, &format!("node {application}")));
    assert_eq!(server.get("/api/items/7").0, 200);
    let is_server = |span: &Span| span.kind == Kind::Server && span.get("url.path") == "/api/items/7";
    let spans = wait_for(&sink, 1, is_server);
    // With the listener of their own, it would not end.
    let finished = server.stop(Signal::SIGTERM);
    assert_eq!((finished.status.signal(), finished.stderr.lines().count()), (Some(15), 1), "{finished:?}");
    let span = only(&spans, is_server);
    assert_eq!((span.scope.as_str(), span.name.as_str()), (HTTP, "GET /api/items/:id"));
    assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, CALLER));
    assert!(super::received::spans(&sink.seen()).iter().all(|span| !span.scope.starts_with("otel_run.")));
}

#[test]
fn express() {
    serves("express.js");
}

#[test]
fn express_in_a_module() {
    serves("module.mjs");
}

#[test]
fn what_is_built_in_on_demand() {
    let sink = Sink::start();
    let mut run = launch(&official(), &sink, "node express.js");
    let server = Server::start(run.env("OTEL_RUN_SHIM", "builtin"));
    server.get("/api/items/7");
    let spans = wait_for(&sink, 1, |_| true);
    server.stop(Signal::SIGTERM);
    assert_eq!((spans.len(), spans[0].scope.as_str()), (1, "otel_run.node.http"));
}

/// What they record right before a regular end is delivered, too.
#[test]
fn the_last_request_is_delivered() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&official(), &sink, "node plain.js"));
    server.get("/exit");
    assert_eq!(server.process.finish().status.code(), Some(3));
    let spans = super::received::spans(&sink.seen());
    assert!(spans.iter().any(|span| span.get("url.path") == "/exit"), "{spans:#?}");
}

/// Asked for by name and not there: one line, and the program runs.
#[test]
fn official_without_packages() {
    let sink = Sink::start();
    let mut run = launch(&super::plain(), &sink, "node plain.js");
    let server = Server::start(run.env("OTEL_RUN_SHIM", "official"));
    assert_eq!(server.get("/exit").0, 200);
    let finished = server.process.finish();
    assert_eq!(finished.status.code(), Some(3));
    let line = "otel-run: no @opentelemetry/auto-instrumentations-node";
    assert!(finished.stderr.lines().any(|said| said.starts_with(line)), "{}", finished.stderr);
    assert!(super::received::spans(&sink.seen()).is_empty());
}
