//! Every status of both protocols (EXP-2, EXP-3).

use super::*;

const NAMED: [(u16, &str); 5] = [
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (404, "Not Found"),
    (500, "Internal Server Error"),
    (505, "HTTP Version Not Supported"),
];

#[tokio::test]
async fn every_http_status() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    for status in 200..600 {
        sink.script([Step::status(status)]);
        let outcome = export(&mut exporter, &ten_spans(), &sink).await;
        match (status, &outcome) {
            (200..=299, Outcome::Delivered { rejected: 0, message: None }) => {}
            (429 | 502 | 503 | 504, Outcome::Retry { after: None, message, maybe_received: false }) => {
                assert!(message.starts_with(&format!("HTTP {status} ")), "{message}");
            }
            (300..=399, Outcome::Rejected { reason, message }) => {
                assert_eq!(reason, &format!("HTTP {status}"));
                assert!(message.ends_with(": redirects are not followed"), "{message}");
            }
            (413, outcome) => assert_eq!(
                outcome,
                &rejected(
                    "HTTP 413",
                    "HTTP 413 Payload Too Large: the request is larger than the destination takes"
                )
            ),
            (400..=599, Outcome::Rejected { reason, message }) => {
                assert_eq!(reason, &format!("HTTP {status}"));
                assert!(message.starts_with(reason), "{message}");
            }
            _ => panic!("{status}: {outcome:?}"),
        }
    }
    for (status, name) in NAMED {
        sink.script([Step::status(status)]);
        let expected = rejected(&format!("HTTP {status}"), &format!("HTTP {status} {name}"));
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected);
    }
    // Nothing was sent by itself a second time.
    assert_eq!(sink.seen().requests.len(), 400 + NAMED.len());
}

/// `grpc-status-details-bin` with a `RetryInfo` of so many seconds, padded and not, and one
/// with another detail.
const RETRY_IN_7_S: &str = "CAgaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIBw==";
const RETRY_NEGATIVE: &str =
    "CAgaOQoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxINCgsI////////////AQ==";
const OTHER_DETAIL: &str = "CAgaLQopdHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkJhZFJlcXVlc3QSAA==";

#[tokio::test]
async fn every_grpc_status() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::Grpc);
    let names = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
        "UNKNOWN",
        "UNKNOWN",
    ];
    for (code, name) in (0..).zip(names) {
        let expected = match code {
            0 => Outcome::DELIVERED,
            1 | 4 | 10 | 11 | 14 | 15 => retry(None, &format!("gRPC {name}: why"), false),
            _ => rejected(&format!("gRPC {name}"), &format!("gRPC {name}: why")),
        };
        // Behind a message, and instead of one.
        let in_headers =
            Step::status(200).header("grpc-status", &code.to_string()).header("grpc-message", "why");
        sink.script([Step::grpc(code, "why"), in_headers]);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "{code} in trailers");
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "{code} in headers");
    }
    let exhausted = "gRPC RESOURCE_EXHAUSTED";
    let seven = Some(Duration::from_secs(7));
    for (code, details, expected) in [
        (8, RETRY_IN_7_S, retry(seven, exhausted, false)),
        (8, RETRY_IN_7_S.trim_end_matches('='), retry(seven, exhausted, false)),
        (8, RETRY_NEGATIVE, retry(None, exhausted, false)),
        (8, OTHER_DETAIL, rejected(exhausted, exhausted)),
        (8, "garbage!", rejected(exhausted, exhausted)),
        (8, "////", rejected(exhausted, exhausted)),
        (14, RETRY_IN_7_S, retry(seven, "gRPC UNAVAILABLE", false)),
        (3, RETRY_IN_7_S, rejected("gRPC INVALID_ARGUMENT", "gRPC INVALID_ARGUMENT")),
    ] {
        sink.script([Step::grpc(code, "").trailer("grpc-status-details-bin", details)]);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "{code} {details}");
    }
}

#[tokio::test]
async fn grpc_replies_that_are_none() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::Grpc);
    for (step, expected) in [
        (Step::status(200), rejected("gRPC UNKNOWN", "gRPC UNKNOWN: the reply has no status")),
        (Step::status(200).header("grpc-status", "many"), rejected("gRPC UNKNOWN", "gRPC UNKNOWN")),
        (
            Step::grpc(3, "100%25 wrong%3A%0A%1b[31m %zz%"),
            rejected("gRPC INVALID_ARGUMENT", "gRPC INVALID_ARGUMENT: 100% wrong:\\n\\u{1b}[31m %zz%"),
        ),
        (Step::status(400), rejected("gRPC INTERNAL", "gRPC INTERNAL: HTTP 400 instead of gRPC")),
        (
            Step::status(401),
            rejected("gRPC UNAUTHENTICATED", "gRPC UNAUTHENTICATED: HTTP 401 instead of gRPC"),
        ),
        (
            Step::status(403),
            rejected("gRPC PERMISSION_DENIED", "gRPC PERMISSION_DENIED: HTTP 403 instead of gRPC"),
        ),
        (Step::status(404), rejected("gRPC UNIMPLEMENTED", "gRPC UNIMPLEMENTED: HTTP 404 instead of gRPC")),
        (Step::status(429), retry(None, "gRPC UNAVAILABLE: HTTP 429 instead of gRPC", false)),
        (Step::status(503), retry(None, "gRPC UNAVAILABLE: HTTP 503 instead of gRPC", false)),
        (Step::status(302), rejected("gRPC UNKNOWN", "gRPC UNKNOWN: HTTP 302 instead of gRPC")),
        (
            // A status among the headers wins over that of HTTP.
            Step::status(503).header("grpc-status", "3"),
            rejected("gRPC INVALID_ARGUMENT", "gRPC INVALID_ARGUMENT"),
        ),
    ] {
        let told = format!("{step:?}");
        sink.script([step]);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "{told}");
    }
}

#[tokio::test]
async fn the_delay_that_was_asked_for() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    let date = |offset: i64| {
        let now = std::time::SystemTime::now();
        let seconds = Duration::from_secs(offset.unsigned_abs());
        httpdate::fmt_http_date(if offset < 0 { now - seconds } else { now + seconds })
    };
    for status in [429, 503] {
        for (value, expected) in [
            ("7".to_owned(), Some(7.0)),
            (date(100), Some(100.0)),
            (date(-100), None),
            ("0".to_owned(), None),
            ("-7".to_owned(), None),
            ("tomorrow".to_owned(), None),
        ] {
            sink.script([Step::status(status).header("retry-after", &value)]);
            let Outcome::Retry { after, .. } = export(&mut exporter, &ten_spans(), &sink).await else {
                panic!("{status} is to be tried again");
            };
            match (after.map(|delay| delay.as_secs_f64()), expected) {
                (None, None) => {}
                // A date has whole seconds.
                (Some(delay), Some(asked)) => {
                    assert!((asked - 1.5..=asked).contains(&delay), "{value}: {delay}")
                }
                other => panic!("{value}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (sink, other) = (Sink::start(), Sink::start());
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    for (status, name) in
        [(301, "Moved Permanently"), (302, "Found"), (307, "Temporary Redirect"), (308, "Permanent Redirect")]
    {
        let location = format!("{}/v1/traces", other.url());
        sink.script([Step::status(status).header("location", &location)]);
        let message = format!(
            "HTTP {status} {name}: redirected to {location}, which is not followed: set the endpoint to where it is"
        );
        assert_eq!(
            export(&mut exporter, &ten_spans(), &sink).await,
            rejected(&format!("HTTP {status}"), &message)
        );
    }
    assert_eq!(other.seen().connections, 0);
}
