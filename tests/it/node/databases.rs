//! Calls to databases, on real servers.

use super::received::{Kind, Span, wait_for};
use super::server::{Server, TRACE};
use super::{launch, plain};
use crate::support::servers::{mariadb, postgresql, redis};
use crate::support::sink::Sink;
use nix::sys::signal::Signal;

/// The spans of one request to the application, in the order of their start.
fn calls(path: &str, port: (&str, u16), answer: &str, count: usize) -> Vec<Span> {
    let sink = Sink::start();
    let mut run = launch(&plain(), &sink, "node databases.js");
    let server = Server::start(run.env(port.0, port.1.to_string()).env("PG_USER", "app"));
    assert_eq!(server.get(path), (200, answer.to_owned()));
    let is_call = |span: &Span| span.kind == Kind::Client && span.trace == TRACE;
    let spans = wait_for(&sink, count, is_call);
    server.stop(Signal::SIGTERM);
    assert_eq!(spans.len(), count, "{spans:#?}");
    for span in &spans {
        assert_eq!(
            (span.get("server.address"), span.get("server.port")),
            ("127.0.0.1", port.1.to_string().as_str())
        );
    }
    spans
}

fn of<'a>(spans: &'a [Span], key: &str) -> Vec<&'a str> {
    spans.iter().map(|span| span.get(key)).collect()
}

#[test]
fn postgresql_with_pg() {
    let Some(server) = postgresql() else { return };
    let spans = calls("/postgres", ("PG_PORT", server.port), r#"[3,7,"42P01"]"#, 3);
    assert_eq!(of(&spans, "db.system.name"), ["postgresql"; 3]);
    assert_eq!(of(&spans, "db.namespace"), ["postgres"; 3]);
    assert!(spans[2].get("db.query.text").contains("nowhere"), "{spans:#?}");
    assert_eq!(of(&spans, "db.response.status_code"), ["", "", "42P01"]);
}

#[test]
fn mariadb_with_mysql2() {
    let Some(server) = mariadb() else { return };
    let spans = calls("/mysql", ("MYSQL_PORT", server.port), r#"[3,4,"ER_NO_SUCH_TABLE"]"#, 3);
    assert_eq!(of(&spans, "db.system.name"), ["mysql"; 3]);
    assert_eq!(of(&spans, "error.type"), ["", "", "ER_NO_SUCH_TABLE"]);
}

#[test]
fn redis_with_both_clients() {
    let Some(server) = redis() else { return };
    let port = ("REDIS_PORT", server.port);
    let spans = calls("/redis", port, r#"["1","WRONGTYPE"]"#, 4);
    let mut names = of(&spans, "db.operation.name");
    names.sort_unstable();
    assert_eq!(names, ["GET", "HSET", "INCR", "SET"]);
    let spans = calls("/ioredis", port, r#"["1","WRONGTYPE"]"#, 2);
    assert_eq!(of(&spans, "db.operation.name"), ["GET", "INCR"]);
    assert_eq!(of(&spans, "error.type"), ["", "ReplyError"]);
}

/// There is no MongoDB to be installed from Debian: the application has a stand-in for it.
#[test]
fn mongodb() {
    let sink = Sink::start();
    let server = Server::start(&mut launch(&plain(), &sink, "node mongodb.js"));
    let (_, answer) = server.get("/");
    let port = answer.trim_start_matches('[').split(',').next().expect("a port").to_owned();
    // The driver tells its own listeners of no more than it did without us, and nobody waits for signals.
    assert_eq!(answer, format!(r#"[{port},2,true,"Unauthorized",2,0,false,0]"#));
    let spans = wait_for(&sink, 6, |span| span.kind == Kind::Client);
    server.stop(Signal::SIGTERM);
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let both = |a, b| names[4..] == [a, b] || names[4..] == [b, a];
    assert_eq!(names[..4], ["find items", "getMore items", "insert items", "drop items"]);
    assert!(both("update items", "delete items"), "{names:?}");
    for span in &spans {
        assert_eq!((span.trace.as_str(), span.get("db.system.name")), (TRACE, "mongodb"));
        assert_eq!((span.get("db.namespace"), span.get("db.collection.name")), ("shop", "items"));
        assert_eq!((span.get("server.address"), span.get("server.port")), ("127.0.0.1", port.as_str()));
        assert!(span.attributes.values().all(|value| !value.contains("secret")), "{span:#?}");
    }
    assert_eq!(of(&spans[2..4], "db.response.status_code"), ["", "13"]);
    assert_eq!(of(&spans[2..4], "error.type"), ["", "MongoServerError"]);
}
