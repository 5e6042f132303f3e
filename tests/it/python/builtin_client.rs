//! The built-in shim where the program sends requests: each client library, in success and in failure.

use super::interpreters::interpreters;
use super::spans::{CLIENT, SERVER, Span, spans};
use super::{builtin, file, launch};
use crate::support::process::Process;
use crate::support::sink::Sink;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// Runs an application of these tests to its end: what it printed, and its spans.
pub(super) fn run(script: &str) -> (String, Vec<Span>) {
    run_with("python", script, &[])
}

/// The interpreters of this machine that the shim is for.
pub(super) fn versions() -> Vec<String> {
    let is_ours = |interpreter: &PathBuf| {
        let code = "import sys; print(sys.version_info >= (3, 6))";
        let asked = Command::new(interpreter).args(["-c", code]).output();
        asked.is_ok_and(|output| output.stdout.starts_with(b"True"))
    };
    interpreters().into_iter().filter(is_ours).map(|file| file.display().to_string()).collect()
}

pub(super) fn run_with(interpreter: &str, script: &str, variables: &[(&str, &str)]) -> (String, Vec<Span>) {
    let sink = Sink::start();
    let command = format!("{interpreter} {}/{script}", file("apps").display());
    let flags = format!(
        "--shim builtin --service_name app --metrics_exporter none --exporter_otlp_endpoint {}",
        sink.url()
    );
    let mut launch = launch(&builtin(), &flags, &command);
    let finished = Process::start(launch.envs(variables.iter().copied())).finish();
    assert_eq!(finished.status.code(), Some(0), "{script}: {}", finished.stderr);
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);
    (finished.stdout, spans(&sink.seen()))
}

/// What the spans of a library must say, in their order: path of the request and outcome.
fn client(library: &str, scope: &str, expected: &[(&str, &str)]) {
    let (stdout, mut spans) = run(&format!("http_clients.py {library}"));
    // The server is in the same process, and observed as well.
    spans.retain(|span| span.kind != SERVER);
    let seen: Vec<_> = spans
        .iter()
        .map(|span| {
            let path = span.get("url.full").splitn(4, '/').nth(3).unwrap_or_default();
            (path, span.outcome())
        })
        .collect();
    assert_eq!(seen, expected, "{library}");
    assert!(spans.iter().all(|span| span.kind == CLIENT && span.scope == scope), "{spans:?}");
    assert!(spans.iter().all(|span| span.get("http.request.method") == "GET"));
    // What the server was told is the span of that very request.
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    for line in stdout.lines() {
        let (path, parents): (String, Vec<String>) = serde_json::from_str(line).expect("a request");
        let [parent] = parents.as_slice() else { panic!("{path}: {parents:?}") };
        let fields: Vec<_> = parent.split('-').collect();
        assert_eq!((fields[0], fields[3]), ("00", "01"), "{parent}");
        if path == "/ok?own" {
            assert_eq!(fields[2], "2222222222222222", "the application's own");
            continue;
        }
        let span = by_id.get(fields[2]).unwrap_or_else(|| panic!("no span {parent} for {path}"));
        assert_eq!(span.trace, fields[1]);
        assert!(span.get("url.full").ends_with(&path), "{} for {path}", span.get("url.full"));
        let version = if path == "/two" { "2" } else { "1.1" };
        if span.attributes.contains_key("http.response.status_code") && path != "/missing" {
            assert_eq!(span.get("network.protocol.version"), version);
        }
    }
}

#[test]
fn http_client_and_urllib() {
    let expected = [
        ("ok?a=1", "200"),
        ("moved", "302"),
        ("ok", "200"),
        ("missing", "404"),
        ("refused", "ConnectionRefusedError"),
        ("slow", "TimeoutError"),
        ("ok?own", "200"),
        ("ok?left", ""),
    ];
    client("urllib", "otel_run.http.client", &expected);
}

#[test]
fn requests() {
    let expected = [
        ("ok", "200"),
        ("moved", "302"),
        ("ok", "200"),
        ("missing", "404"),
        ("refused", "urllib3.exceptions.NewConnectionError"),
        ("slow", "urllib3.exceptions.ReadTimeoutError"),
        ("ok", "200"),
    ];
    client("requests", "otel_run.urllib3", &expected);
}

#[test]
fn urllib3_repeats_and_follows() {
    let expected = [("flaky", "503"), ("flaky", "200"), ("moved", "302"), ("ok", "200")];
    client("urllib3", "otel_run.urllib3", &expected);
}

#[test]
fn httpx() {
    let expected = [
        ("ok", "200"),
        ("moved", "302"),
        ("ok", "200"),
        ("missing", "404"),
        ("refused", "httpx.ConnectError"),
        ("ok", "200"),
        ("two", "200"),
        ("ok", "200"),
        ("slow", "httpx.ReadTimeout"),
        ("slow", "asyncio.exceptions.CancelledError"),
    ];
    client("httpx", "otel_run.httpx", &expected);
}

#[test]
fn aiohttp() {
    let expected = [
        ("ok", "200"),
        ("moved", "302"),
        ("ok", "200"),
        ("missing", "404"),
        ("refused", "aiohttp.client_exceptions.ClientConnectorError"),
        ("slow", "TimeoutError"),
    ];
    client("aiohttp", "otel_run.aiohttp.client", &expected);
}

#[test]
fn every_version_of_python() {
    for interpreter in versions() {
        let (_, mut spans) = run_with(&interpreter, "http_clients.py urllib", &[]);
        spans.retain(|span| span.kind == CLIENT);
        let answered = spans.iter().filter(|span| span.outcome() == "200").count();
        assert_eq!((spans.len(), answered), (8, 3), "{interpreter}: {spans:#?}");
        let (_, spans) = run_with(&interpreter, "sql_clients.py sqlite3", &[]);
        assert_eq!(spans.len(), 7, "{interpreter}: {spans:#?}");
    }
}

#[test]
fn what_the_user_does_not_want_to_see() {
    let count = |variables: &[(&str, &str)], scope: &str| {
        let (_, spans) = run_with("python", "http_clients.py requests", variables);
        spans.iter().filter(|span| span.kind == CLIENT && span.scope == scope).count()
    };
    let excluded = [("OTEL_PYTHON_REQUESTS_EXCLUDED_URLS", "/ok,/moved")];
    assert_eq!(count(&excluded, "otel_run.urllib3"), 3);
    assert_eq!(count(&excluded, "otel_run.http.client"), 0, "below it neither");
    let disabled = [("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "urllib3")];
    assert_eq!(count(&disabled, "otel_run.urllib3"), 0);
    assert_eq!(count(&disabled, "otel_run.http.client"), 7, "the library below it");
}
