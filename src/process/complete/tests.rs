use super::*;
use crate::otlp::{Decoded, json};
use crate::settings::fixture::settings;
use serde_json::{Map, Value as Json, json};

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// Completes as with these variables.
fn completion(variables: &[(&str, &str)]) -> Completion {
    let console =
        ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|name| (name, "console"));
    let settings = settings(&[&console, variables].concat());
    Completion::new(&settings.http_known_methods, Some(settings.request_metrics))
}

fn attribute((key, value): (&String, &Json)) -> Json {
    let value = match value {
        Json::Number(number) => json!({"intValue": number}),
        Json::Bool(truth) => json!({"boolValue": truth}),
        value => json!({"stringValue": value}),
    };
    json!({"key": key, "value": value})
}

fn span(kind: u64, attributes: &Json) -> Json {
    let attributes: Vec<Json> = attributes.as_object().expect("a map").iter().map(attribute).collect();
    json!({
        "traceId": "00000000000000000000000000000001", "spanId": "0000000000000002", "kind": kind, "flags": 0x101,
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1030000000", "attributes": attributes,
    })
}

/// A request with spans of these scopes.
fn request(scopes: &[(&str, Vec<Json>)]) -> Batch {
    let scopes: Vec<Json> =
        scopes.iter().map(|(name, spans)| json!({"scope": {"name": name}, "spans": spans})).collect();
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]});
    let request = json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]});
    let bytes = json::decode(Signal::Traces, request.to_string().as_bytes()).expect("OTLP/JSON");
    Batch::from_protobuf(Signal::Traces, bytes).expect("a request")
}

/// The spans of a request, as JSON.
fn spans(batch: &Batch) -> Vec<Json> {
    let Ok(Decoded::Traces(request)) = batch.decoded() else { panic!("{:?}", batch.decoded()) };
    let groups = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
    groups.flat_map(|scope| &scope.spans).map(|span| serde_json::to_value(span).expect("JSON")).collect()
}

/// Name, status and attributes of what becomes of one span.
fn complete(completion: &Completion, kind: u64, attributes: &Json) -> (String, Json, Map<String, Json>) {
    completed(completion, span(kind, attributes))
}

fn completed(completion: &Completion, span: Json) -> (String, Json, Map<String, Json>) {
    let completed = completion.complete(&request(&[("otel_run.test", vec![span])]));
    let mut spans = spans(&completed.sampled.expect("it is sampled"));
    let span = spans.remove(0);
    let attributes = span["attributes"].as_array().expect("a list").iter().map(|attribute| {
        let value = attribute["value"].as_object().and_then(|value| value.values().next()).expect("a value");
        let value = match value.as_str().map(str::parse::<i64>) {
            Some(Ok(number)) if attribute["value"].get("intValue").is_some() => json!(number),
            _ => value.clone(),
        };
        (attribute["key"].as_str().expect("a key").to_owned(), value)
    });
    let attributes: Vec<_> = attributes.collect();
    let map: Map<_, _> = attributes.iter().cloned().collect();
    assert_eq!(map.len(), attributes.len(), "no attribute comes twice: {attributes:?}");
    let status = span.get("status").cloned().unwrap_or_default();
    (span["name"].as_str().unwrap_or_default().to_owned(), status, map)
}

fn merged(one: &Json, other: &Json) -> Json {
    let mut merged = one.as_object().expect("a map").clone();
    merged.extend(other.as_object().expect("a map").clone());
    Json::Object(merged)
}

#[test]
fn a_request_that_came_in() {
    let raw = json!({
        "http.request.method": "GET", "url.path": "/orders/7", "url.query": "sig=abc&a=1", "url.scheme": "http",
        "http.route": "/orders/{id}", "http.response.status_code": 503, "network.protocol.version": "1.1",
        "network.peer.address": "10.0.0.9", "network.peer.port": 4711, "user_agent.original": "curl",
        "otel_run.host": "shop.example:8080", "otel_run.x_forwarded_for": "192.0.2.7, 10.0.0.1",
        "otel_run.x_forwarded_proto": "https", "otel_run.something": "new",
    });
    let (name, status, attributes) = complete(&completion(&[]), SERVER, &raw);
    assert_eq!((name.as_str(), &status["code"]), ("GET /orders/{id}", &json!(2)));
    let expected = json!({
        "http.request.method": "GET", "url.path": "/orders/7", "url.query": "sig=REDACTED&a=1", "url.scheme": "https",
        "http.route": "/orders/{id}", "http.response.status_code": 503, "network.protocol.version": "1.1",
        "network.peer.address": "10.0.0.9", "network.peer.port": 4711, "user_agent.original": "curl",
        "server.address": "shop.example", "server.port": 8080, "client.address": "192.0.2.7", "error.type": "503",
    });
    assert_eq!(Json::Object(attributes), expected);
}

