//! What must come of the four requests of a run.

use super::run::{Caller, Run};
use super::table::{Framework, Server};
use super::telemetry::{CLIENT, ERROR, SERVER, Span};

/// Everything that is wrong.
pub(super) fn all(framework: &Framework, server: &Server, run: &Run) -> Vec<String> {
    let mut wrong = Wrong::default();
    let spans = run.telemetry.of_kind(SERVER);
    wrong.unless(spans.len() == 4, || format!("{} spans for four requests", spans.len()));
    for number in [1, 2] {
        item(framework, run, number, &mut wrong);
    }
    failure(framework, run, &mut wrong);
    missing(run, &mut wrong);
    counted(framework, run, &mut wrong);
    wrong.unless(run.finished.status == run.bare, || {
        format!("ended with {}, and without us with {}", run.finished.status, run.bare)
    });
    let said: Vec<_> = run.finished.stderr.lines().filter(|line| line.starts_with("otel-run:")).collect();
    wrong.unless(said.is_empty(), || format!("said {said:?}"));
    if !wrong.0.is_empty() {
        wrong
            .0
            .push(format!("{} {spans:#?}\n{:#?}\n{}", server.name, run.telemetry.logs, run.finished.stderr));
    }
    wrong.0
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, right: bool, otherwise: impl FnOnce() -> String) {
        if !right {
            self.0.push(otherwise());
        }
    }

    fn expect(&mut self, what: &str, found: Option<&str>, wanted: Option<&str>) {
        self.unless(found == wanted, || format!("{what} is {found:?} instead of {wanted:?}"));
    }

    /// The one span of a request.
    fn only<'a>(&mut self, run: &'a Run, path: &str) -> Option<&'a Span> {
        let spans = run.telemetry.of_kind(SERVER).into_iter();
        let found: Vec<_> = spans.filter(|span| span.get("url.path") == Some(path)).collect();
        self.unless(found.len() == 1, || format!("{} spans of {path}", found.len()));
        found.first().copied()
    }
}

/// A request that succeeds: named after its route, in the caller's trace, with what was done for it.
fn item(framework: &Framework, run: &Run, number: u8, wrong: &mut Wrong) {
    let path = format!("/items/{number}");
    let caller = Caller::of(number);
    let answer = run.answers[usize::from(number) - 1];
    wrong.unless(answer == Some(200), || format!("{path} is answered with {answer:?}"));
    let Some(span) = wrong.only(run, &path) else { return };
    let name = framework.route.map_or_else(|| "GET".to_owned(), |route| format!("GET {route}"));
    wrong.expect("the name", Some(&span.name), Some(&name));
    wrong.expect("http.route", span.get("http.route"), framework.route);
    wrong.expect("the trace", Some(&span.trace), Some(&caller.trace));
    wrong.expect("the parent", Some(&span.parent), Some(caller.span));
    wrong.expect("the status", Some(&span.status.to_string()), Some("0"));
    for (attribute, value) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("server.port", "8080"),
        ("client.address", "127.0.0.1"),
        ("user_agent.original", "test"),
    ] {
        wrong.expect(attribute, span.get(attribute), Some(value));
    }
    wrong.unless(span.attributes.keys().all(|name| !name.starts_with("otel_run.")), || {
        format!("raw attributes are left: {:?}", span.attributes)
    });
    wrong.expect("service.name", span.resource.get("service.name").map(String::as_str), Some("shop"));

    let body = format!("item {number}");
    let logs: Vec<_> = run.telemetry.logs.iter().filter(|log| log.body == body).collect();
    wrong.unless(logs.len() == 1, || format!("{} log records {body:?}", logs.len()));
    for log in logs {
        wrong.expect("the log record's trace", Some(&log.trace), Some(&span.trace));
        wrong.expect("the log record's span", Some(&log.span), Some(&span.id));
        wrong.expect("the logger", Some(&log.scope), Some("shop"));
    }
    done_for(span, run, wrong);
}

