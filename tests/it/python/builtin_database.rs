//! The built-in shim where the program asks databases: real servers, each driver, and the libraries
//! that stand on them.

use super::builtin_client::run;
use super::spans::{CLIENT, Span};
use crate::support::servers::{DatabaseServer, mariadb, postgresql, redis};

/// The first word of each statement, and what went wrong with it.
fn statements(spans: &[Span]) -> Vec<(String, &str)> {
    let first = |span: &Span| {
        span.get("db.query.text").split_whitespace().next().unwrap_or_default().to_ascii_lowercase()
    };
    spans.iter().map(|span| (first(span), span.outcome())).collect()
}

fn check(spans: &[Span], scope: &str, system: &str, expected: &str) {
    let seen: Vec<_> = statements(spans).into_iter().map(|(word, _)| word).collect();
    assert_eq!(seen.join(" "), expected, "{scope}");
    for span in spans {
        assert_eq!((span.kind, span.scope.as_str()), (CLIENT, scope), "{span:?}");
        assert_eq!(span.get("db.system.name"), system, "{span:?}");
    }
}

fn check_server(spans: &[Span], server: &DatabaseServer, namespace: &str) {
    for span in spans {
        assert_eq!(span.get("server.port"), server.port.to_string(), "{span:?}");
        assert!(matches!(span.get("server.address"), "127.0.0.1" | "localhost"), "{span:?}");
        assert_eq!(span.get("db.namespace"), namespace, "{span:?}");
    }
}

/// The one statement that failed.
fn failed(spans: &[Span]) -> Vec<(&str, &str)> {
    let failed = spans.iter().filter(|span| !span.outcome().is_empty());
    failed.map(|span| (span.outcome(), span.get("db.response.status_code"))).collect()
}

#[test]
fn sqlite3() {
    let (_, spans) = run("sql_clients.py sqlite3");
    // What a connection without a class of ours executes is not seen, and works.
    check(&spans, "otel_run.sqlite3", "sqlite", "create insert select select select select select");
    assert_eq!(failed(&spans), [("sqlite3.OperationalError", "SQLITE_ERROR")]);
    assert!(spans.iter().all(|span| span.get("db.namespace") == ":memory:"));
}

#[test]
fn aiosqlite_stays_in_the_callers_trace() {
    let (_, spans) = run("sql_clients.py aiosqlite");
    check(&spans, "otel_run.sqlite3", "sqlite", "select");
}

#[test]
fn sqlalchemy_has_one_span_for_each_statement() {
    let (_, spans) = run("sql_clients.py sqlalchemy");
    check(&spans, "otel_run.sqlite3", "sqlite", "pragma create insert select");
}

#[test]
fn django() {
    let (_, spans) = run("sql_clients.py django");
    let selects = statements(&spans).into_iter().filter(|(word, _)| word == "select").count();
    assert!(selects >= 1 && spans.iter().all(|span| span.scope == "otel_run.sqlite3"), "{spans:?}");
    assert_eq!(failed(&spans), []);
}

#[test]
fn drivers_of_postgresql() {
    let Some(server) = postgresql() else { return };
    let port = server.port;

    let (_, spans) = run(&format!("sql_clients.py psycopg2 {port}"));
    check(&spans, "otel_run.psycopg2", "postgresql", "create insert insert select copy select select select");
    check_server(&spans, &server, "postgres");
    assert_eq!(failed(&spans), [("psycopg2.errors.UndefinedTable", "42P01")]);

    let (_, spans) = run(&format!("sql_clients.py psycopg {port}"));
    check(
        &spans,
        "otel_run.psycopg",
        "postgresql",
        "select create insert copy select select select select copy select select",
    );
    check_server(&spans, &server, "postgres");
    assert_eq!(failed(&spans), [("psycopg.errors.UndefinedTable", "42P01"); 2]);

    let (_, spans) = run(&format!("sql_clients.py asyncpg {port}"));
    check(
        &spans,
        "otel_run.asyncpg",
        "postgresql",
        // The last one is how its pool cleans up.
        "create insert select select begin; select commit; select select select",
    );
    check_server(&spans, &server, "postgres");
    assert_eq!(failed(&spans), [("asyncpg.exceptions.UndefinedTableError", "42P01")]);
}

#[test]
fn driver_of_mariadb() {
    let Some(server) = mariadb() else { return };
    let (_, spans) = run(&format!("sql_clients.py pymysql {}", server.port));
    check(&spans, "otel_run.pymysql", "mariadb", "create insert select select select");
    check_server(&spans, &server, "mysql");
    let failed = failed(&spans);
    assert!(matches!(failed.as_slice(), [("pymysql.err.ProgrammingError", "1146" | "42S02")]), "{failed:?}");
}

#[test]
fn redis_without_keys_and_values() {
    let Some(server) = redis() else { return };
    let (_, spans) = run(&format!("key_clients.py redis {}", server.port));
    let operations: Vec<_> = spans.iter().map(|span| span.get("db.operation.name")).collect();
    assert_eq!(
        operations,
        ["SET", "GET", "PIPELINE", "WATCH", "GET", "PIPELINE SET", "LPUSH", "SET", "PIPELINE GET"]
    );
    assert_eq!(spans[0].get("db.query.text"), "SET ? ?");
    assert_eq!(spans[2].get("db.query.text").replace('\n', " "), "SET ? ? INCRBY ? ?");
    assert_eq!(failed(&spans), [("redis.exceptions.ResponseError", "")]);
    check_server(&spans, &server, "0");
    assert!(!format!("{spans:?}").contains("secret"), "{spans:?}");
}

#[test]
fn mongodb() {
    let (stdout, spans) = run("key_clients.py pymongo");
    let seen: Vec<_> =
        spans.iter().map(|span| (span.get("db.operation.name"), span.get("db.collection.name"))).collect();
    let commands: Vec<_> = seen.into_iter().filter(|(name, _)| *name != "endSessions").collect();
    assert_eq!(commands, [("find", "items"), ("insert", "items"), ("drop", "items")]);
    assert_eq!(failed(&spans), [("pymongo.errors.OperationFailure", "13")]);
    for span in &spans {
        assert_eq!((span.get("db.system.name"), span.get("server.port")), ("mongodb", stdout.trim()));
    }
    assert!(!format!("{spans:?}").contains("secret"), "{spans:?}");
}
