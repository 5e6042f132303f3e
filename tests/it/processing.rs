//! What is done to the telemetry of a real FastAPI application by flags and files: before and after.

#[path = "processing/azure.rs"]
mod azure;
#[path = "processing/file.rs"]
mod file;
#[path = "processing/flags.rs"]
mod flags;

use crate::frameworks::run::Running;
use crate::frameworks::telemetry::{SERVER, Span, Telemetry};
use crate::frameworks::within;
use crate::support::free_port;
use crate::support::process::{Finished, OTEL_RUN};
use crate::support::sink::Sink;
use crate::support::venv;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nothing of OpenTelemetry, but for the API that FastAPI brings itself.
pub(crate) fn clean() -> PathBuf {
    venv("clean", &["fastapi==0.165.0", "httpx==0.28.1", "uvicorn==0.54.0"])
}

/// What came of some requests.
struct Observed {
    telemetry: Telemetry,
    finished: Finished,
}

/// Starts the application with these flags, and asks it these paths.
fn observed(flags: &[&str], paths: &[&str]) -> Observed {
    let requests: Vec<(&str, &[(&str, &str)])> = paths.iter().map(|path| (*path, &[][..])).collect();
    asked(&clean(), flags, &requests)
}

/// The same, with headers.
fn asked(venv: &Path, flags: &[&str], requests: &[(&str, &[(&str, &str)])]) -> Observed {
    let sink = Sink::start();
    let url = sink.url();
    let to = [OTEL_RUN, "--exporter_otlp_endpoint", &url, "--service_name", "shop", "-v"];
    let finished = run(venv, &[&to, flags].concat(), requests);
    Observed { telemetry: Telemetry::of(&sink.seen()), finished }
}

/// Runs the application from its first request to its end.
pub(crate) fn run(venv: &Path, launcher: &[&str], requests: &[(&str, &[(&str, &str)])]) -> Finished {
    let port = free_port();
    let listen = port.to_string();
    let uvicorn = ["--", "uvicorn", "main:app", "--port", &listen];
    let mut command = within(venv, [launcher, &uvicorn].concat());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/processing/app"));
    // It asks itself.
    command.env("PEER", format!("http://me:pa55@127.0.0.1:{port}")).env("REGION", "north");
    let server = Running::start(&mut command, port);
    for (path, headers) in requests {
        ask(port, path, headers);
    }
    server.stop()
}

fn ask(port: u16, path: &str, headers: &[(&str, &str)]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    assert!(response.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&response));
}

impl Observed {
    /// Names of the requests that came in, in alphabetical order.
    fn served(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.servers().iter().map(|span| span.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn servers(&self) -> Vec<&Span> {
        self.telemetry.of_kind(SERVER)
    }

    /// Routes and counts of the metric of requests that came in.
    fn counted(&self) -> Vec<(String, u64)> {
        let points =
            self.telemetry.points.iter().filter(|point| point.metric == "http.server.request.duration");
        let route = |attributes: &std::collections::BTreeMap<String, String>| {
            attributes.get("http.route").cloned().unwrap_or_default()
        };
        let mut last: Vec<_> = points.map(|point| (route(&point.attributes), point.count)).collect();
        last.sort();
        last
    }

    /// Of the application's own log records.
    fn bodies(&self) -> Vec<&str> {
        let own = self.telemetry.logs.iter().filter(|log| log.scope == "shop");
        own.map(|log| log.body.as_str()).collect()
    }

    /// All that was exported, in one text.
    fn text(&self) -> String {
        format!("{:?}", self.telemetry)
    }

    fn account(&self) -> &str {
        &self.finished.stderr
    }
}
