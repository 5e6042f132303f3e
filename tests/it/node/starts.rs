//! Ways to start Node, and who is left alone.

use super::received::{Kind, logs, only, spans, wait_for};
use super::server::Server;
use super::{bare, launch, launch_with, plain};
use crate::support::process::Process;
use crate::support::sink::Sink;
use nix::sys::signal::Signal;
use std::collections::BTreeSet;

#[test]
fn an_ecmascript_module() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node module.mjs"));
    assert_eq!(server.get("/api/items/7").0, 200);
    let spans = wait_for(&sink, 3, |_| true);
    server.stop(Signal::SIGTERM);
    let outer = only(&spans, |span| span.get("http.route") == "/api/items/:id");
    let call = only(&spans, |span| span.kind == Kind::Client);
    let inner = only(&spans, |span| span.get("http.route") == "/parent");
    assert_eq!((&call.parent, &inner.parent), (&outer.id, &call.id));
}

#[test]
fn a_server_in_a_thread() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node threads.js"));
    server.get("/");
    let spans = wait_for(&sink, 1, |_| true);
    assert!(spans[0].resource.contains_key("thread.id"), "{spans:#?}");
    server.stop(Signal::SIGTERM);
}

#[test]
fn a_cluster_of_processes() {
    let sink = Sink::start();
    let mut run = launch(&plain(), &sink, "node cluster.js");
    let server = Server::start(run.env("PORT", "0"));
    let mut pids = BTreeSet::new();
    // Connections go to the workers in turn.
    crate::support::process::eventually("an answer of each worker", || {
        pids.insert(server.get("/").1);
        (pids.len() == 2).then_some(())
    });
    drop(sink.wait(|seen| reported(&spans(seen)) == pids));
    let instances: BTreeSet<_> =
        spans(&sink.seen()).iter().map(|span| span.resource["service.instance.id"].clone()).collect();
    assert_eq!(instances.len(), 2);
    server.stop(Signal::SIGTERM);
}

fn reported(spans: &[super::received::Span]) -> BTreeSet<String> {
    spans.iter().map(|span| span.resource["process.pid"].clone()).collect()
}

/// npm is a Node itself, and its child is the program.
#[test]
fn npm_start() {
    let sink = Sink::start();
    let folder = tempfile::tempdir_in(plain()).expect("a folder");
    let manifest = r#"{"name": "of-npm", "scripts": {"start": "node ../plain.js"}}"#;
    std::fs::write(folder.path().join("package.json"), manifest).expect("a manifest");
    let server = Server::start(&mut launch(folder.path(), &sink, "npm start"));
    assert_eq!(server.get("/fetch").0, 200);
    let spans = wait_for(&sink, 3, |_| true);
    assert_eq!(reported(&spans).len(), 1);
    assert_eq!(spans[0].resource["service.name"], "of-npm");
    server.stop(Signal::SIGTERM);
}

/// What a program sees of its interpreter is what it sees without us.
#[test]
fn nothing_is_to_be_seen() {
    let sink = Sink::start();
    for command in ["node seen.js a b", "node --no-warnings seen.js"] {
        let without_us = Process::start(&mut bare(&plain(), command)).finish();
        let with_us = Process::start(&mut launch(&plain(), &sink, command)).finish();
        assert_eq!(with_us.stdout, without_us.stdout, "{command}");
        assert_eq!(with_us.stderr, "", "{command}");
    }
}

/// Tools within the tree: what they say is nobody's business.
#[test]
fn tools_are_left_alone() {
    let sink = Sink::start();
    let folder = tempfile::tempdir().expect("a folder");
    for script in
        ["node_modules/.bin/eslint", "node_modules/tsx/dist/cli.mjs", "node_modules/pm2/lib/Daemon.js"]
    {
        let path = folder.path().join(script);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, "console.error('from a tool')").expect("a script");
        let finished =
            Process::start(&mut launch(folder.path(), &sink, &format!("env node {script}"))).finish();
        assert_eq!(finished.stderr, "from a tool\n", "{script}");
        assert_eq!(logs(&sink.seen()).len(), 0, "{script}");
    }
    let script = folder.path().join("node_modules/pm2/lib/ProcessContainerFork.js");
    std::fs::write(&script, "console.error('the program in it')").expect("a script");
    Process::start(&mut launch(folder.path(), &sink, &format!("env node {}", script.display()))).finish();
    assert_eq!(logs(&sink.seen()).len(), 1);
}

#[test]
fn what_the_user_skips_or_chooses() {
    for (flags, count) in
        [("--skip pla*", 0), ("--skip plain.js", 0), ("--only other*", 0), ("--only plain.js,sh", 3)]
    {
        let sink = Sink::start();
        let mut run = launch_with(flags, &plain(), &sink, "sh -c");
        let server = Server::start(run.arg("node plain.js; exit 5"));
        server.get("/fetch");
        assert_eq!(server.get("/exit").0, 200);
        assert_eq!(server.process.finish().status.code(), Some(5), "{flags}");
        // With `--only`, what is asked for comes: three spans of the call, and that of the end.
        let arrived = spans(&sink.seen());
        let calls = arrived.iter().filter(|span| span.get("url.path") != "/exit").count();
        assert_eq!(calls, count, "{flags}: {arrived:#?}");
    }
}

/// The program's own options come after ours.
#[test]
fn options_of_the_user() {
    let sink = Sink::start();
    let mut run = launch(&plain(), &sink, "node plain.js");
    let server =
        Server::start(run.env("NODE_OPTIONS", "--require ./announce.js --max-http-header-size=20000"));
    server.get("/");
    assert_eq!(wait_for(&sink, 1, |_| true).len(), 1);
    server.stop(Signal::SIGTERM);
}

/// A file that not everybody could read would keep a Node of another user from starting.
#[test]
fn a_place_that_others_cannot_enter() {
    use std::os::unix::fs::PermissionsExt;
    if !nix::unistd::geteuid().is_root() {
        return crate::support::skip("root, to become another user");
    }
    let closed = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(closed.path(), PermissionsExt::from_mode(0o700)).expect("permissions");
    let sink = Sink::start();
    let line = "setpriv --reuid 65534 --clear-groups node -p 1+1";
    let finished = Process::start(launch(&plain(), &sink, line).env("OTEL_RUN_HOME", closed.path())).finish();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("2\n", ""));
}
