//! Services with the built-in shim, whole: what comes in, what goes out, logs and exceptions in one
//! trace. And services with part of OpenTelemetry's packages, where the shim does the rest.

use super::received::Received;
use super::server::Server;
use super::spans::{CLIENT, INTERNAL, SERVER, Span, spans};
use super::{clean, launch, venv, web};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::path::Path;
use std::process::Command;

fn serve(venv: &Path, sink: &Sink, flags: &str, app: &str) -> Command {
    let flags = format!("{flags} --exporter_otlp_endpoint {}", sink.url());
    let mut run = launch(venv, &flags, &format!("uvicorn {app}:app"));
    run.env("UVICORN_PORT", "0");
    run
}

/// The only span of a kind below a parent.
fn child<'a>(all: &'a [Span], kind: i32, parent: &str) -> &'a Span {
    let found: Vec<_> = all.iter().filter(|span| span.kind == kind && span.parent == parent).collect();
    let [one] = found.as_slice() else { panic!("{} of kind {kind} below {parent:?}: {all:#?}", found.len()) };
    one
}

#[test]
fn a_clean_environment_gives_everything() {
    let sink = Sink::start();
    let server = Server::start(&mut serve(&clean(), &sink, "--service_name shop", "whole"));
    assert_eq!(server.get("/orders/3"), "0");
    let first = sink.wait(|seen| spans(seen).len() >= 4);
    let all = spans(&first);
    drop(first);
    let root = child(&all, SERVER, "");
    assert_eq!((root.name.as_str(), root.scope.as_str()), ("GET /orders/{number}", "otel_run.asgi"));
    let client = child(&all, CLIENT, &root.id);
    assert_eq!((client.scope.as_str(), client.outcome()), ("otel_run.httpx", "200"));
    let inner = child(&all, SERVER, &client.id);
    assert_eq!(inner.get("http.route"), "/stock/{item}");
    let database = child(&all, CLIENT, &inner.id);
    assert_eq!(database.get("db.system.name"), "sqlite");
    assert!(database.get("db.query.text").starts_with("select count(*)"), "{database:?}");
    assert!(!database.get("db.query.text").contains("secret"), "{database:?}");
    assert_eq!(all.len(), 4, "{all:#?}");
    assert!(all.iter().all(|span| span.trace == root.trace && span.service == "shop"));

    assert_eq!(server.get("/caught"), "500");
    let finished = server.stop(Signal::SIGTERM);
    assert!(finished.stderr.contains("ValueError: out of stock"), "as without us: {}", finished.stderr);
    let seen = sink.seen();
    let all = spans(&seen);
    let failed: Vec<_> = all.iter().filter(|span| span.kind == SERVER && span.outcome() == "500").collect();
    let [failed] = failed.as_slice() else { panic!("{all:#?}") };
    assert_eq!(
        (failed.get("error.type"), failed.events.as_slice()),
        ("ValueError", ["exception".to_owned()].as_slice())
    );
    let client = all.iter().find(|span| span.id == failed.parent).expect("its client");
    assert_eq!((client.outcome(), client.get("error.type")), ("500", "500"));
    let logs = Received::of(&seen).logs;
    let log = logs.iter().find(|log| log.body == "order 3").expect("the application's record");
    assert_eq!(log.trace.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), root.trace);
}

#[test]
fn two_services_make_one_trace() {
    let sink = Sink::start();
    let stock = Server::start(&mut serve(&clean(), &sink, "--service_name stock", "whole"));
    let mut front = serve(&clean(), &sink, "--service_name front", "whole");
    let front = Server::start(front.env("NEXT_SERVICE", format!("http://{}", stock.address)));
    assert_eq!(front.get("/orders/1"), "0");
    let seen = sink.wait(|seen| spans(seen).len() >= 4);
    let all = spans(&seen);
    let root = child(&all, SERVER, "");
    let client = child(&all, CLIENT, &root.id);
    let inner = child(&all, SERVER, &client.id);
    let database = child(&all, CLIENT, &inner.id);
    let services: Vec<_> = [root, client, inner, database].iter().map(|span| span.service.as_str()).collect();
    assert_eq!(services, ["front", "front", "stock", "stock"]);
    assert!(all.iter().all(|span| span.trace == root.trace));
}

