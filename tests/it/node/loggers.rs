//! Log records: within their request's trace, and what is printed stays as it is.

use super::received::{Log, logs, wait_for};
use super::server::Server;
use super::{bare, launch, launch_with, plain};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;

fn record<'a>(logs: &'a [Log], body: &str) -> &'a Log {
    let found: Vec<&Log> = logs.iter().filter(|log| log.body == body).collect();
    assert_eq!(found.len(), 1, "{body}: {logs:#?}");
    found[0]
}

#[test]
fn pino_winston_bunyan_and_the_console() {
    let printed = |server: Server| {
        assert_eq!(server.get("/"), (200, "said".to_owned()));
        server
    };
    let without_us = printed(Server::start(&mut bare(&plain(), "node loggers.js"))).stop(Signal::SIGTERM);
    let sink = Sink::start();
    let server = printed(Server::start(&mut launch(&plain(), &sink, "node loggers.js")));
    let request = wait_for(&sink, 1, |_| true).remove(0);
    drop(sink.wait(|seen| logs(seen).len() >= 4));
    let with_us = server.stop(Signal::SIGTERM);

    // bunyan prints the time, the host and the process; who is first on stdout is not said.
    let same = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.contains("bunyan") && !line.starts_with("http"));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(same(&with_us.stdout), same(&without_us.stdout));
    assert_eq!(same(&with_us.stderr), same(&without_us.stderr));

    let logs = logs(&sink.seen());
    assert_eq!(logs.len(), 4, "{logs:#?}");
    assert!(logs.iter().all(|log| (&log.trace, &log.span) == (&request.trace, &request.id)), "{logs:#?}");
    let pino = record(&logs, "hello pino");
    assert_eq!((pino.scope.as_str(), pino.severity), ("shop", 13));
    let get = |log: &Log, key: &str| log.attributes.get(key).cloned().unwrap_or_default();
    assert_eq!((get(pino, "order"), get(pino, "secret")), ("7".to_owned(), "[Redacted]".to_owned()));
    assert_eq!(
        (get(pino, "exception.type"), get(pino, "exception.message")),
        ("TypeError".into(), "of pino".into())
    );
    let winston = record(&logs, "hello winston");
    assert_eq!((winston.severity, get(winston, "order")), (17, "8".to_owned()));
    let bunyan = record(&logs, "hello bunyan");
    assert_eq!((bunyan.scope.as_str(), bunyan.severity, get(bunyan, "order")), ("bun", 17, "9".to_owned()));
    assert_eq!(get(bunyan, "exception.message"), "of bunyan");
    assert_eq!(record(&logs, "hello console: order").severity, 17);
}

/// stdout may be the program's output, so it is asked for.
#[test]
fn the_console_as_it_is_asked_for() {
    for (value, expected) in [("all", &["hello console: order", "hello stdout"][..]), ("off", &[])] {
        let sink = Sink::start();
        let server = Server::start(&mut launch_with(
            &format!("--node_console {value}"),
            &plain(),
            &sink,
            "node loggers.js",
        ));
        server.get("/");
        drop(sink.wait(|seen| logs(seen).iter().any(|log| log.body == "hello bunyan")));
        server.stop(Signal::SIGTERM);
        let mut found: Vec<String> =
            logs(&sink.seen()).into_iter().filter(|log| log.scope == "console").map(|log| log.body).collect();
        found.sort();
        assert_eq!(found, expected, "{value}");
    }
}
