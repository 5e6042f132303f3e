//! Families of spans, and what becomes of them.

use super::*;
use crate::export::azure::map::fixture::{self, settings};
use crate::otlp::view::groups;
use crate::settings::AzureSettings;
use serde_json::{Value, json};

const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const PRODUCER: u8 = 4;
const CONSUMER: u8 = 5;

/// One span as OTLP/JSON; `more` are further members of it.
fn request(kind: u8, name: &str, attributes: &Value, more: &Value) -> Vec<u8> {
    let attributes = fixture::attributes(attributes.clone());
    let mut span = json!({"kind": kind, "name": name, "attributes": attributes});
    for (key, value) in more.as_object().unwrap() {
        span[key] = value.clone();
    }
    let text = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).to_string();
    crate::otlp::json::decode(crate::otlp::Signal::Traces, text.as_bytes()).unwrap().to_vec()
}

fn with<T>(bytes: &[u8], settings: &AzureSettings, see: impl FnOnce(Meaning<'_>, &Known<'_>) -> T) -> T {
    let group = groups(bytes).next().unwrap();
    let item = group.scopes().next().unwrap().items().next().unwrap();
    let span = Span::read(item).unwrap();
    let known = Known::of(&span.attributes);
    see(Meaning::of(&span, &known, settings), &known)
}

/// name, type, target, data, code and success of a dependency.
fn dependency(kind: u8, attributes: Value) -> [String; 6] {
    with(&request(kind, "span", &attributes, &json!({})), &settings(), |meaning, _| {
        let Meaning::Dependency(d) = meaning else { panic!("{meaning:?}") };
        [
            d.name.to_string(),
            d.kind.to_string(),
            d.target.to_string(),
            d.data.text().to_string(),
            d.code.to_string(),
            d.success.to_string(),
        ]
    })
}

/// name, url, code, success and source of a request.
fn incoming(kind: u8, attributes: Value) -> [String; 5] {
    with(&request(kind, "span", &attributes, &json!({})), &settings(), |meaning, _| {
        let Meaning::Request(r) = meaning else { panic!("{meaning:?}") };
        [
            r.name.to_string(),
            r.url.map(|url| url.text().to_string()).unwrap_or_default(),
            r.code.to_string(),
            r.success.to_string(),
            r.source.to_string(),
        ]
    })
}

#[test]
fn requests_of_http() {
    for (attributes, expected) in [
        (
            json!({"http.request.method": "GET", "http.route": "/a/{id}", "url.scheme": "https", "url.path": "/a/1",
                   "url.query": "q=1", "server.address": "h", "server.port": 443, "http.response.status_code": 200}),
            ["GET /a/{id}", "https://h/a/1?q=1", "200", "true", ""],
        ),
        (
            json!({"http.method": "POST", "http.scheme": "http", "http.host": "h:8080", "http.target": "/x?y",
                   "http.status_code": 404}),
            ["POST /x", "http://h:8080/x?y", "404", "false", ""],
        ),
        (
            json!({"http.method": "GET", "http.scheme": "http", "net.host.name": "h", "net.host.port": 81, "http.target": "/"}),
            ["GET /", "http://h:81/", "0", "true", ""],
        ),
        // The new name wins.
        (
            json!({"http.method": "POST", "http.request.method": "PUT", "http.url": "http://old/a",
                   "url.full": "http://new/b", "http.status_code": 200, "http.response.status_code": 503}),
            ["PUT /b", "http://new/b", "503", "false", ""],
        ),
        // Without a host there is no URL, and without it no path to be named after.
        (
            json!({"http.request.method": "GET", "url.scheme": "http", "url.path": "/a"}),
            ["span", "", "0", "true", ""],
        ),
        (
            json!({"http.request.method": "GET", "url.scheme": "http", "server.address": "h", "url.path": "a/b", "http.route": ""}),
            ["GET /a/b", "http://h/a/b", "0", "true", ""],
        ),
        (
            json!({"http.request.method": "GET", "url.full": "http://u:p@h/a#f", "http.response.status_code": "499"}),
            ["GET /a", "http://u:p@h/a#f", "499", "false", ""],
        ),
        (json!({}), ["span", "", "0", "true", ""]),
    ] {
        assert_eq!(incoming(SERVER, attributes.clone()), expected, "{attributes}");
    }
}

