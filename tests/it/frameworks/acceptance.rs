//! The first application of the README, `examples/fastapi`, in an environment with FastAPI, uvicorn and
//! httpx and nothing else: one command, and everything is connected.

use super::run::Running;
use super::telemetry::{CLIENT, Log, SERVER, Span, Telemetry};
use super::within;
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::sink::Sink;
use crate::support::venv;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Nothing of OpenTelemetry, but for the API that FastAPI brings itself.
pub(super) fn clean() -> PathBuf {
    venv(
        "clean",
        &[
            "fastapi==0.165.0",
            "flask==3.1.3",
            "gunicorn==27.0.1",
            "httpx==0.28.1",
            "uvicorn==0.54.0",
            "uvicorn-worker==0.4.0",
        ],
    )
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// `command`, as one types it, behind otel-run in the folder of an example.
fn launch(sink: &Sink, service: &str, folder: &str, command: &str) -> Command {
    let url = sink.url();
    let ours = [OTEL_RUN, "--exporter_otlp_endpoint", &url, "--service_name", service, "--"];
    let mut launch = within(&clean(), ours.into_iter().chain(command.split(' ')));
    launch.current_dir(example(folder));
    launch
}

/// What came of one order that succeeds and one that does not.
fn orders(command: &str) -> Telemetry {
    let (sink, port) = (Sink::start(), free_port());
    let mut command = launch(&sink, "shop", "fastapi", &command.replace("{port}", &port.to_string()));
    let server = Running::start(command.env("STOCK", format!("http://127.0.0.1:{port}")), port);
    assert_eq!(server.get("/orders/2", None), Some(200));
    assert_eq!(server.get("/orders/404", None), Some(502));
    // Its processes are measured one second after the start.
    let measured = |name: &String| name == "process.memory.usage";
    drop(sink.wait(|seen| Telemetry::of(seen).metrics.iter().any(measured)));
    let finished = server.stop();
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);
    let telemetry = Telemetry::of(&sink.seen());
    drop(sink);
    telemetry
}

pub(super) fn only<'a>(what: &str, telemetry: &'a Telemetry, wanted: impl Fn(&Span) -> bool) -> &'a Span {
    let found: Vec<_> = telemetry.spans.iter().filter(|span| wanted(span)).collect();
    assert_eq!(found.len(), 1, "{what}: {found:#?} of {:#?}", telemetry.spans);
    found[0]
}

pub(super) fn child<'a>(telemetry: &'a Telemetry, parent: &Span, kind: i32) -> &'a Span {
    let child = only("a child", telemetry, |span| span.kind == kind && span.parent == parent.id);
    assert_eq!(child.trace, parent.trace);
    child
}

pub(super) fn logged<'a>(telemetry: &'a Telemetry, body: &str, span: &Span) -> &'a Log {
    let log = telemetry.logs.iter().find(|log| log.body == body);
    let log = log.unwrap_or_else(|| panic!("no {body:?} in {:#?}", telemetry.logs));
    assert_eq!((&log.trace, &log.span), (&span.trace, &span.id), "{body}");
    log
}

fn connected(telemetry: &Telemetry, stock: &str) {
    let of =
        |path: &'static str| move |span: &Span| span.kind == SERVER && span.get("url.path") == Some(path);
    let order = only("the order", telemetry, of("/orders/2"));
    assert_eq!((order.name.as_str(), order.parent.as_str()), ("GET /orders/{item_id}", ""));
    let call = child(telemetry, order, CLIENT);
    assert_eq!((call.name.as_str(), call.get("http.response.status_code")), ("GET", Some("200")));
    let item = child(telemetry, call, SERVER);
    assert_eq!(item.name, stock);

    let failed = only("the failed order", telemetry, of("/orders/404"));
    assert_eq!(failed.get("http.response.status_code"), Some("502"));
    assert_eq!((failed.status, failed.get("error.type")), (super::telemetry::ERROR, Some("502")));
    let call = child(telemetry, failed, CLIENT);
    assert_eq!(call.get("error.type"), Some("404"));
    let item = child(telemetry, call, SERVER);
    logged(telemetry, "no item 404", item);
    let exception = logged(telemetry, "cannot order item 404", failed);
    let get = |name: &str| exception.attributes.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(get("exception.type"), "httpx.HTTPStatusError");
    assert!(get("exception.stacktrace").contains("raise_for_status"), "{exception:?}");
    let servers = telemetry.of_kind(SERVER);
    assert_eq!(servers.iter().filter(|span| span.get("url.path") != Some("/")).count(), 4, "{servers:#?}");
}

