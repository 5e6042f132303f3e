use super::*;

/// 2026-11-28T18:00:00Z.
const NOW: u64 = 1_795_888_800_000_000_000;

fn get<'a>(parsed: &'a Parsed, key: &str) -> Option<&'a Value> {
    parsed.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

#[test]
fn levels_of_text() {
    for (line, severity) in [
        // Python
        ("WARNING:shop:out of stock", 13),
        ("2026-11-28 18:00:00,123 - shop.stock - ERROR - out of stock", 17),
        ("CRITICAL:root:gone", 18),
        ("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", 9),
        ("[2026-11-28 18:00:00 +0000] [42] [INFO] Booting worker with pid: 42", 9),
        ("2026-11-28 18:00:00.123 | DEBUG    | __main__:f:7 - loguru", 5),
        // Node.js
        ("info: winston says so", 9),
        ("[error] no", 17),
        // Java
        ("18:00:00.123 [main] WARN  com.example.Shop - low", 13),
        ("2026-11-28T18:00:00.123Z  INFO 7 --- [main] c.e.Shop : up", 9),
        ("[2026-11-28T18:00:00,123][TRACE][c.e.Shop] deep", 1),
        ("Nov 28, 2026 6:00:00 PM com.example.Shop run\nSEVERE: no", 17),
        // nginx, Apache, Go, Rust
        ("2026/11/28 18:00:00 [error] 7#7: *1 open() failed", 17),
        ("[Sat Nov 28 18:00:00.123 2026] [core:notice] [pid 7] AH00094: up", 0),
        ("2026-11-28T18:00:00.123456Z  INFO shop: up", 9),
        // Words that are no levels.
        ("hello", 0),
        ("Information about ERROR=0 in the log", 0),
        ("GET /error/info", 0),
        ("Error: boom", 0),
        ("an error in a sentence", 0),
        ("", 0),
    ] {
        assert_eq!(parse(line, NOW).severity, severity, "{line}");
        assert_eq!(parse(line, NOW).body, line);
    }
}

#[test]
fn json_of_many_loggers() {
    let pino = r#"{"level":50,"time":1795888800123,"pid":7,"name":"shop","msg":"no","size":2.5,"ok":true,"tags":["a"]}"#;
    let parsed = parse(pino, NOW);
    assert_eq!((parsed.body.as_str(), parsed.severity, parsed.time), ("no", 17, Some(NOW + 123_000_000)));
    assert_eq!(get(&parsed, "pid"), Some(&Value::Int(7)));
    assert_eq!(get(&parsed, "size"), Some(&Value::Double(2.5)));
    assert_eq!(get(&parsed, "ok"), Some(&Value::Bool(true)));
    assert_eq!(get(&parsed, "tags"), Some(&Value::Text("[\"a\"]".into())));
    assert_eq!(get(&parsed, "level"), None);

    let trace = "0af7651916cd43dd8448eb211c80319c";
    let structlog = format!(
        r#"{{"event":"low","level":"warning","timestamp":"2026-11-28T18:00:01Z","trace_id":"{trace}","span_id":"b7ad6b7169203331"}}"#
    );
    let parsed = parse(&structlog, NOW);
    assert_eq!((parsed.body.as_str(), parsed.severity, parsed.time), ("low", 13, Some(NOW + 1_000_000_000)));
    assert_eq!(parsed.trace_id.map(|id| id[0]), Some(0x0a));
    assert_eq!(parsed.span_id.map(|id| id[7]), Some(0x31));

    let error = r#"{"severity":"ERROR","message":"no","err":{"type":"TypeError","message":"x","stack":"TypeError: x\n    at f"}}"#;
    assert_eq!(get(&parse(error, NOW), "exception.type"), Some(&Value::Text("TypeError".into())));

    for data in [r#"{"a":1}"#, "{broken}", "{}", r#"["level"]"#] {
        let parsed = parse(data, NOW);
        assert_eq!((parsed.body.as_str(), parsed.severity, parsed.attributes.len()), (data, 0, 0));
    }
}

#[test]
fn logfmt_lines() {
    let parsed = parse(
        r#"time=2026-11-28T18:00:00Z level=warn msg="so \"low\"" size=7 trace_id=0af7651916cd43dd8448eb211c80319c"#,
        NOW,
    );
    assert_eq!((parsed.body.as_str(), parsed.severity, parsed.time), ("so \"low\"", 13, Some(NOW)));
    assert_eq!(get(&parsed, "size"), Some(&Value::Text("7".into())));
    assert!(parsed.trace_id.is_some());
    for line in [
        "level=info and more words",
        "the level=info is here",
        "level=unknown msg=x",
        "level=info msg=\"open",
    ] {
        assert_eq!(parse(line, NOW).body, line);
    }
}