#[test]
fn success_of_requests() {
    for (code, status, success) in [
        (200, 0, true),
        (200, 1, true),
        (200, 2, false),
        (399, 0, true),
        (404, 0, false),
        (404, 1, false),
        (500, 0, false),
        (599, 0, false),
        (-1, 0, true),
        (100_000, 0, true),
        (0, 0, true),
        (0, 2, false),
    ] {
        let attributes = json!({"http.request.method": "GET", "http.response.status_code": code});
        let bytes = request(SERVER, "", &attributes, &json!({"status": {"code": status}}));
        assert_eq!(with(&bytes, &settings(), |m, _| m.success()), success, "{code} {status}");
    }
    let bytes = request(
        SERVER,
        "",
        &json!({"http.request.method": "GET", "http.response.status_code": 404}),
        &json!({}),
    );
    let lenient = AzureSettings { server_4xx_is_error: false, ..settings() };
    assert!(with(&bytes, &lenient, |meaning, _| meaning.success()));
}

#[test]
fn names_without_paths() {
    let discreet = AzureSettings { raw_path_names: false, ..settings() };
    for (kind, attributes, name) in [
        (SERVER, json!({"http.request.method": "GET", "url.full": "http://h/secret"}), "span"),
        (
            SERVER,
            json!({"http.request.method": "GET", "url.full": "http://h/secret", "http.route": "/r"}),
            "GET /r",
        ),
        (CLIENT, json!({"http.request.method": "GET", "url.full": "http://h/secret"}), "span"),
        (
            CLIENT,
            json!({"http.request.method": "GET", "url.full": "http://h/1", "url.template": "/{id}"}),
            "GET /{id}",
        ),
    ] {
        let bytes = request(kind, "span", &attributes, &json!({}));
        assert_eq!(with(&bytes, &discreet, |meaning, _| meaning.name().to_owned()), name, "{attributes}");
    }
}

#[test]
fn dependencies_of_http() {
    for (attributes, expected) in [
        (
            json!({"http.request.method": "GET", "url.full": "https://h/a?b", "server.address": "h", "server.port": 443,
                   "http.response.status_code": 404}),
            ["GET /a", "HTTP", "h", "https://h/a?b", "404", "true"],
        ),
        (
            json!({"http.method": "GET", "http.url": "http://h:8080/a", "net.peer.name": "h", "net.peer.port": 8080}),
            ["GET /a", "HTTP", "h:8080", "http://h:8080/a", "0", "true"],
        ),
        (
            json!({"http.request.method": "GET", "url.full": "http://h:443/", "http.response.status_code": 200}),
            ["GET /", "HTTP", "h:443", "http://h:443/", "200", "true"],
        ),
        (
            json!({"http.request.method": "GET", "url.full": "http://h/", "peer.service": "orders"}),
            ["GET /", "HTTP", "orders", "http://h/", "0", "true"],
        ),
        (
            json!({"http.method": "GET", "net.peer.ip": "10.0.0.1", "net.peer.port": 443}),
            ["GET /", "HTTP", "10.0.0.1", "", "0", "true"],
        ),
        (json!({"http.request.method": "GET"}), ["GET /", "HTTP", "", "", "0", "true"]),
        (
            json!({"http.request.method": "GET", "server.address": "::1", "server.port": 8080, "url.scheme": "http", "url.path": "/x"}),
            ["GET /x", "HTTP", "[::1]:8080", "http://[::1]:8080/x", "0", "true"],
        ),
        (
            json!({"http.request.method": "GET", "url.full": "https://name:secret@h:8443/x"}),
            ["GET /x", "HTTP", "h:8443", "https://name:secret@h:8443/x", "0", "true"],
        ),
        (
            json!({"http.request.method": "GET", "url.full": "http://h:81/x", "server.address": "h:81", "server.port": 81}),
            ["GET /x", "HTTP", "h:81", "http://h:81/x", "0", "true"],
        ),
    ] {
        assert_eq!(dependency(CLIENT, attributes.clone()), expected, "{attributes}");
    }
}