/// The query and the call of the other service.
fn done_for(span: &Span, run: &Run, wrong: &mut Wrong) {
    let children = run.telemetry.spans.iter().filter(|child| child.kind == CLIENT && child.parent == span.id);
    let (queries, calls): (Vec<_>, Vec<_>) =
        children.partition(|child| child.attributes.contains_key("db.system.name"));
    wrong.unless(queries.len() == 1, || format!("{} queries: {queries:?}", queries.len()));
    for query in queries {
        wrong.expect("db.system.name", query.get("db.system.name"), Some("sqlite"));
        wrong.expect("the query's trace", Some(&query.trace), Some(&span.trace));
    }
    wrong.unless(calls.len() == 1, || format!("{} calls: {calls:?}", calls.len()));
    for call in calls {
        wrong.expect("the call", Some(&call.name), Some("GET"));
        wrong.expect("the call's status", call.get("http.response.status_code"), Some("200"));
        wrong.expect("the call's trace", Some(&call.trace), Some(&span.trace));
        let sent = format!("00-{}-{}-", call.trace, call.id);
        wrong.unless(
            run.called.iter().filter(|traceparent| traceparent.starts_with(&sent)).count() == 1,
            || format!("{sent} was not sent, but {:?}", run.called),
        );
    }
}

/// A request that raises. What the client sees is between framework and server, and stays so.
fn failure(framework: &Framework, run: &Run, wrong: &mut Wrong) {
    let Some(span) = wrong.only(run, "/fail") else { return };
    let name = framework.route.map_or("GET", |_| "GET /fail");
    wrong.expect("the failure's name", Some(&span.name), Some(name));
    wrong.expect("the failure's status", Some(&span.status.to_string()), Some(&ERROR.to_string()));
    wrong.expect("error.type", span.get("error.type"), Some("RuntimeError"));
    wrong.expect("the failure's parent", Some(&span.parent), Some(""));
    let status = run.answers[2].map(|status| status.to_string());
    wrong.unless(status.as_deref().is_none_or(|status| status == "500"), || format!("/fail: {status:?}"));
    // A server that answers for an application that has raised is not seen doing so.
    let seen = span.get("http.response.status_code");
    wrong.unless(seen.is_none() || seen == status.as_deref(), || format!("{seen:?} was seen of {status:?}"));
    let exceptions = &span.exceptions;
    wrong.unless(exceptions.len() == 1, || format!("{} exceptions on the span", exceptions.len()));
    for exception in exceptions {
        let get = |name: &str| exception.get(name).map(String::as_str);
        wrong.expect("exception.type", get("exception.type"), Some("RuntimeError"));
        wrong.expect("exception.message", get("exception.message"), Some("nobody catches this"));
        let stack = get("exception.stacktrace").unwrap_or_default();
        wrong.unless(stack.contains("in fail"), || format!("the stack is {stack:?}"));
    }
}

/// A path that nobody knows must not become a name: there are as many as somebody likes to ask for.
fn missing(run: &Run, wrong: &mut Wrong) {
    let Some(span) = wrong.only(run, "/missing") else { return };
    wrong.unless(run.answers[3] == Some(404), || format!("/missing: {:?}", run.answers[3]));
    wrong.expect("the status code", span.get("http.response.status_code"), Some("404"));
    wrong.expect("the name of what is missing", Some(&span.name), Some("GET"));
    wrong.expect("the route of what is missing", span.get("http.route"), None);
    wrong.expect("the status of what is missing", Some(&span.status.to_string()), Some("0"));
}

/// Every request is in the server's metric, under its route.
fn counted(framework: &Framework, run: &Run, wrong: &mut Wrong) {
    let points = run.telemetry.points.iter().filter(|point| point.metric == "http.server.request.duration");
    let (items, others): (Vec<_>, Vec<_>) = points.partition(|point| {
        point.attributes.get("http.response.status_code").is_some_and(|code| code == "200")
    });
    let total = |points: &[&super::telemetry::Point]| points.iter().map(|point| point.count).max();
    wrong.unless(total(&items) == Some(2), || format!("not two requests were counted as 200: {items:?}"));
    wrong.unless(!others.is_empty(), || "the others were not counted".to_owned());
    for point in items {
        wrong.expect(
            "http.route of the metric",
            point.attributes.get("http.route").map(String::as_str),
            framework.route,
        );
    }
}