#[test]
fn requests() {
    for (line, status, severity, time) in [
        (
            r#"10.0.0.1 - - [28/Nov/2026:19:00:00 +0100] "GET /a?b=c HTTP/1.1" 503 12 "-" "curl""#,
            503,
            17,
            Some(NOW),
        ),
        (r#"INFO:     127.0.0.1:5 - "POST /a HTTP/1.1" 404 Not Found"#, 404, 9, None),
    ] {
        let parsed = parse(line, NOW);
        assert_eq!(get(&parsed, "http.response.status_code"), Some(&Value::Int(status)), "{line}");
        assert_eq!(get(&parsed, "url.path"), Some(&Value::Text("/a".into())));
        assert_eq!((parsed.severity, parsed.time), (severity, time));
    }
    let parsed = parse(r#"INFO:     127.0.0.1:5 - "POST /a HTTP/1.1" 404 Not Found"#, NOW);
    assert_eq!(
        parsed.without_phrase.map(|length| &parsed.body[..length]),
        Some(r#"INFO:     127.0.0.1:5 - "POST /a HTTP/1.1" 404"#)
    );
    assert!(parse(r#"he said "GET it HTTP/1.1" loudly"#, NOW).attributes.is_empty());
}

#[test]
fn exceptions() {
    for (text, kind, message, severity) in [
        (
            "ERROR:root:no\nTraceback (most recent call last):\n  File \"a\"\nValueError: out\nof stock",
            "ValueError",
            "out",
            17,
        ),
        (
            "Traceback (most recent call last):\n  File \"a\"\nKeyError: 1\n\nDuring handling\n\nTraceback (most recent call last):\n  File \"a\"\nshop.Gone",
            "shop.Gone",
            "",
            17,
        ),
        (
            "Exception in thread \"main\" java.lang.IllegalStateException: no\n\tat A.main(A.java:3)",
            "java.lang.IllegalStateException",
            "no",
            17,
        ),
        (
            "18:00 [main] WARN c.S - x\njava.io.IOException: disk\n\tat A.b(A.java)",
            "java.io.IOException",
            "disk",
            13,
        ),
        ("TypeError: x is not a function\n    at f (/srv/a.js:1:7)", "TypeError", "x is not a function", 17),
    ] {
        let parsed = parse(text, NOW);
        assert_eq!(get(&parsed, "exception.type"), Some(&Value::Text(kind.into())), "{text}");
        assert_eq!(get(&parsed, "exception.message"), Some(&Value::Text(message.into())));
        assert_eq!(parsed.severity, severity, "{text}");
        assert!(get(&parsed, "exception.stacktrace").is_some());
    }
    assert!(parse("we met\n  at noon", NOW).attributes.is_empty());
}

#[test]
fn traces_in_text() {
    let id = "0af7651916cd43dd8448eb211c80319c";
    for (line, span) in [
        (format!("INFO trace_id={id} span_id=b7ad6b7169203331 hello"), true),
        (format!("traceparent: 00-{id}-b7ad6b7169203331-01"), true),
        (format!("[traceId: \"{id}\"] hello"), false),
        (format!("'trace_id': '{id}', 'span_id': 'b7ad6b7169203331'"), true),
    ] {
        let parsed = parse(&line, NOW);
        assert_eq!(
            (parsed.trace_id.map(|id| id[15]), parsed.span_id.is_some()),
            (Some(0x9c), span),
            "{line}"
        );
    }
    for line in
        ["trace_id=0 x", "trace_id=00000000000000000000000000000000", "trace_id", &format!("trace_id={id}00")]
    {
        assert_eq!(parse(line, NOW).trace_id, None, "{line}");
    }
}

#[test]
fn times() {
    for (text, time) in [
        ("2026-11-28T18:00:00Z x", Some(NOW)),
        ("2026-11-28T19:00:00.5+01:00", Some(NOW + 500_000_000)),
        ("[2026-11-28 13:00:00 -0500] x", Some(NOW)),
        // Of which zone?
        ("2026-11-28 18:00:00,123 x", None),
        ("2026-11-28", None),
        ("2026-13-28T18:00:00Z", None),
        ("", None),
    ] {
        assert_eq!(time::at_start(text), time, "{text}");
    }
    // Years off is somebody's mistake.
    assert_eq!(parse("2020-11-28T18:00:00Z INFO x", NOW).time, None);
    assert_eq!(time::of_number(1_795_888_800.5), Some(NOW + 500_000_000));
    assert_eq!(time::of_number(7.0), None);
}