#[test]
fn databases() {
    for (attributes, kind, target, data) in [
        (
            json!({"db.system.name": "postgresql", "db.namespace": "shop", "server.address": "h", "server.port": 5432,
                   "db.query.text": "SELECT 1", "db.operation.name": "SELECT"}),
            "postgresql",
            "h|shop",
            "SELECT 1",
        ),
        (
            json!({"db.system": "mysql", "db.name": "shop", "net.peer.name": "h", "net.peer.port": 3307, "db.statement": "S"}),
            "mysql",
            "h:3307|shop",
            "S",
        ),
        (json!({"db.system": "sqlite", "db.name": "a.db", "db.operation": "PING"}), "SQL", "a.db", "PING"),
        (
            json!({"db.system": "cosmosdb", "db.operation.name": "read", "db.collection.name": "c"}),
            "Microsoft.DocumentDb",
            "cosmosdb",
            "read c",
        ),
        (
            json!({"db.system.name": "oracle.db", "server.address": "h", "db.query.summary": "SELECT t"}),
            "SQL",
            "h",
            "SELECT t",
        ),
        (json!({"db.system": "neo4j", "peer.service": "graph"}), "neo4j", "graph", ""),
        (json!({"db.system": "redis", "net.peer.port": 1}), "redis", "redis", ""),
        (json!({"db.system": "mysql", "server.address": "h:3306", "server.port": 3306}), "mysql", "h", ""),
    ] {
        assert_eq!(
            dependency(CLIENT, attributes.clone()),
            ["span", kind, target, data, "0", "true"],
            "{attributes}"
        );
    }
}

#[test]
fn other_dependencies() {
    for (span, attributes, kind, target, code, success) in [
        (
            PRODUCER,
            json!({"messaging.system": "kafka", "messaging.destination.name": "q", "server.address": "h"}),
            "Queue Message | kafka",
            "h/q",
            "0",
            true,
        ),
        (
            PRODUCER,
            json!({"messaging.system": "kafka", "messaging.destination": "q", "net.peer.name": "h", "net.peer.port": 9092}),
            "Queue Message | kafka",
            "h:9092",
            "0",
            true,
        ),
        (PRODUCER, json!({}), "Queue Message", "", "0", true),
        (CLIENT, json!({"messaging.system": "kafka", "messaging.destination": "q"}), "kafka", "q", "0", true),
        (
            CLIENT,
            json!({"az.namespace": "Microsoft.EventHub", "server.address": "h", "messaging.destination.name": "q"}),
            "Microsoft.EventHub",
            "h/q",
            "0",
            true,
        ),
        (CLIENT, json!({"az.namespace": "Microsoft.KeyVault"}), "Microsoft.KeyVault", "", "0", true),
        (
            PRODUCER,
            json!({"az.namespace": "Microsoft.ServiceBus"}),
            "Queue Message | Microsoft.ServiceBus",
            "",
            "0",
            true,
        ),
        (
            INTERNAL,
            json!({"az.namespace": "Microsoft.ServiceBus"}),
            "InProc | Microsoft.ServiceBus",
            "",
            "0",
            true,
        ),
        (
            CLIENT,
            json!({"rpc.system": "grpc", "server.address": "h", "server.port": 50051, "rpc.grpc.status_code": 5}),
            "grpc",
            "h:50051",
            "5",
            false,
        ),
        (
            CLIENT,
            json!({"rpc.system.name": "grpc", "rpc.response.status_code": "OK"}),
            "grpc",
            "grpc",
            "OK",
            true,
        ),
        (
            CLIENT,
            json!({"gen_ai.provider.name": "openai", "server.address": "h"}),
            "GenAI | openai",
            "openai",
            "0",
            true,
        ),
        (
            CLIENT,
            json!({"gen_ai.system": "openai", "http.request.method": "POST", "url.full": "https://h/"}),
            "GenAI | openai",
            "h",
            "0",
            true,
        ),
        (INTERNAL, json!({"gen_ai.system": "openai"}), "GenAI | openai", "openai", "0", true),
        (INTERNAL, json!({"http.request.method": "GET", "server.address": "h"}), "InProc", "", "0", true),
        (CLIENT, json!({"peer.service": "orders"}), "Other", "orders", "0", true),
        (CLIENT, json!({"server.address": "h"}), "InProc", "", "0", true),
    ] {
        let seen = dependency(span, attributes.clone());
        assert_eq!(seen[1..3], [kind, target], "{attributes}");
        assert_eq!(seen[4..], [code.to_owned(), success.to_string()], "{attributes}");
    }
}