#[test]
fn what_no_instrumentation_observes_is_completed() {
    let sink = Sink::start();
    let server = Server::start(&mut serve(&web(), &sink, "--service_name shop", "partly"));
    assert_eq!(server.get("/orders").trim_matches('"'), "7");
    drop(server.stop(Signal::SIGTERM));
    let all: Vec<_> = spans(&sink.seen()).into_iter().filter(|span| span.kind != INTERNAL).collect();
    let root = child(&all, SERVER, "");
    let client = child(&all, CLIENT, &root.id);
    let inner = child(&all, SERVER, &client.id);
    let database = child(&all, CLIENT, &inner.id);
    // Theirs is theirs, and ours has gone through their SDK to the agent, which has completed it.
    for span in [root, inner] {
        assert_eq!(span.scope, "opentelemetry.instrumentation.fastapi");
    }
    assert_eq!((client.scope.as_str(), client.name.as_str()), ("otel_run.http.client", "GET"));
    assert_eq!((database.scope.as_str(), database.get("db.query.text")), ("otel_run.sqlite3", "select ?"));
    assert_eq!(all.len(), 4, "{all:#?}");
}

#[test]
fn requests_that_no_instrumentation_observes_are_completed() {
    // None of Flask is there.
    let venv = venv(
        "partial",
        &[
            "flask==3.1.3",
            "opentelemetry-distro==0.66b1",
            "opentelemetry-instrumentation-requests==0.66b1",
            "requests",
        ],
    );
    let sink = Sink::start();
    let flags = format!("--service_name shop --exporter_otlp_endpoint {}", sink.url());
    let server = Server::start(&mut launch(&venv, &flags, "flask --app shop run --port 0"));
    assert_eq!(server.get("/hello/ann"), "ann");
    // While it runs: the development server is not stopped in a way that lets it send its last.
    let seen = sink.wait(|seen| {
        !spans(seen).is_empty() && Received::of(seen).logs.iter().any(|log| log.body == "hello ann")
    });
    let all = spans(&seen);
    let request = child(&all, SERVER, "");
    assert_eq!((request.scope.as_str(), request.name.as_str()), ("otel_run.wsgi", "GET /hello/<name>"));
    assert_eq!((request.outcome(), request.get("client.address")), ("200", "127.0.0.1"));
    assert_eq!(request.get("otel_run.host"), "", "for the agent alone");
    let logs = Received::of(&seen).logs;
    let log = logs.iter().find(|log| log.body == "hello ann").expect("the application's record");
    assert_eq!(log.trace.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), request.trace);
}

#[test]
fn a_provider_of_the_applications_own_keeps_its_spans() {
    let sink = Sink::start();
    let mut run = serve(&web(), &sink, "--shim builtin --service_name shop", "partly");
    let server = Server::start(run.env("OWN_PROVIDER", "1"));
    assert_eq!(server.get("/orders").trim_matches('"'), "7");
    let finished = server.stop(Signal::SIGTERM);
    // FastAPI observes its requests itself as soon as there is a provider.
    let own: Vec<Vec<_>> = finished
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("own "))
        .map(|line| line.split(' ').collect())
        .collect();
    let servers: Vec<_> = own.iter().filter(|span| span[0] == "SERVER").collect();
    assert_eq!(servers.len(), 2, "{}", finished.stdout);
    let ours = spans(&sink.seen());
    assert!(ours.iter().all(|span| span.kind == CLIENT), "{ours:#?}");
    assert_eq!(ours.len(), 2, "{ours:#?}");
    // One trace: ours below theirs, and theirs below ours.
    for span in &ours {
        assert_eq!(span.trace, servers[0][1]);
        assert!(own.iter().any(|each| each[2] == span.parent), "{span:#?}\n{}", finished.stdout);
    }
    let client = ours.iter().find(|span| span.scope == "otel_run.http.client").expect("a request");
    assert!(servers.iter().any(|span| span[3] == client.id), "{client:#?}\n{}", finished.stdout);
    assert!(servers.iter().any(|span| span[3] == "-"), "{}", finished.stdout);
}
