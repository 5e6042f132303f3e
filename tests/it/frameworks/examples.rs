//! The examples' own scripts, with a binary and an environment that are there already.

use super::table::packages;
use super::within;
use crate::python::web;
use crate::support::process::{Finished, OTEL_RUN, Process};
use std::path::Path;

/// Runs an example to its end.
fn run(name: &str, venv: &Path) -> Finished {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).join("run.sh");
    let mut command = within(venv, ["bash".as_ref(), script.as_os_str()]);
    let built = Path::new(OTEL_RUN).parent().expect("a folder");
    let finished = Process::start(command.env("READY_BIN", built).env("READY_VENV", venv)).finish();
    assert!(finished.status.success(), "{name}: {finished:#?}");
    assert!(finished.stderr.contains("== ended with status "), "{name}: {finished:#?}");
    finished
}

/// The one line of the console in which all these words stand.
fn line<'a>(finished: &'a Finished, words: &[&str]) -> &'a str {
    let found: Vec<_> =
        finished.stdout.lines().filter(|line| words.iter().all(|word| line.contains(word))).collect();
    assert_eq!(found.len(), 1, "{words:?}: {found:#?} of {}\n{}", finished.stdout, finished.stderr);
    found[0]
}

fn trace(line: &str) -> &str {
    line.split(" trace=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{line}"))
}

/// A span under its route, and a log record in its trace.
fn shows(name: &str, route: &str) {
    let finished = run(name, &packages());
    let span = format!("server GET {route} ");
    line(&finished, &["SPAN", &span, "http.response.status_code=200", "url.path=/items/7 "]);
    let missing = line(&finished, &["SPAN", &span, "http.response.status_code=404"]);
    assert_eq!(trace(line(&finished, &["WARN", "no item 700"])), trace(missing));
    line(&finished, &["SPAN", "server GET ", "url.path=/nothing"]);
}

#[test]
fn bottle() {
    shows("bottle", "/items/<item:int>");
}

#[test]
fn django() {
    shows("django", "/items/<int:item>");
}

#[test]
fn falcon() {
    shows("falcon", "/items/{item:int}");
}

#[test]
fn flask() {
    shows("flask", "/items/<int:item>");
}

#[test]
fn litestar() {
    shows("litestar", "/items/{item}");
}

#[test]
fn pyramid() {
    shows("pyramid", "/items/{item}");
}

#[test]
fn quart() {
    shows("quart", "/items/<int:item>");
}

#[test]
fn starlette() {
    shows("starlette", "/items/{item}");
}

/// What the README promises of its first command.
#[test]
fn fastapi() {
    let finished = run("fastapi", &packages());
    let order = line(&finished, &["SPAN", "server GET /orders/{item_id} ", "http.response.status_code=200"]);
    line(&finished, &["SPAN", "client SELECT items ", trace(order)]);
    assert_eq!(finished.stdout.lines().filter(|line| line.contains(trace(order))).count(), 4, "four spans");
    let failed = line(&finished, &["SPAN", "server GET /orders/{item_id} ", "http.response.status_code=502"]);
    for said in ["WARN   no item 404", "ERROR  cannot order item 404"] {
        assert_eq!(trace(line(&finished, &[said])), trace(failed));
    }
    for metric in [
        "METRIC http.server.request.duration ",
        "METRIC http.client.request.duration ",
        "METRIC db.client.operation.duration ",
        "METRIC process.memory.usage ",
        "METRIC system.cpu.utilization ",
    ] {
        assert!(finished.stdout.contains(metric), "{metric}: {}", finished.stdout);
    }
}

#[test]
fn fastapi_with_official_packages() {
    let finished = run("fastapi-official", &web());
    let spans = finished.stdout.lines().filter(|line| line.contains("server GET /items/{item_id} "));
    assert_eq!(spans.count(), 3, "{}", finished.stdout);
}

#[test]
fn gunicorn() {
    let finished = run("gunicorn", &packages());
    let requests = finished.stdout.lines().find(|line| {
        line.starts_with("http_server_request_duration_seconds_count{") && line.contains("/items/{item_id}")
    });
    assert_eq!(requests.and_then(|line| line.split("} ").nth(1)), Some("40"), "{}", finished.stdout);
}

#[test]
fn http_server() {
    let finished = run("http-server", &packages());
    assert!(finished.stdout.contains("SPAN") && finished.stdout.contains("METRIC process.cpu.time "));
}
