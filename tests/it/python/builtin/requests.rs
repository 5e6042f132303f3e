//! What is told of a request: the span, its parent, log records, exceptions.

use super::{Run, lean};
use nix::sys::signal::Signal;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn check(run: Run, library: &str, route: &str) {
    let headers = [
        ("traceparent", PARENT),
        ("tracestate", "vendor=1,other=2"),
        ("baggage", "tenant=blue"),
        ("user-agent", "browser/1"),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    assert_eq!(run.ask("GET", "/hello/ann?q=%C3%A4", &headers).0, 200);
    assert_eq!(run.get("/boom").0, 500);
    assert_eq!(run.get("/gr%C3%BC%C3%9Fe").0, 404);
    // While it runs, without waiting for its end.
    drop(run.until(|told| told.served().count() == 3));
    let (finished, told) = run.stop(Signal::SIGTERM);

    let hello = told.path("/hello/ann");
    assert_eq!(hello.answer(), (route, "200"), "{library}");
    assert_eq!((hello.trace.as_str(), hello.parent.as_str()), (&PARENT[3..35], &PARENT[36..52]));
    assert_eq!((hello.state.as_str(), hello.flags), ("vendor=1,other=2", 0x301));
    assert_eq!(hello.get("http.request.method"), "GET");
    assert_eq!(hello.get("url.query"), "q=%C3%A4");
    assert_eq!(hello.get("url.scheme"), "http");
    assert_eq!(hello.get("network.protocol.version"), "1.1");
    assert_eq!(hello.get("network.peer.address"), "127.0.0.1");
    assert!(hello.get("network.peer.port").parse::<u16>().is_ok());
    assert_eq!(hello.get("user_agent.original"), "browser/1");
    assert!(hello.seconds > 0.0 && hello.seconds < 20.0);
    assert_eq!(hello.resource["service.name"], "shop");
    assert_eq!(hello.resource["telemetry.sdk.name"], "otel-run");

    let log = told.log("hello ann");
    assert_eq!((&log.trace, &log.span), (&hello.trace, &hello.id));
    assert_eq!((log.scope.as_str(), log.severity.clone()), ("shop", (13, "WARN".to_owned())));
    assert_eq!(log.attributes["code.function.name"], "hello");
    assert_eq!(log.attributes["size"], "3");
    assert!(finished.stderr.contains("hello ann\n"), "{}", finished.stderr);

    let boom = told.path("/boom");
    assert_eq!(boom.answer(), ("/boom", "500"));
    assert_eq!((boom.parent.as_str(), boom.flags), ("", 0x101));
    assert_ne!(boom.trace, hello.trace);
    let failure = told
        .logs
        .iter()
        .find(|log| log.attributes.get("exception.type").is_some_and(|kind| kind == "ValueError"));
    let failure = failure.expect("the exception in the log");
    assert_eq!(failure.attributes["exception.message"], "out of stock");
    assert!(failure.attributes["exception.stacktrace"].contains("in boom"));
    assert_eq!(failure.trace, boom.trace, "also what the server logs of it: {library}");
    assert_eq!(told.path("/grüße").answer(), ("", "404"));
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);
}

#[test]
fn fastapi_on_uvicorn() {
    let run = Run::start(&lean(), "uvicorn lean_fastapi:app --port PORT");
    check(run, "fastapi", "/hello/{name}");
}

#[test]
fn flask_on_gunicorn() {
    let run = Run::start(&lean(), "gunicorn --no-control-socket -b 127.0.0.1:PORT lean_flask:app");
    check(run, "flask", "/hello/<name>");
}

/// An exception that comes out of the application is an event of the span, too.
#[test]
fn exceptions_that_come_out() {
    let run = Run::start(&lean(), "uvicorn lean_fastapi:app --port PORT");
    assert_eq!(run.get("/boom").0, 500);
    let (_, told) = run.stop(Signal::SIGTERM);
    let span = told.path("/boom");
    assert_eq!(span.exceptions.len(), 1);
    assert_eq!(span.exceptions[0]["exception.type"], "ValueError");
    assert!(span.exceptions[0]["exception.stacktrace"].contains("out of stock"));
}

/// Nobody wants anything of the kind: then there is nothing of the kind.
#[test]
fn what_is_switched_off() {
    let run = Run::with(&lean(), "uvicorn lean_fastapi:app --port PORT", |command| {
        command.env("OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION", "false");
        command.env("OTEL_PYTHON_FASTAPI_EXCLUDED_URLS", "bo+m,healthz");
    });
    run.get("/boom");
    run.get("/hello/ann");
    let (_, told) = run.stop(Signal::SIGTERM);
    assert_eq!(told.served().map(|span| span.get("url.path")).collect::<Vec<_>>(), ["/hello/ann"]);
    assert!(told.logs.is_empty(), "{:?}", told.logs);
}

/// The flag that is not set goes along: such spans are for the metrics alone, or for nobody.
#[test]
fn a_parent_that_is_not_sampled() {
    let run = Run::start(&lean(), "uvicorn lean_fastapi:app --port PORT");
    run.ask("GET", "/hello/ann", &[("traceparent", &PARENT.replace("-01", "-00"))]);
    let (_, told) = run.stop(Signal::SIGTERM);
    assert!(told.served().all(|span| span.flags & 1 == 0));
    assert_eq!(told.log("hello ann").trace, &PARENT[3..35]);
}
