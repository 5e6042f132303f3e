//! One server with one application, asked and stopped: with otel-run in front, and without.

use super::peer::Peer;
use super::table::Server;
use super::telemetry::Telemetry;
use super::within;
use crate::support::free_port;
use crate::support::process::{Finished, OTEL_RUN, Process, eventually, state_of};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

/// What a caller sent as `traceparent`, in parts.
pub(crate) struct Caller {
    pub(crate) trace: String,
    pub(crate) span: &'static str,
}

impl Caller {
    pub(crate) fn of(number: u8) -> Caller {
        Caller { trace: format!("{number:032x}"), span: "00f067aa0ba902b7" }
    }

    pub(crate) fn header(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

/// What came of a run.
pub(crate) struct Run {
    /// Of `/items/1` and `/items/2`, asked at once with a `traceparent` each, then `/fail` and `/missing`. `None`: the
    /// connection ended without an answer.
    pub(crate) answers: [Option<u16>; 4],
    pub(crate) telemetry: Telemetry,
    pub(crate) called: Vec<String>,
    pub(crate) finished: Finished,
    /// How the server ends without otel-run.
    pub(crate) bare: ExitStatus,
}

/// The words of a server's command.
pub(crate) fn words(command: &str, app: &str, port: u16) -> Vec<String> {
    let module = app.split(':').next().unwrap_or_default();
    let fill = |word: &str| {
        word.replace("{app}", app).replace("{module}", module).replace("{port}", &port.to_string())
    };
    command.split_whitespace().map(fill).collect()
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Running {
    /// Starts `command`, which will listen on `port`.
    pub(crate) fn start(command: &mut Command, port: u16) -> Running {
        let mut process = Some(Process::start(command));
        eventually("a connection", || {
            if process.as_ref().is_some_and(|process| matches!(state_of(process.pid), '?' | 'Z')) {
                panic!("{command:?} has ended: {:?}", process.take().map(Process::finish));
            }
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Running { process: process.expect("a process"), port }
    }

    /// The status of the answer to a GET request, if one comes.
    pub(crate) fn get(&self, path: &str, traceparent: Option<&str>) -> Option<u16> {
        get(self.port, path, traceparent)
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(self) -> Finished {
        self.process.signal(Signal::SIGTERM);
        self.process.finish()
    }
}

pub(crate) fn get(port: u16, path: &str, traceparent: Option<&str>) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let more = traceparent.map(|value| format!("traceparent: {value}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: shop.example:8080\r\nuser-agent: test\r\n{more}connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = Vec::new();
    // A server that gives up may reset the connection.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).split(' ').nth(1)?.parse().ok()
}

/// Starts the server under otel-run, asks it, and stops it.
pub(super) fn observed(venv: &Path, app: &str, server: &'static Server) -> Run {
    let (sink, peer, port) = (Sink::start(), Peer::start(), free_port());
    let url = sink.url();
    let ours =
        [OTEL_RUN, "--exporter_otlp_endpoint", &url, "--service_name", "shop", "--host_metrics", "off", "--"];
    let ours = ours.into_iter().map(str::to_owned).chain(words(server.command, app, port));
    let running = Running::start(within(venv, ours).env("PEER", peer.url()), port);
    let [first, second] = [1, 2].map(|number| Caller::of(number).header());
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| get(port, "/items/1", Some(&first)));
        let two = running.get("/items/2", Some(&second));
        (one.join().expect("an answer"), two)
    });
    let answers = [one, two, running.get("/fail", None), running.get("/missing", None)];
    if !server.orderly {
        // It dies of the signal; what it has said by then is out within a moment.
        drop(sink.wait(|seen| Telemetry::of(seen).of_kind(super::telemetry::SERVER).len() == 4));
    }
    let finished = running.stop();
    let telemetry = Telemetry::of(&sink.seen());
    Run { answers, telemetry, called: peer.called(), finished, bare: bare(venv, app, server) }
}

/// By environment and server.
type Known = HashMap<(PathBuf, &'static str), Arc<OnceLock<ExitStatus>>>;

/// How the server ends without otel-run, found out once.
fn bare(venv: &Path, app: &str, server: &'static Server) -> ExitStatus {
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = KNOWN.lock().expect("no panic").entry((venv.to_owned(), server.name)).or_default().clone();
    *known.get_or_init(|| {
        let (peer, port) = (Peer::start(), free_port());
        let mut command = within(venv, words(server.command, app, port));
        let running = Running::start(command.env("PEER", peer.url()), port);
        assert_eq!(running.get("/items/1", None), Some(200), "{command:?}");
        running.stop().status
    })
}
