//! Libraries of logging beside Python's own, under the built-in shim.

use super::received::Received;
use super::{file, launch, venv};
use crate::support::process::Process;
use crate::support::sink::Sink;

#[test]
fn each_record_of_loguru_once() {
    let sink = Sink::start();
    let command = format!("python {}/loguru_logs.py", file("apps").display());
    let flags = format!("--shim builtin --service_name app --exporter_otlp_endpoint {}", sink.url());
    let venv = venv("loguru", &["loguru==0.7.3"]);
    let finished = Process::start(&mut launch(&venv, &flags, &command)).finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let received = Received::of(&sink.seen());
    // Those of one logger come together.
    let mut bodies: Vec<_> = received.logs.iter().map(|log| log.body.as_str()).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["failed", "from logging", "plain 1", "to logging", "two handlers"]);
}
