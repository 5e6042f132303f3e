//! The five runs that the tool is for, as one types them. Ports are chosen by the kernel: by
//! each server's own variable, so that the command stays what it is.

use super::received::Received;
use super::server::Server;
use super::{launch, venv, web, within};
use crate::support::free_port;
use crate::support::process::{OTEL_RUN, Process, eventually};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// Requests `GET /hello/…` three times.
fn visit(server: &Server) {
    for name in ["ann", "ben", "cleo"] {
        assert_eq!(server.get(&format!("/hello/{name}")).trim_matches('"'), name);
    }
}

/// The JSON objects that the console exporter prints between the server's own lines.
fn objects(stdout: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut object: Option<String> = None;
    for line in stdout.lines() {
        if line == "{" {
            object = Some(String::new());
        }
        if let Some(text) = &mut object {
            text.push_str(line);
            text.push('\n');
        }
        if line == "}"
            && let Some(text) = object.take()
        {
            objects.push(serde_json::from_str(&text).expect("JSON"));
        }
    }
    objects
}

/// Names of all metrics that were printed, by scope.
fn metrics(objects: &[Value]) -> BTreeSet<(String, String)> {
    let mut names = BTreeSet::new();
    for scope in objects
        .iter()
        .filter_map(|o| o.get("resource_metrics"))
        .flat_map(each)
        .flat_map(|r| each(&r["scope_metrics"]))
    {
        for metric in each(&scope["metrics"]) {
            names.insert((string(&scope["scope"]["name"]), string(&metric["name"])));
        }
    }
    names
}

fn each(array: &Value) -> Vec<Value> {
    array.as_array().cloned().unwrap_or_default()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn with_uvicorn_port(mut command: Command) -> Command {
    command.env("UVICORN_PORT", "0");
    command
}

const FASTAPI: &str = "opentelemetry.instrumentation.fastapi";

#[test]
fn metrics_on_the_console() {
    let words = "--traces_exporter none --metrics_exporter console --metric_export_interval 5000 --service_name main uvicorn main:app";
    let mut run = within(&web(), [OTEL_RUN].into_iter().chain(words.split(' ')));
    let mut server = Server::start(run.env("UVICORN_PORT", "0").env("OTEL_LOGS_EXPORTER", "none"));
    visit(&server);
    server.process.until_stdout("\"process.memory.usage\"");
    let finished = server.stop(Signal::SIGTERM);
    assert_eq!(finished.status.signal(), Some(15), "as uvicorn ends: {}", finished.stderr);
    let objects = objects(&finished.stdout);
    let names = metrics(&objects);
    for name in ["http.server.active_requests", "http.server.request.duration"] {
        assert!(names.contains(&(FASTAPI.to_owned(), name.to_owned())), "{names:?}");
    }
    for name in ["system.cpu.time", "system.memory.usage", "process.cpu.time", "process.memory.usage"] {
        assert!(names.contains(&("otel-run".to_owned(), name.to_owned())), "{names:?}");
    }
    assert!(objects.iter().all(|object| object.get("resource_metrics").is_some()), "metrics alone");
    let of_fastapi = objects
        .iter()
        .flat_map(|o| each(&o["resource_metrics"]))
        .find(|r| each(&r["scope_metrics"]).iter().any(|scope| scope["scope"]["name"] == FASTAPI));
    let attributes = &of_fastapi.expect("the application's")["resource"]["attributes"];
    assert_eq!(attributes["service.name"], "main");
    assert_eq!(attributes["telemetry.sdk.language"], "python");
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);
}

#[test]
fn metrics_by_otlp() {
    let sink = Sink::start();
    let words = format!(
        "--traces_exporter none --metrics_exporter otlp --metric_export_interval 5000 \
         --exporter_otlp_protocol http/protobuf --exporter_otlp_endpoint {} --service_name main uvicorn main:app",
        sink.url()
    );
    let mut run = within(&web(), [OTEL_RUN].into_iter().chain(words.split_whitespace()));
    let server = Server::start(run.env("UVICORN_PORT", "0"));
    visit(&server);
    // While it runs, at the interval ...
    drop(sink.wait(|seen| Received::of(seen).metrics.contains("http.server.request.duration")));
    visit(&server);
    let finished = server.stop(Signal::SIGINT);
    // ... and what came since, at the end.
    let received = Received::of(&sink.seen());
    assert_eq!(received.counted_requests(), 6);
    assert!(received.own_metrics.contains("process.cpu.time"), "{:?}", received.own_metrics);
    assert!(received.spans.is_empty());
    // Logs have a destination too: the endpoint is for all signals.
    let own_logs = &received.own_logs;
    assert!(own_logs.iter().any(|body| body.contains("exited with code 0")), "{own_logs:?}");
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
}

