//! Live Metrics of a server of several processes: one view of all of them.

use super::server::Server;
use super::{launch, web};
use crate::support::recorder::{Portal, Recorder};
use nix::sys::signal::Signal;

const REQUESTS: &str = r"\ApplicationInsights\Request Duration";

#[test]
fn gunicorn_that_forks_is_seen_whole() {
    let recorder = Recorder::start();
    let portal = Portal::at(&recorder);
    portal.watch(None);
    let flags =
        format!("--connection_string {} --service_name shop --live_metrics on", recorder.connection_string());
    let server = Server::start(
        launch(&web(), &flags, "gunicorn -w 2 --preload shop:app")
            .env("GUNICORN_CMD_ARGS", "--bind 127.0.0.1:0 --no-control-socket"),
    );
    drop(portal.wait(|seen| !seen.points.is_empty()));
    let (pids, asked) = server.pids(2);
    assert_eq!(pids.len(), 2);
    for round in 0..10 {
        server.get(&format!("/hello/{round}"));
    }
    let wanted = (asked + 10) as f64;
    drop(portal.wait(|seen| seen.weight(REQUESTS) >= wanted));
    let finished = server.stop(Signal::SIGTERM);
    assert!(!finished.stderr.contains("Traceback"), "{}", finished.stderr);
    let seen = portal.seen();
    assert_eq!((seen.weight(REQUESTS), &seen.faults), (wanted, &Vec::new()));
    let streams: std::collections::BTreeSet<_> =
        seen.points.iter().map(|(_, point)| point["StreamId"].as_str()).collect();
    assert_eq!(streams.len(), 1, "one view");
    // The arbiter and two workers.
    assert!(
        seen.values(r"\Process\Physical Bytes").iter().any(|bytes| *bytes > 60e6),
        "{:?}",
        seen.values(r"\Process\Physical Bytes")
    );
}
