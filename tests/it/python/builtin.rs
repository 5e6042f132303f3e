//! The built-in shim: applications without any OpenTelemetry package, on real servers.

#[path = "builtin/edges.rs"]
mod edges;
#[path = "builtin/place.rs"]
mod place;
#[path = "builtin/processes.rs"]
mod processes;
#[path = "builtin/requests.rs"]
mod requests;
#[path = "builtin/servers.rs"]
mod servers;
#[path = "builtin/told.rs"]
mod told;
#[path = "builtin/unharmed.rs"]
mod unharmed;
#[path = "builtin/units.rs"]
mod units;

use super::{launch, venv};
use crate::support::free_port;
use crate::support::process::{Finished, Process, eventually};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use told::Told;

/// What a user without OpenTelemetry has. (FastAPI brings the API alone.)
fn lean() -> PathBuf {
    venv(
        "lean",
        &[
            "fastapi==0.165.0",
            "flask==3.1.3",
            "gunicorn==27.0.1",
            "uvicorn==0.54.0",
            "uvicorn-worker==0.4.0",
            "websockets==15.0.1",
        ],
    )
}

/// A server under otel-run, and where its telemetry goes.
struct Run {
    sink: Sink,
    process: Process,
    address: String,
}

impl Run {
    /// Starts `command`, in which `PORT` stands for a free port.
    fn start(venv: &Path, command: &str) -> Run {
        Run::with(venv, command, |_| ())
    }

    fn with(venv: &Path, command: &str, prepare: impl FnOnce(&mut Command)) -> Run {
        let sink = Sink::start();
        let port = free_port();
        let flags = format!("--exporter_otlp_endpoint {} --service_name shop --host_metrics off", sink.url());
        let mut launch = launch(venv, &flags, &command.replace("PORT", &port.to_string()));
        prepare(&mut launch);
        let process = Process::start(&mut launch);
        let address = format!("127.0.0.1:{port}");
        eventually("a connection", || TcpStream::connect(&address).ok());
        Run { sink, process, address }
    }

    /// Status and body of what the server answers; status 0 of an answer that is none.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        ask(&self.address, method, path, headers)
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, &[])
    }

    /// Stops the server as an operator would: how it ended, and everything it has told.
    fn stop(self, signal: Signal) -> (Finished, Told) {
        self.process.signal(signal);
        let finished = self.process.finish();
        let told = Told::of(&self.sink.seen());
        (finished, told)
    }

    /// What it has told as soon as that is `enough`.
    fn until(&self, enough: impl Fn(&Told) -> bool) -> Told {
        Told::of(&self.sink.wait(|seen| enough(&Told::of(seen))))
    }
}

fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the server");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    if !headers.iter().any(|(name, _)| *name == "connection") {
        request.push_str("connection: close\r\n");
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).expect("a request");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}