#[test]
fn everything_on_the_console() {
    let mut run = with_uvicorn_port(within(&web(), [OTEL_RUN, "--", "uvicorn", "main:app"]));
    for signal in ["TRACES", "METRICS", "LOGS"] {
        run.env(format!("OTEL_{signal}_EXPORTER"), "console");
    }
    let server = Server::start(&mut run);
    visit(&server);
    let finished = server.stop(Signal::SIGTERM);
    let objects = objects(&finished.stdout);
    let spans: Vec<_> = objects.iter().filter(|object| object["kind"] == "SpanKind.SERVER").collect();
    // One for each request, although FastAPI has telemetry of its own, too.
    assert_eq!(spans.len(), 3, "{spans:?}");
    assert!(spans.iter().all(|span| span["name"] == "GET /hello/{name}"));
    assert_eq!(spans[0]["attributes"]["http.response.status_code"], 200);
    let names = metrics(&objects);
    assert!(names.contains(&(FASTAPI.to_owned(), "http.server.request.duration".to_owned())), "{names:?}");
    assert!(names.contains(&("otel-run".to_owned(), "process.cpu.time".to_owned())), "{names:?}");
    let logs: Vec<_> = objects.iter().filter(|object| object.get("severity_number").is_some()).collect();
    let hello = logs.iter().find(|log| log["body"] == "hello ann").expect("the application's record");
    assert_eq!(hello["severity_text"], "WARN");
    assert!(
        spans.iter().any(|span| span["context"]["trace_id"] == hello["trace_id"]),
        "in its request's trace"
    );
    assert!(logs.iter().any(|log| string(&log["body"]).starts_with("Started server process")));
    assert!(logs.iter().any(|log| log["event_name"] == "process.exit"));
    // What goes to stderr without otel-run still does.
    assert!(finished.stderr.contains("hello ann\n"), "{}", finished.stderr);
}

#[test]
fn gunicorn_to_two_places_and_prometheus() {
    let sink = Sink::start();
    let port = free_port();
    let command = "gunicorn -w 4 -k uvicorn_worker.UvicornWorker main:app";
    let mut run =
        launch(&web(), "--traces_exporter console,otlp --metrics_exporter prometheus,console", command);
    run.env("GUNICORN_CMD_ARGS", "--bind 127.0.0.1:0 --no-control-socket");
    run.env("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url());
    run.env("OTEL_EXPORTER_PROMETHEUS_PORT", port.to_string()).env("OTEL_METRIC_EXPORT_INTERVAL", "500");
    let mut server = Server::start(&mut run);
    let (pids, requests) = server.pids(4);
    assert_eq!(pids.len(), 4);
    // The workers are added up.
    let page = eventually("all requests on the Prometheus page", || {
        let page = scrape(port);
        let count = page.lines().find(|line| line.starts_with("http_server_request_duration_seconds_count{"));
        (count?.split(' ').nth(1)?.parse() == Ok(requests)).then_some(page)
    });
    assert!(page.contains("process_memory_usage_bytes"), "{page}");
    server.process.until_stdout("\"name\": \"GET /pid\"");
    let spans = sink.wait(|seen| Received::of(seen).server_spans().len() == 4);
    let origins = Received::of(&spans).server_spans();
    drop(spans);
    let mut reported: Vec<_> =
        origins.keys().map(|origin| i32::try_from(origin.pid).expect("a pid")).collect();
    reported.sort_unstable();
    assert_eq!(reported, pids);
    let instances: BTreeSet<_> = origins.keys().map(|origin| &origin.instance).collect();
    assert_eq!(instances.len(), 4, "{instances:?}");
    let finished = server.stop(Signal::SIGTERM);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("\"http.server.request.duration\""));
}

fn scrape(port: u16) -> String {
    let mut page = String::new();
    let mut stream = TcpStream::connect(("localhost", port)).expect("the endpoint");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .expect("a request");
    stream.read_to_string(&mut page).expect("a page");
    page
}

#[test]
fn any_program() {
    let mut run = launch(&venv("plain", &[]), "--metrics_exporter console", "sleep 30");
    run.env("OTEL_METRIC_EXPORT_INTERVAL", "500");
    let mut process = Process::start(&mut run);
    let stdout = process.until_stdout("\"process.memory.usage\"");
    assert!(stdout.contains("\"system.cpu.time\""));
    process.signal(Signal::SIGTERM);
    let finished = process.finish();
    assert_eq!(finished.status.signal(), Some(15), "{}", finished.stderr);
}