#[test]
fn addresses_of_a_request() {
    let peer =
        json!({"http.request.method": "GET", "url.scheme": "http", "network.peer.address": "10.0.0.9"});
    for (headers, expected) in [
        (json!({"otel_run.host": "h"}), json!(["10.0.0.9", "h", 80, "http"])),
        (
            json!({"otel_run.host": "h", "otel_run.x_forwarded_host": "p:81, q"}),
            json!(["10.0.0.9", "p", 81, "http"]),
        ),
        (
            json!({"otel_run.forwarded": "for=\"[2001:db8::1]:9\";host=f;proto=https, for=1.1.1.1", "otel_run.x_forwarded_for": "2.2.2.2"}),
            json!(["2001:db8::1", "f", 443, "https"]),
        ),
        (json!({"otel_run.forwarded": "for=unknown"}), json!(["10.0.0.9", null, null, "http"])),
        (
            json!({"otel_run.forwarded": "for=_x", "otel_run.x_forwarded_for": "2.2.2.2"}),
            json!(["2.2.2.2", null, null, "http"]),
        ),
        (
            json!({"otel_run.host": "a b", "otel_run.x_forwarded_proto": "javascript"}),
            json!(["10.0.0.9", null, null, "http"]),
        ),
        (
            json!({"otel_run.host": "h", "server.address": "known"}),
            json!(["10.0.0.9", "known", null, "http"]),
        ),
        (json!({"otel_run.host": "[::1]:8000"}), json!(["10.0.0.9", "::1", 8000, "http"])),
    ] {
        let (_, _, attributes) = complete(&completion(&[]), SERVER, &merged(&peer, &headers));
        let seen = ["client.address", "server.address", "server.port", "url.scheme"]
            .map(|key| attributes.get(key).cloned());
        assert_eq!(json!(seen), expected, "{headers}");
    }
}

#[test]
fn names_and_methods() {
    for (method, more, name, told, original) in [
        ("GET", json!({}), "GET", "GET", None),
        ("GET", json!({"http.route": "/a"}), "GET /a", "GET", None),
        ("BREW", json!({"http.route": "/a"}), "HTTP /a", "_OTHER", Some("BREW")),
        ("get", json!({}), "HTTP", "_OTHER", Some("get")),
    ] {
        let attributes = merged(&json!({"http.request.method": method}), &more);
        let (seen, _, attributes) = complete(&completion(&[]), SERVER, &attributes);
        assert_eq!((seen.as_str(), &attributes["http.request.method"]), (name, &json!(told)));
        assert_eq!(attributes.get("http.request.method_original"), original.map(Json::from).as_ref());
    }
    let brewing = completion(&[("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET, BREW")]);
    assert_eq!(complete(&brewing, SERVER, &json!({"http.request.method": "BREW"})).0, "BREW");
    assert_eq!(complete(&brewing, SERVER, &json!({"http.request.method": "PUT"})).0, "HTTP");
    let socket = json!({"url.path": "/chat/7", "url.scheme": "ws", "http.route": "/chat/{room}"});
    assert_eq!(complete(&completion(&[]), SERVER, &socket).0, "/chat/{room}");
}

#[test]
fn failures() {
    let error = json!(2);
    for (kind, attributes, failed, kind_of_error) in [
        (SERVER, json!({"http.response.status_code": 404}), false, None),
        (SERVER, json!({"http.response.status_code": 500}), true, Some("500")),
        (
            SERVER,
            json!({"http.response.status_code": 200, "error.type": "builtins.ValueError"}),
            true,
            Some("builtins.ValueError"),
        ),
        (CLIENT, json!({"http.response.status_code": 302}), false, None),
        (CLIENT, json!({"http.response.status_code": 404}), true, Some("404")),
        (CLIENT, json!({"error.type": "TimeoutError"}), true, Some("TimeoutError")),
    ] {
        let attributes = merged(&json!({"http.request.method": "GET"}), &attributes);
        let (_, status, seen) = complete(&completion(&[]), kind, &attributes);
        assert_eq!(status.get("code") == Some(&error), failed, "{attributes}");
        assert_eq!(seen.get("error.type"), kind_of_error.map(Json::from).as_ref(), "{attributes}");
    }
}