#[test]
fn messages_that_came_in() {
    for (attributes, source) in [
        (json!({"messaging.system": "k", "messaging.destination": "q", "net.peer.name": "h"}), "h/q"),
        (json!({"messaging.system": "k", "messaging.destination.name": "q"}), "q"),
        (json!({"messaging.destination": "q"}), ""),
        (
            json!({"az.namespace": "Microsoft.EventHub", "peer.address": "h", "message_bus.destination": "q"}),
            "h/q",
        ),
    ] {
        assert_eq!(incoming(CONSUMER, attributes.clone())[4], source, "{attributes}");
    }
    assert_eq!(
        incoming(SERVER, json!({"rpc.system": "grpc", "rpc.grpc.status_code": 5}))[2..4],
        ["5", "true"]
    );
}

#[test]
fn requests_and_dependencies() {
    let parent = "00f067aa0ba902b7";
    for (kind, attributes, more, expected) in [
        (0, json!({}), json!({}), false),
        (INTERNAL, json!({}), json!({}), false),
        (INTERNAL, json!({"job.system": "quartz"}), json!({}), true),
        (INTERNAL, json!({"job.system": "quartz"}), json!({"parentSpanId": parent}), false),
        (CONSUMER, json!({"messaging.operation.type": "receive"}), json!({}), true),
        // The SDK says that the parent is in the process; that it is not; nothing.
        (
            CONSUMER,
            json!({"messaging.operation.type": "receive"}),
            json!({"parentSpanId": parent, "flags": 0x101}),
            false,
        ),
        (
            CONSUMER,
            json!({"messaging.operation": "receive"}),
            json!({"parentSpanId": parent, "flags": 0x301}),
            true,
        ),
        (CONSUMER, json!({"messaging.operation": "receive"}), json!({"parentSpanId": parent}), true),
        (
            CONSUMER,
            json!({"messaging.operation": "process"}),
            json!({"parentSpanId": parent, "flags": 0x101}),
            true,
        ),
    ] {
        let bytes = request(kind, "span", &attributes, &more);
        let seen = with(&bytes, &settings(), |meaning, _| matches!(meaning, Meaning::Request(_)));
        assert_eq!(seen, expected, "{kind} {attributes} {more}");
    }
    let batch = AzureSettings { root_internal_is_request: true, ..settings() };
    let bytes = request(INTERNAL, "span", &json!({}), &json!({}));
    assert!(with(&bytes, &batch, |meaning, _| matches!(meaning, Meaning::Request(_))));
}

#[test]
fn what_is_told_and_what_is_not() {
    let attributes = json!({
        "http.request.method": "GET", "http.method": "GET", "http.route": "/a", "url.full": "http://h:81/a?b",
        "url.path": "/a", "url.query": "b", "url.scheme": "https", "server.address": "h", "server.port": 81,
        "http.status_code": 200, "http.response.status_code": 201,
    });
    with(&request(SERVER, "", &attributes, &json!({})), &settings(), |_, known| {
        for told in [
            Slot::HttpRequestMethod,
            Slot::HttpMethod,
            Slot::HttpRoute,
            Slot::UrlFull,
            Slot::UrlPath,
            Slot::UrlQuery,
            Slot::ServerAddress,
            Slot::ServerPort,
            Slot::HttpResponseStatusCode,
        ] {
            assert!(known.is_told(told), "{told:?}");
        }
        // They contradict what the envelope says.
        assert!(!known.is_told(Slot::UrlScheme));
        assert!(!known.is_told(Slot::HttpStatusCode));
    });
}
