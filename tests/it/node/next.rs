//! Next.js: an application with both of its routers, built once and served in both ways.

use super::received::{Kind, Span, logs, only, wait_for};
use super::server::{CALLER, Server, TRACE};
use super::{bare, launch};
use crate::support::node_packages;
use crate::support::process::Process;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

static APPLICATION: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = node_packages("next", &["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/node/next"), &folder);
    let complete = folder.join("built");
    if !complete.exists() {
        let mut build = bare(&folder, "node node_modules/next/dist/bin/next build");
        let built = Process::start(build.env("NEXT_TELEMETRY_DISABLED", "1"));
        let built = built.finish_within(Duration::from_secs(300));
        assert!(built.status.success(), "{built:?}");
        File::create(complete).expect("the mark of completeness");
    }
    folder
});

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

fn serves(command: &str) {
    let sink = Sink::start();
    let port = crate::support::free_port();
    let mut run = launch(&APPLICATION, &sink, &command.replace("{port}", &port.to_string()));
    run.env("PORT", port.to_string()).env("HOSTNAME", "127.0.0.1").env("NEXT_TELEMETRY_DISABLED", "1");
    let server = Server::on(&mut run, port);
    let expected = [
        ("/items/7", 200, "/items/[id]"),
        ("/items/boom", 500, "/items/[id]"),
        ("/api/things/3", 200, "/api/things/[thing]"),
        ("/old/x", 200, "/old/[slug]"),
        ("/api/hello", 200, "/api/hello"),
        ("/nowhere", 404, ""),
    ];
    for (path, status, _) in expected {
        assert_eq!(server.get(path).0, status, "{path}");
    }
    let is_server = |span: &Span| span.kind == Kind::Server;
    let spans = wait_for(&sink, expected.len(), is_server);
    drop(sink.wait(|seen| logs(seen).iter().any(|log| log.attributes.contains_key("exception.type"))));
    server.stop(Signal::SIGTERM);
    assert_eq!(spans.len(), expected.len(), "{spans:#?}");
    for (path, status, route) in expected {
        let span = only(&spans, |span| span.get("url.path") == path);
        assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, CALLER));
        assert_eq!(
            (span.get("http.route"), span.get("http.response.status_code")),
            (route, status.to_string().as_str()),
            "{path}"
        );
        assert_eq!(span.name, format!("GET {route}").trim_end());
    }
    // Next prints the error that its page raised.
    let logs = logs(&sink.seen());
    let raised = logs.iter().find(|log| log.attributes.contains_key("exception.type")).expect("the error");
    assert_eq!(
        (raised.attributes["exception.type"].as_str(), raised.trace.as_str()),
        ("RangeError", TRACE),
        "{raised:#?}"
    );
}

#[test]
fn next_start() {
    serves("node node_modules/.bin/next start --port {port} --hostname 127.0.0.1");
}

#[test]
fn standalone() {
    serves("node .next/standalone/server.js");
}