#[test]
fn what_the_application_said_stays() {
    let mut raw = span(SERVER, &json!({"http.request.method": "GET", "http.response.status_code": 500}));
    raw["name"] = json!("checkout");
    raw["status"] = json!({"code": 1});
    let (name, status, _) = completed(&completion(&[]), raw);
    assert_eq!((name.as_str(), &status["code"]), ("checkout", &json!(1)));
}

#[test]
fn an_exception_describes_the_status() {
    let mut raw = span(SERVER, &json!({"http.request.method": "GET", "error.type": "builtins.KeyError"}));
    let message = "é".repeat(600);
    let attributes: Vec<Json> =
        json!({"exception.message": message}).as_object().unwrap().iter().map(attribute).collect();
    raw["events"] = json!([{"name": "exception", "timeUnixNano": "1", "attributes": attributes}]);
    let (_, status, _) = completed(&completion(&[]), raw);
    assert_eq!(status, json!({"code": 2, "message": "é".repeat(512)}));
}

#[test]
fn a_request_that_went_out() {
    let raw = json!({"http.request.method": "POST", "url.full": "https://me:secret@api.example/v1?X-Amz-Signature=1", "http.response.status_code": 201});
    let (name, status, attributes) = complete(&completion(&[]), CLIENT, &raw);
    assert_eq!((name.as_str(), status), ("POST", json!(null)));
    let expected = json!({
        "http.request.method": "POST", "http.response.status_code": 201, "server.address": "api.example", "server.port": 443,
        "url.full": "https://REDACTED:REDACTED@api.example/v1?X-Amz-Signature=REDACTED",
    });
    assert_eq!(Json::Object(attributes), expected);
}

#[test]
fn calls_of_databases() {
    for (raw, name, expected) in [
        (
            json!({"db.system.name": "sqlite", "db.query.text": "SELECT * FROM users WHERE name = 'Ann'"}),
            "SELECT users",
            json!({
                "db.system.name": "sqlite", "db.query.text": "SELECT * FROM users WHERE name = ?",
                "db.query.summary": "SELECT users", "db.operation.name": "SELECT", "db.collection.name": "users",
            }),
        ),
        (
            json!({"db.system.name": "sqlite", "db.query.text": "INSERT INTO t VALUES (?)", "otel_run.db.many": true}),
            "BATCH INSERT t",
            json!({
                "db.system.name": "sqlite", "db.query.text": "INSERT INTO t VALUES (?)",
                "db.query.summary": "BATCH INSERT t", "db.operation.name": "BATCH INSERT", "db.collection.name": "t",
            }),
        ),
        (
            json!({"db.system.name": "redis", "db.operation.name": "GET", "server.address": "cache"}),
            "GET cache",
            json!({"db.system.name": "redis", "db.operation.name": "GET", "server.address": "cache"}),
        ),
        (
            json!({"db.system.name": "mongodb", "db.operation.name": "find", "db.collection.name": "users", "db.namespace": "shop"}),
            "find users",
            json!({"db.system.name": "mongodb", "db.operation.name": "find", "db.collection.name": "users", "db.namespace": "shop"}),
        ),
        (
            json!({"db.system.name": "sqlite", "db.query.text": "???"}),
            "sqlite",
            json!({"db.system.name": "sqlite", "db.query.text": "???"}),
        ),
    ] {
        let (seen, status, attributes) = complete(&completion(&[]), CLIENT, &raw);
        assert_eq!((seen.as_str(), status), (name, json!(null)), "{raw}");
        assert_eq!(Json::Object(attributes), expected, "{raw}");
    }
    let failed = json!({"db.system.name": "sqlite", "error.type": "sqlite3.OperationalError"});
    assert_eq!(complete(&completion(&[]), CLIENT, &failed).1["code"], 2);
}