/// The whole of it in one service, with the database.
fn shown_by(command: &str) {
    let telemetry = orders(command);
    connected(&telemetry, "GET /items/{item_id}");
    let item = only("the item", &telemetry, |span| span.get("url.path") == Some("/items/2"));
    let query = child(&telemetry, item, CLIENT);
    assert_eq!((query.name.as_str(), query.get("db.system.name")), ("SELECT items", Some("sqlite")));
    assert_eq!(query.get("db.query.text"), Some("SELECT name FROM items WHERE id = ?"));
    for metric in [
        "http.server.request.duration",
        "http.client.request.duration",
        "db.client.operation.duration",
        "system.cpu.time",
        "process.memory.usage",
    ] {
        assert!(telemetry.metrics.iter().any(|name| name == metric), "{metric}: {:?}", telemetry.metrics);
    }
}

#[test]
fn one_command() {
    shown_by("uvicorn main:app --port {port}");
}

#[test]
fn four_workers() {
    shown_by("uvicorn main:app --port {port} --workers 4");
}

#[test]
fn reloading() {
    shown_by("uvicorn main:app --port {port} --reload");
}

#[test]
fn gunicorn_that_forks() {
    shown_by(
        "gunicorn --no-control-socket --bind 127.0.0.1:{port} -w 2 -k uvicorn_worker.UvicornWorker main:app",
    );
}

#[test]
fn gunicorn_that_forks_what_it_loaded() {
    shown_by(
        "gunicorn --no-control-socket --bind 127.0.0.1:{port} -w 2 --preload -k uvicorn_worker.UvicornWorker main:app",
    );
}

/// FastAPI asks Flask; each has an otel-run of its own.
#[test]
fn two_services_are_one_trace() {
    let (sink, shop, stock) = (Sink::start(), free_port(), free_port());
    let flask = format!("flask --app app run --port {stock}");
    let stock = Running::start(&mut launch(&sink, "stock", "flask", &flask), stock);
    let uvicorn = format!("uvicorn main:app --port {shop}");
    let mut uvicorn = launch(&sink, "shop", "fastapi", &uvicorn);
    let shop = Running::start(uvicorn.env("STOCK", format!("http://127.0.0.1:{}", stock.port)), shop);
    assert_eq!(shop.get("/orders/2", None), Some(200));
    assert_eq!(shop.get("/orders/404", None), Some(502));
    // Flask's own server dies of the signal.
    drop(sink.wait(|seen| {
        let telemetry = Telemetry::of(seen);
        let of_stock = |span: &&&Span| span.resource.get("service.name").is_some_and(|name| name == "stock");
        telemetry.of_kind(SERVER).iter().filter(of_stock).count() == 2
            && telemetry.logs.iter().any(|log| log.body == "no item 404")
    }));
    shop.stop();
    stock.stop();
    let telemetry = Telemetry::of(&sink.seen());
    connected(&telemetry, "GET /items/<int:item>");
    for span in telemetry.of_kind(SERVER) {
        let service = if span.get("url.path").is_some_and(|path| path.starts_with("/orders")) {
            "shop"
        } else {
            "stock"
        };
        assert_eq!(span.resource.get("service.name").map(String::as_str), Some(service), "{span:?}");
    }
}
