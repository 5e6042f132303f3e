//! However a program ends, it ends as without us, and what it recorded last is delivered.

use super::received::{Kind, logs, spans, wait_for};
use super::server::{Server, TRACE};
use super::{bare, launch, plain};
use crate::support::process::{Finished, Process};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::path::Path;

/// Without what differs from process to process, and without the frame that Node 20 adds where
/// there is an AsyncLocalStorage.
fn comparable(finished: &Finished) -> (Option<i32>, Option<i32>, String, String) {
    use std::os::unix::process::ExitStatusExt;
    let stderr = finished
        .stderr
        .lines()
        .filter(|line| !line.starts_with("http://") && !line.contains("async_hooks"))
        .collect::<Vec<_>>()
        .join("\n");
    (finished.status.code(), finished.status.signal(), finished.stdout.clone(), stderr)
}

/// Ends a server by a request, bare and under otel-run, and returns what came.
fn ended_by(path: &str) -> Sink {
    let end = |mut command: std::process::Command| {
        let server = Server::start(&mut command);
        drop(std::io::Read::read_to_string(&mut server.ask(path), &mut String::new()));
        server.process.finish()
    };
    let sink = Sink::start();
    let without_us = end(bare(&plain(), "node plain.js"));
    let with_us = end(launch(&plain(), &sink, "node plain.js"));
    assert_eq!(comparable(&with_us), comparable(&without_us));
    sink
}

#[test]
fn an_exception_that_nobody_catches() {
    for (path, origin) in [("/throw", "throw"), ("/reject", "reject")] {
        let sink = ended_by(path);
        let seen = sink.seen();
        let logs = logs(&seen);
        let fatal: Vec<_> = logs.iter().filter(|log| log.event == "exception").collect();
        assert_eq!(fatal.len(), 1, "{origin}: {logs:#?}");
        assert_eq!((fatal[0].severity, fatal[0].trace.as_str()), (21, TRACE), "{origin}");
        assert_eq!(fatal[0].attributes["exception.type"], "TypeError");
        assert!(fatal[0].attributes["exception.stacktrace"].contains("plain.js"));
        // The request that it came from was never answered.
        let spans = spans(&seen);
        assert_eq!(spans.len(), 1, "{origin}: {spans:#?}");
        assert_eq!(
            (spans[0].get("error.type"), spans[0].get("http.response.status_code")),
            ("TypeError", "")
        );
    }
}

#[test]
fn process_exit_right_after_an_answer() {
    let sink = ended_by("/exit");
    assert_eq!(spans(&sink.seen()).len(), 1);
}

/// SIGTERM ends Node at once when nobody listens. What a quiet process has recorded has arrived.
#[test]
fn signals_end_it_as_ever() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let sink = Sink::start();
        let without_us = Server::start(&mut bare(&plain(), "node plain.js")).stop(signal);
        let server = Server::start(&mut launch(&plain(), &sink, "node plain.js"));
        server.get("/");
        assert_eq!(wait_for(&sink, 1, |_| true).len(), 1);
        assert_eq!(comparable(&server.stop(signal)), comparable(&without_us), "{signal}");
    }
}

/// Programs of a line or two: they end by themselves, without waiting for anything of ours, and
/// before there was a connection.
#[test]
fn short_programs() {
    for (code, records) in [
        ("console.error('said')", 1),
        ("console.error('said'); process.exit(4)", 1),
        ("console.error('said'); throw new TypeError('at once')", 2),
        ("setTimeout(() => console.error('said'), 20)", 1),
        ("1 + 1", 0),
    ] {
        let sink = Sink::start();
        let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("short-{}.js", code.len()));
        std::fs::write(&script, code).expect("a script");
        let command = format!("node {}", script.display());
        let without_us = Process::start(&mut bare(&plain(), &command)).finish();
        let with_us = Process::start(&mut launch(&plain(), &sink, &command)).finish();
        assert_eq!(comparable(&with_us), comparable(&without_us), "{code}");
        assert_eq!(logs(&sink.seen()).len(), records, "{code}");
    }
}

/// A program that has nothing to do any more ends, though its last word reaches nobody: where nobody listens, and
/// where somebody does and never answers.
#[test]
fn an_end_without_an_agent() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let sink = Sink::start();
    for port in [1, silent.local_addr().expect("an address").port()] {
        let of_agent = format!("env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port}");
        let command = format!("{of_agent} node ends.js");
        let without_us = Process::start(&mut bare(&plain(), "node ends.js")).finish();
        let with_us = Process::start(&mut launch(&plain(), &sink, &command)).finish();
        assert_eq!(comparable(&with_us), comparable(&without_us), "{port}");
    }
}

/// Nobody takes the telemetry: the program neither waits nor says a word.
#[test]
fn without_a_destination() {
    let sink = Sink::start();
    // The agent is there, but the way to it is not.
    let command = "env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1 node plain.js";
    let server = Server::start(&mut launch(&plain(), &sink, command));
    for _ in 0..3 {
        assert_eq!(server.get("/fetch").0, 200);
    }
    assert_eq!(server.get("/exit"), (200, "bye".to_owned()));
    let finished = server.process.finish();
    assert_eq!(finished.status.code(), Some(3), "{finished:?}");
    assert!(!finished.stderr.contains("otel-run: no"), "{finished:?}");
    assert!(spans(&sink.seen()).iter().all(|span| span.kind == Kind::Other));
}
