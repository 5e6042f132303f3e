//! Servers of several processes, however they are made. EXT-7: each process reports under its
//! own pid and instance id, and those that are killed do not disturb the others.

use super::received::Received;
use super::server::Server;
use super::{file, launch, venv, web};
use crate::support::process::{Process, children, eventually};
use crate::support::sink::Sink;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::path::Path;

/// The destination, and a server that sends to it, with metrics only at its end.
fn start(venv: &Path, command: &str) -> (Sink, Server) {
    let sink = Sink::start();
    let flags = format!("--exporter_otlp_endpoint {} --service_name shop --host_metrics off", sink.url());
    let server = Server::start(
        launch(venv, &flags, command)
            .env("UVICORN_PORT", "0")
            .env("GUNICORN_CMD_ARGS", "--bind 127.0.0.1:0 --no-control-socket"),
    );
    (sink, server)
}

/// Every request is in a span and in a metric of the process that served it, and each process
/// is an instance of its own.
fn check(received: &Received, pids: &[i32], requests: usize) {
    let spans = received.server_spans();
    let reported: Vec<_> = spans.keys().map(|origin| origin.pid).collect();
    let served: Vec<_> = pids.iter().map(|pid| i64::from(*pid)).collect();
    assert_eq!(reported, served, "every worker under its own pid");
    let instances: BTreeSet<_> = spans.keys().map(|origin| &origin.instance).collect();
    assert_eq!(instances.len(), pids.len(), "{instances:?}");
    assert!(spans.keys().all(|origin| origin.service == "shop"));
    assert_eq!(spans.values().sum::<usize>(), requests, "no span is lost, none comes twice");
    assert_eq!(received.counted_requests(), requests as u64);
}

fn served(received: &Received) -> usize {
    received.logs.iter().filter(|log| log.body.starts_with("hello ")).count()
}

fn runs_with_workers(command: &str, workers: usize) {
    let (sink, server) = start(&web(), command);
    let (pids, asked) = server.pids(workers);
    for round in 0..10 {
        server.get(&format!("/hello/{round}"));
    }
    let finished = server.stop(Signal::SIGTERM);
    assert!(!finished.stderr.contains("Traceback"), "{}", finished.stderr);
    let received = Received::of(&sink.seen());
    let hello = received.spans.iter().filter(|span| span.server && span.name.contains("/hello/")).count();
    assert_eq!((hello, served(&received)), (10, 10), "spans and log records of the last requests");
    check(&received, &pids, asked + 10);
}

#[test]
fn uvicorn_starts_workers() {
    runs_with_workers("uvicorn main:app --workers 2", 2);
}

#[test]
fn uvicorn_reloads() {
    runs_with_workers("uvicorn main:app --reload", 1);
}

#[test]
fn gunicorn_forks() {
    runs_with_workers("gunicorn -w 3 shop:app", 3);
}

#[test]
fn gunicorn_forks_what_it_loaded() {
    runs_with_workers("gunicorn -w 3 --preload shop:app", 3);
}

#[test]
fn gunicorn_with_threads() {
    runs_with_workers("python -m gunicorn -w 2 --threads 3 shop:app", 2);
}

#[test]
fn flask_alone() {
    // Its development server leaves on SIGINT only.
    let (sink, server) = start(&web(), "flask --app shop run --port 0");
    server.get("/hello/ann");
    server.stop(Signal::SIGINT);
    let received = Received::of(&sink.seen());
    assert_eq!(received.server_spans().values().sum::<usize>(), 1);
    assert!(received.logs.iter().any(|log| log.body == "hello ann" && !log.trace.is_empty()));
}

#[test]
fn killed_workers_do_not_disturb_the_others() {
    let (sink, server) = start(&web(), "gunicorn -w 8 shop:app");
    let (pids, _) = server.pids(8);
    // What they have to say is out after a second: OTEL_BSP_SCHEDULE_DELAY.
    let all = |seen: &crate::support::sink::Seen| Received::of(seen).server_spans().len() == 8;
    drop(sink.wait(all));
    for pid in &pids[..2] {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).expect("a worker");
    }
    let now = eventually("the two are replaced", || {
        let (now, _) = server.pids(8);
        pids[..2].iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()).then_some(now)
    });
    assert!(now.len() >= 8);
    let before = Received::of(&sink.seen()).spans.len();
    for round in 0..10 {
        server.get(&format!("/hello/{round}"));
    }
    let finished = server.stop(Signal::SIGTERM);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let received = Received::of(&sink.seen());
    assert!(received.spans.len() > before);
    let hello = received.spans.iter().filter(|span| span.server && span.name.contains("/hello/")).count();
    assert_eq!(hello, 10);
    let origins = received.server_spans();
    let instances: BTreeSet<_> = origins.keys().map(|origin| &origin.instance).collect();
    assert_eq!(instances.len(), origins.len(), "one instance for each process");
}

