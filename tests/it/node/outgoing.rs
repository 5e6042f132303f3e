//! Requests that go out: one trace from the caller through us to whom we call.

use super::received::{Kind, only, wait_for};
use super::server::{CALLER, Server, TRACE};
use super::{launch, plain};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;

/// The application calls itself on `/parent`, by the means that the path names.
fn calls(path: &str, method: &str) {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node plain.js"));
    let (status, came) = server.get(path);
    assert_eq!(status, 200, "{came}");
    let spans = wait_for(&sink, 3, |_| true);
    server.stop(Signal::SIGTERM);

    let outer = only(&spans, |span| span.get("url.path") == path);
    let call = only(&spans, |span| span.kind == Kind::Client);
    let inner = only(&spans, |span| span.get("url.path") == "/parent");
    assert_eq!((outer.trace.as_str(), outer.parent.as_str()), (TRACE, CALLER));
    assert_eq!((&call.trace, &call.parent), (&outer.trace, &outer.id));
    assert_eq!((&inner.trace, &inner.parent), (&call.trace, &call.id));
    assert_eq!((call.get("http.request.method"), call.get("http.response.status_code")), (method, "200"));
    let url = call.get("url.full");
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with(&format!("/parent?of={}", &path[1..])),
        "{url}"
    );

    let headers: serde_json::Value = serde_json::from_str(&came).expect("headers");
    assert_eq!(headers["traceparent"], format!("00-{TRACE}-{}-01", call.id));
    assert_eq!((&headers["tracestate"], &headers["baggage"]), (&"a=b".into(), &"user=ann".into()));
}

#[test]
fn fetch() {
    calls("/fetch", "GET");
}

#[test]
fn undici() {
    calls("/undici", "GET");
}

#[test]
fn http_get() {
    calls("/get", "GET");
}

#[test]
fn http_with_a_body_that_waits_for_a_word() {
    calls("/post", "POST");
}

#[test]
fn http_with_a_list_of_headers() {
    calls("/list", "GET");
}

#[test]
fn nobody_there() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node plain.js"));
    assert_eq!(server.get("/nobody"), (200, "nobody".to_owned()));
    let spans = wait_for(&sink, 2, |_| true);
    server.stop(Signal::SIGTERM);
    let call = only(&spans, |span| span.kind == Kind::Client);
    assert_eq!(
        (call.get("http.response.status_code"), call.get("error.type")),
        ("", "ECONNREFUSED"),
        "{call:#?}"
    );
}
