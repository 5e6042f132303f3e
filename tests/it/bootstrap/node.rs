//! The official packages for Node.js by the real npm.

use super::served::spans;
use super::{bootstrap, done, file, finish, within};
use crate::python::server::Server;
use crate::support::process::OTEL_RUN;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};

/// npm takes more than a minute for a hundred packages: the overlay is kept as other environments of
/// tests are, under `target/test-node`.
fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-node").join("bootstrap")
}

#[test]
fn server_and_client_spans_of_the_official_packages() {
    let (home, nowhere) = (home(), Path::new("/nowhere"));
    let dry = done(&mut bootstrap(nowhere, &home, &["--dry-run", "--", "node", "shop.js"]));
    assert!(dry.stdout.contains("@opentelemetry/auto-instrumentations-node"), "{}", dry.stdout);
    let finished = done(&mut bootstrap(nowhere, &home, &["--", "node", "shop.js"]));
    assert!(finished.stdout.contains("/overlay/node/"), "{}", finished.stdout);
    assert!(!file("apps/node_modules").exists() && !file("apps/package.json").exists());

    let said =
        finish(&mut within(nowhere, &home, [OTEL_RUN, "doctor", "--json", "--offline", "node", "shop.js"]))
            .stdout;
    let brought = format!("with the official packages of {}", home.join("overlay/node").display());
    assert!(said.contains(&brought), "{said}");

    let sink = Sink::start();
    let mut run = within(nowhere, &home, [OTEL_RUN, "--exporter_otlp_endpoint", &sink.url()]);
    let server = Server::start(run.args(["node", "shop.js"]));
    assert_eq!(server.get("/outer"), "inner");
    let finished = server.stop(Signal::SIGTERM);
    assert!(!finished.stderr.contains("otel-run"), "{}", finished.stderr);
    let spans = spans(&sink.seen());
    let kinds: Vec<i32> = spans
        .iter()
        .filter(|(scope, ..)| scope == "@opentelemetry/instrumentation-http")
        .map(|(_, kind, _)| *kind)
        .collect();
    assert_eq!(
        (kinds.iter().filter(|kind| **kind == 2).count(), kinds.iter().filter(|kind| **kind == 3).count()),
        (2, 1),
        "{spans:?}"
    );
}
