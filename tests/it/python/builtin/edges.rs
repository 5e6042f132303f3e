//! Requests that are not the usual ones.

use super::{Run, lean};
use crate::support::process::eventually;
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;

/// FastAPI under a prefix, with middleware that copies scopes.
fn edges() -> Run {
    Run::start(&lean(), "uvicorn edges:app --port PORT --root-path /root")
}

#[test]
fn routes_are_templates_with_all_their_prefixes() {
    let run = edges();
    let expected = [
        ("GET", "/state", "/root/state", "200"),
        ("GET", "/v1/outer/blue/deep/a/x", "/root/v1/outer/{tenant}/deep/{kind}/x", "200"),
        ("GET", "/sub/things/7", "/root/sub/things/{thing}", "200"),
        ("GET", "/shop/1/pear", "/root/shop/{shop}/{item}", "200"),
        ("GET", "/shop/1/in/side", "/root/shop/{shop}/in/side", "200"),
        ("GET", "/post", "/root/post", "405"),
        ("HEAD", "/head", "/root/head", "200"),
        ("GET", "/nowhere", "", "404"),
        ("GET", "/sub/nowhere", "/root/sub/", "404"),
    ];
    for (method, path, ..) in expected {
        let (status, body) = run.ask(method, path, &[]);
        assert!(status != 0 && (method != "HEAD" || body.is_empty()), "{path}: {status}");
    }
    let (_, told) = run.stop(Signal::SIGTERM);
    for (_, path, route, status) in expected {
        assert_eq!(told.path(&format!("/root{path}")).answer(), (route, status), "{path}");
    }
    assert_eq!(told.served().count(), expected.len());
}

#[test]
fn a_span_ends_with_the_answer() {
    let run = edges();
    assert_eq!(run.get("/background").0, 200);
    assert_eq!(run.get("/stream").0, 200);
    assert_eq!(run.get("/late").0, 200);
    let (_, told) = run.stop(Signal::SIGTERM);
    let background = told.path("/root/background");
    assert!(background.seconds < 1.0, "{}", background.seconds);
    assert_eq!(told.log("in the background").span, background.id, "what follows belongs to it");
    let stream = told.path("/root/stream");
    assert!(stream.seconds >= 0.3, "{}", stream.seconds);
    let late = told.path("/root/late");
    assert_eq!((late.answer().1, late.get("error.type")), ("200", "KeyError"));
    assert_eq!(late.exceptions.len(), 1);
}

#[test]
fn a_client_that_goes_away() {
    let run = edges();
    let mut stream = TcpStream::connect(&run.address).expect("the server");
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").expect("a request");
    let mut some = [0; 2000];
    stream.read_exact(&mut some).expect("an answer");
    drop(stream);
    // The server notices, and stops the application.
    let told = run.until(|told| told.served().count() == 1);
    assert_eq!(told.path("/root/endless").answer(), ("/root/endless", "200"));
    assert!(told.path("/root/endless").exceptions.is_empty());
    drop(run.stop(Signal::SIGTERM));
}

#[test]
fn a_body_that_waits_for_permission() {
    let run = edges();
    let mut stream = TcpStream::connect(&run.address).expect("the server");
    let head = "POST /post HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a request");
    let mut permission = [0; 21];
    stream.read_exact(&mut permission).expect("100 Continue");
    assert!(permission.starts_with(b"HTTP/1.1 100 "), "{permission:?}");
    stream.write_all(b"{}").expect("a body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.path("/root/post").answer(), ("/root/post", "200"), "{answer}");
}

/// A context goes where Python takes it, and nowhere else.
#[test]
fn loops_threads_and_tasks() {
    let run = edges();
    for path in ["/nested", "/executor", "/forgotten"] {
        assert_eq!(run.get(path).0, 200, "{path}");
    }
    let (finished, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.log("in a loop of its own").span, told.path("/root/nested").id);
    assert_eq!(told.log("in an executor").span, "", "executors take no context along");
    let events: Vec<_> = told.logs.iter().filter(|log| log.event == "exception").collect();
    assert_eq!(events.len(), 1, "once, not by asyncio's log, too: {events:#?}");
    assert_eq!(events[0].attributes["exception.message"], "nobody looks");
    assert_eq!(events[0].severity.0, 17);
    assert!(finished.stderr.contains("nobody looks") || !finished.stderr.contains("Traceback"));
}

/// An application that calls itself without a server in between is not a second server.
#[test]
fn requests_that_no_server_received() {
    let run = edges();
    assert_eq!(run.get("/client"), (200, "404".to_owned()));
    let (_, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.served().map(|span| span.get("url.path")).collect::<Vec<_>>(), ["/root/client"]);
}

#[test]
fn websockets() {
    let run = edges();
    let opening = |room: &str| {
        run.ask(
            "GET",
            &format!("/chat/{room}"),
            &[
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ],
        )
    };
    // The server ends the connection after its closing frame.
    assert_eq!(opening("open").0, 101);
    assert_eq!(opening("closed").0, 403);
    eventually("both", || {
        let told = super::told::Told::of(&run.sink.seen());
        (told.served().count() == 2).then_some(())
    });
    let (_, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.path("/root/chat/open").answer(), ("/root/chat/{room}", ""));
    assert_eq!(told.path("/root/chat/closed").answer(), ("/root/chat/{room}", "403"));
}

#[test]
fn parents_that_cannot_be() {
    let run = edges();
    let parents = [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "\u{7f}",
    ];
    for parent in parents {
        assert_eq!(run.ask("GET", "/state", &[("traceparent", parent)]).0, 200);
    }
    let valid = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more";
    let long = format!("a={}", "x".repeat(600));
    run.ask("GET", "/state", &[("traceparent", valid), ("tracestate", &long)]);
    let (_, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.served().count(), parents.len() + 1);
    assert_eq!(told.served().filter(|span| span.parent.is_empty()).count(), parents.len());
    let child = told.served().find(|span| !span.parent.is_empty()).expect("of a future version");
    assert_eq!((child.parent.as_str(), child.state.as_str()), ("b7ad6b7169203331", ""));
}

/// The application has an SDK of its own, and FastAPI traces with it: that is enough.
#[test]
fn an_sdk_that_the_application_sets_up() {
    let run = Run::with(&super::super::web(), "uvicorn own_sdk:app --port PORT", |command| {
        command.env("OTEL_RUN_SHIM", "builtin");
    });
    assert_eq!(run.get("/hello/ann").0, 200);
    let (finished, told) = run.stop(Signal::SIGTERM);
    let theirs: Vec<_> = finished.stdout.lines().filter_map(|line| line.strip_prefix("span ")).collect();
    assert_eq!(theirs.len(), 1, "{}", finished.stdout);
    assert_eq!(told.served().count(), 0, "{:#?}", told.spans);
    let log = told.log("hello ann");
    assert_eq!(theirs[0].split(' ').next(), Some(log.trace.as_str()), "records belong to their trace");
}
