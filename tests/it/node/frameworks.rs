//! Requests that come in: the framework's route, the caller's trace, errors.

use super::received::{Kind, Span, only, wait_for};
use super::server::{CALLER, Server, TRACE};
use super::{bare, launch, plain};
use crate::support::process::Process;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::path::Path;

fn is_server(span: &Span) -> bool {
    span.kind == Kind::Server
}

/// An application with `/api/items/:id`, where the item `boom` raises a `RangeError`.
fn serves(folder: &Path, application: &str, raises: bool) {
    let route = "/api/items/:id";
    let sink = Sink::start();
    let command = format!("node {application}");
    let server = Server::start(&mut launch(folder, &sink, &command));
    assert_eq!(server.get("/api/items/7?q=1").0, 200);
    assert_eq!(server.get("/api/items/boom").0, 500);
    assert_eq!(server.get("/nowhere").0, 404);
    let spans = wait_for(&sink, 3, is_server);
    let finished = server.stop(Signal::SIGTERM);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&finished.status), Some(15), "{finished:?}");

    assert_eq!(spans.len(), 3, "{spans:#?}");
    assert!(spans.iter().all(|span| (span.trace.as_str(), span.parent.as_str()) == (TRACE, CALLER)));
    let good = only(&spans, |span| span.get("url.path") == "/api/items/7");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", route),
        ("http.response.status_code", "200"),
        ("url.query", "q=1"),
        ("url.scheme", "http"),
        ("user_agent.original", "test"),
        ("network.peer.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(good.get(key), value, "{key} of {good:#?}");
    }
    assert_eq!(good.resource.get("telemetry.sdk.language").map(String::as_str), Some("nodejs"));
    let bad = only(&spans, |span| span.get("url.path") == "/api/items/boom");
    assert_eq!((bad.get("http.route"), bad.get("http.response.status_code")), (route, "500"));
    if raises {
        assert_eq!(
            (bad.get("error.type"), &bad.exceptions[..]),
            ("RangeError", &["RangeError".to_owned()][..])
        );
    }
    let lost = only(&spans, |span| span.get("url.path") == "/nowhere");
    assert_eq!((lost.get("http.route"), lost.get("http.response.status_code")), ("", "404"));
}

#[test]
fn express_4() {
    serves(&super::express_4(), "express.js", true);
}

#[test]
fn express_5() {
    serves(&plain(), "express.js", true);
}

#[test]
fn fastify() {
    serves(&plain(), "fastify.js", true);
}

#[test]
fn koa() {
    serves(&plain(), "koa.js", true);
}

/// Nest answers for exceptions itself: nothing comes out of its handlers.
#[test]
fn nest() {
    serves(&plain(), "nest.js", false);
}

#[test]
fn http_2() {
    let sink = Sink::start();
    let finished = Process::start(&mut launch(&plain(), &sink, "node http2.js")).finish();
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    let spans = wait_for(&sink, 1, is_server);
    let span = &spans[0];
    assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, CALLER));
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("url.path", "/api/items/1"),
        ("url.query", "a=b"),
        ("network.protocol.version", "2"),
    ] {
        assert_eq!(span.get(key), value, "{key} of {span:#?}");
    }
}

/// A program that was bundled has none of the files that we look for.
#[test]
fn bundled() {
    let folder = plain();
    let bundle = folder.join("bundle-of-express.js");
    let command = format!(
        "node_modules/.bin/esbuild express.js --bundle --platform=node --outfile={}",
        bundle.display()
    );
    let built = Process::start(&mut bare(&folder, &command)).finish();
    assert!(built.status.success(), "{built:?}");
    let sink = Sink::start();
    let server = Server::start(&mut launch(&folder, &sink, "node bundle-of-express.js"));
    assert_eq!(server.get("/api/items/7").0, 200);
    let spans = wait_for(&sink, 1, is_server);
    assert_eq!(spans[0].get("http.route"), "/api/items/:id");
    server.stop(Signal::SIGTERM);
}

/// Somebody who hangs up before the answer leaves a span without a status.
#[test]
fn a_client_that_goes() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node plain.js"));
    // The answer waits for a request to a port where nobody is, or comes first: either is an end.
    drop(server.ask("/nobody"));
    let spans = wait_for(&sink, 1, is_server);
    assert_eq!(spans[0].get("url.path"), "/nobody");
    server.stop(Signal::SIGTERM);
}