/// Whatever kind of span it is, and however odd its attributes are: nothing that must not be told is told,
/// and nothing comes twice.
#[test]
fn odd_spans_tell_no_secrets() {
    let secret = "hunter2";
    let url = format!("https://ann:{secret}@h/?sig={secret}");
    let sql = format!("SELECT * FROM t WHERE a = '{secret}'");
    let query = json!({"stringValue": format!("a=1&?sig={secret}")});
    let texts = [json!({"stringValue": url}), json!({"stringValue": "https://h/"})];
    let odd = [
        json!({"bytesValue": "aHVudGVyMg=="}),
        json!({"arrayValue": {"values": [{"stringValue": url}]}}),
        json!({"kvlistValue": {"values": [{"key": "x", "value": {"stringValue": url}}]}}),
        json!({}),
        json!({"intValue": "7"}),
    ];
    let attribute = |key: &str, value: &Json| json!({"key": key, "value": value});
    let text = |text: &str| json!({"stringValue": text});
    for kind in 0..=5 {
        for system in ["", "sqlite", "redis", "mongodb"] {
            for value in texts.iter().chain(&odd) {
                for key in ["url.full", "url.query", "db.query.text", "otel_run.host", "otel_run.forwarded"] {
                    let mut raw = span(kind, &json!({}));
                    raw["attributes"] = json!([
                        attribute("db.system.name", &text(system)),
                        attribute("db.query.text", &text(&sql)),
                        attribute(key, if key == "url.query" && value == &texts[0] { &query } else { value }),
                        attribute("url.full", &text(&url)),
                        attribute("url.query", &text(&format!("a;sig={secret}"))),
                        attribute("url.full", &text(&format!("//{secret}@h"))),
                        attribute(
                            "db.operation.name",
                            &text(if system == "redis" { "SET key hunter2" } else { "find" })
                        ),
                        attribute("http.request.method", &odd[odd.len() - 1]),
                        attribute("server.port", &json!({"intValue": "-99999999"})),
                        attribute("otel_run.x_forwarded_for", value),
                        attribute("otel_run.anything", &text(&url)),
                    ]);
                    let completed = completion(&[]).complete(&request(&[("otel_run.test", vec![raw])]));
                    let seen = spans(&completed.sampled.expect("it is sampled")).remove(0);
                    let mut keys: Vec<_> = seen["attributes"].as_array().expect("a list").iter().collect();
                    let told = seen.to_string();
                    assert!(
                        !told.contains(secret) && !told.contains("aHVudGVyMg"),
                        "{kind} {system} {key}: {seen}"
                    );
                    let all = keys.len();
                    keys.sort_by_key(|attribute| attribute["key"].to_string());
                    keys.dedup_by_key(|attribute| attribute["key"].to_string());
                    assert_eq!(keys.len(), all, "{seen}");
                    assert!(!seen.to_string().contains("otel_run."), "{seen}");
                }
            }
        }
    }
}

/// A megabyte, and odd bytes, in every attribute: what is made of it is bounded, and nothing grows out of it.
#[test]
fn large_attributes_make_no_larger_spans() {
    for filling in [
        "x", "é", "\u{0}", "'", "(", "&sig=", ";sig=", "@", "%73ig=", "/", "for=\"", ";;host=", ",", " ",
        "[", "::", "SET ",
    ] {
        let length = if filling == "x" { 1 << 20 } else { 1 << 15 };
        let large = filling.repeat(length / filling.len());
        let raw = json!({
            "http.request.method": "GET", "http.route": large, "url.path": large, "url.query": large, "url.full": large,
            "url.scheme": large, "otel_run.host": large, "otel_run.forwarded": large, "otel_run.x_forwarded_for": large,
            "otel_run.x_forwarded_host": large, "otel_run.x_forwarded_proto": large, "db.query.text": large,
            "db.system.name": "postgresql", "db.operation.name": large, "db.collection.name": large, "error.type": large,
        });
        for kind in [SERVER, CLIENT] {
            let batch = request(&[("otel_run.test", vec![span(kind, &raw)])]);
            let completed = completion(&[]).complete(&batch).sampled.expect("it is sampled");
            assert!(completed.bytes().len() < batch.bytes().len() * 3 / 2, "{filling}");
            let Ok(Decoded::Traces(request)) = completed.decoded() else { panic!("{filling}") };
            assert!(request.resource_spans[0].scope_spans[0].spans[0].name.len() <= 1024, "{filling}");
        }
    }
}

#[test]
fn the_applications_own_spans_are_left_alone() {
    let own = span(SERVER, &json!({"http.request.method": "BREW", "otel_run.host": "h"}));
    let batch = request(&[("checkout", vec![own.clone()]), ("otel_runner", vec![own])]);
    let completed = completion(&[]).complete(&batch);
    assert_eq!(completed.sampled.expect("sampled").bytes(), batch.bytes());
    assert!(completed.unsampled.is_none());
}