/// A new agent takes the place of the one that was killed; what is recorded meanwhile waits in
/// the application.
#[test]
fn the_agent_is_killed() {
    let (sink, server) = start(&web(), "uvicorn main:app");
    server.get("/hello/ann");
    drop(sink.wait(|seen| served(&Received::of(seen)) == 1));
    let target: i32 = server.get("/pid").trim().parse().expect("a pid");
    for round in 0..3 {
        let agent = eventually("an agent", || {
            children(server.process.pid).into_iter().find(|child| *child != target)
        });
        kill(Pid::from_raw(agent), Signal::SIGKILL).expect("the agent");
        server.get(&format!("/hello/{round}"));
        let wanted = format!("hello {round}");
        // What an agent has taken dies with it, so the next round waits.
        drop(sink.wait(|seen| Received::of(seen).logs.iter().any(|log| log.body == wanted)));
    }
    server.stop(Signal::SIGTERM);
    assert_eq!(served(&Received::of(&sink.seen())), 4, "each once");
}

/// Django's settings are found only after the interpreter has started, by `manage.py` itself
/// or by the server that puts the folder on the path.
#[test]
fn django() {
    let venv = venv(
        "django",
        &[
            "django==5.2.8",
            "gunicorn==27.0.1",
            "opentelemetry-distro==0.66b1",
            "opentelemetry-instrumentation-django==0.66b1",
        ],
    );
    for (command, signal) in [
        ("gunicorn -w 1 project.wsgi", Signal::SIGTERM),
        ("python -u manage.py runserver --noreload 0", Signal::SIGINT),
    ] {
        // Django's server announces itself on stdout.
        let shell = format!("exec {command} 1>&2");
        let sink = Sink::start();
        let flags = format!("--exporter_otlp_endpoint {} --host_metrics off", sink.url());
        let mut run = launch(&venv, &flags, "sh -c");
        run.arg(shell)
            .current_dir(file("apps/site"))
            .env("GUNICORN_CMD_ARGS", "--bind 127.0.0.1:0 --no-control-socket");
        let server = Server::start(&mut run);
        assert_eq!(server.get("/hello/ann"), "ann", "{command}");
        server.stop(signal);
        let received = Received::of(&sink.seen());
        let names: Vec<_> = received.spans.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["GET hello/<str:name>"], "{command}");
    }
}

/// Releases of two years ago, without their OTLP exporter, and with metrics under old names.
#[test]
fn releases_of_two_years_ago() {
    let old = venv(
        "old",
        &[
            "fastapi==0.105.0",
            "opentelemetry-distro==0.42b0",
            "opentelemetry-instrumentation-fastapi==0.42b0",
            "setuptools<80",
            "uvicorn==0.24.0",
        ],
    );
    let (sink, server) = start(&old, "uvicorn main:app");
    for name in ["ann", "ben"] {
        server.get(&format!("/hello/{name}"));
    }
    server.stop(Signal::SIGTERM);
    let received = Received::of(&sink.seen());
    assert_eq!(received.server_spans().values().sum::<usize>(), 2);
    assert_eq!(served(&received), 2);
    assert!(received.metrics.contains("http.server.duration"), "{:?}", received.metrics);
}

/// Without OpenTelemetry in the interpreter: the server as ever, and nothing to say.
#[test]
fn http_server() {
    let sink = Sink::start();
    let mut run = launch(
        &super::plain(),
        &format!("--exporter_otlp_endpoint {} --metric_export_interval 300", sink.url()),
        "python -u -m http.server 0 --bind 127.0.0.1",
    );
    let mut process = Process::start(run.current_dir(file("apps")));
    let said = process.until_stdout("Serving HTTP on 127.0.0.1 port ");
    assert!(said.starts_with("Serving"), "{said}");
    drop(sink.wait(|seen| Received::of(seen).own_metrics.contains("process.memory.usage")));
    process.signal(Signal::SIGTERM);
    let finished = process.finish();
    let lines: Vec<_> = finished.stderr.lines().filter(|line| line.starts_with("otel-run:")).collect();
    assert_eq!(lines, [""; 0]);
}