#[test]
fn what_is_not_sampled_stands_apart() {
    let with_flags = |flags: u64| {
        let mut span = span(SERVER, &json!({"http.request.method": "GET"}));
        span["flags"] = json!(flags);
        span
    };
    let own = vec![with_flags(0x101), with_flags(0x100), with_flags(0x300)];
    let completed = completion(&[])
        .complete(&request(&[("otel_run.asgi", own), ("mine", vec![with_flags(0x100), with_flags(0)])]));
    let [sampled, unsampled] = [completed.sampled, completed.unsampled].map(|batch| batch.expect("some"));
    // What says nothing is wanted.
    assert_eq!((sampled.items(), unsampled.items()), (2, 3));
    assert_eq!(spans(&unsampled).iter().filter(|span| span["name"] == "GET").count(), 2);
    let all = completion(&[]).complete(&request(&[("otel_run.asgi", vec![with_flags(0x100)])]));
    assert!(all.sampled.is_none() && all.unsampled.is_some());
}

#[test]
fn a_span_that_cannot_be_read_is_dropped_and_counted() {
    let good = request(&[("otel_run.asgi", vec![span(SERVER, &json!({"http.request.method": "GET"}))])]);
    // An attribute that is cut short, in a span and a request that are whole.
    let scope = b"\x0a\x0e\x0a\x0cotel_run.wsgi\x12\x05\x4a\x03\x0a\x7fx";
    let scope = [&b"\x0a\x0f\x0a\x0d"[..], &scope[4..]].concat();
    let mut bytes = vec![0x0a, scope.len() as u8 + 2, 0x12, scope.len() as u8];
    bytes.extend_from_slice(&scope);
    let whole = [good.bytes(), bytes.as_slice()].concat();
    let batch = Batch::from_protobuf(Signal::Traces, whole.into()).expect("well-formed down to the items");
    assert_eq!(batch.items(), 2);
    let completed = completion(&[]).complete(&batch);
    let sampled = completed.sampled.expect("the good one");
    assert_eq!((sampled.items(), completed.unreadable), (1, 1));
    assert_eq!(spans(&sampled)[0]["name"], "GET");
    // Nor is anything told of a scope that cannot be read.
    let place = bytes.windows(5).position(|part| part == b"\x0a\x0dote").expect("the scope's name");
    bytes[place + 1] = 0x7f;
    let batch = Batch::from_protobuf(Signal::Traces, bytes.into()).expect("well-formed down to the items");
    let completed = completion(&[]).complete(&batch);
    assert!(completed.sampled.is_none() && completed.unsampled.is_none());
    assert_eq!(completed.unreadable, 1);
}

/// Requests that are broken somewhere, at random: none is lost, and none makes us fall.
#[test]
fn any_bytes_go_through() {
    let attributes = json!({
        "http.request.method": "GET", "url.path": "/", "url.query": "sig=1", "url.full": "http://a:b@c?sig=1",
        "db.system.name": "mysql", "db.query.text": "SELECT 'x' FROM t", "otel_run.host": "h", "otel_run.forwarded": "for=1.1.1.1",
    });
    let both = vec![span(SERVER, &attributes), span(CLIENT, &attributes)];
    let good = request(&[("otel_run.test", both.clone()), ("mine", both)]);
    let completion = completion(&[]);
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut accepted = 0;
    for _ in 0..4_000 {
        let mut bytes = good.bytes().to_vec();
        for _ in 0..=next(3) {
            let place = next(bytes.len());
            bytes[place] = next(256) as u8;
        }
        let Ok(batch) = Batch::from_protobuf(Signal::Traces, bytes.into()) else { continue };
        accepted += 1;
        let completed = completion.complete(&batch);
        let items = |batch: &Option<Batch>| batch.as_ref().map_or(0, Batch::items);
        let written = items(&completed.sampled) + items(&completed.unsampled);
        assert_eq!(written + completed.unreadable, batch.items());
        let parts = [&completed.sampled, &completed.unsampled];
        let bytes: usize = parts.into_iter().flatten().map(|batch| batch.bytes().len()).sum();
        assert!(bytes < 4 * batch.bytes().len());
    }
    assert!(accepted > 200, "{accepted}");
}
