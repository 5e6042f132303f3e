//! What a reply says beside its status, and replies that are too much (EXP-4, EXP-6).

use super::*;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use std::io::Write;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn partial(rejected_spans: i64, error_message: &str) -> Vec<u8> {
    let error_message = error_message.to_owned();
    let partial_success = Some(ExportTracePartialSuccess { rejected_spans, error_message });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn delivered(rejected: u64, message: &str) -> Outcome {
    Outcome::Delivered { rejected, message: (!message.is_empty()).then(|| message.to_owned()) }
}

#[tokio::test]
async fn partial_success_over_http() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    for (number, (step, expected)) in [
        (Step::OK.body(PROTOBUF, partial(3, "no")), delivered(3, "no")),
        (Step::OK.body(PROTOBUF, partial(0, "old")), delivered(0, "old")),
        (Step::OK.body(PROTOBUF, partial(0, "")), delivered(0, "")),
        (Step::OK.body(PROTOBUF, partial(i64::MAX, "")), delivered(i64::MAX as u64, "")),
        (Step::OK.body(PROTOBUF, partial(-1, "")), delivered(0, "")),
        (Step::OK.body(PROTOBUF, "junk"), delivered(0, "")),
        (Step::OK.body("text/plain", "OK"), delivered(0, "")),
        (
            Step::OK.body("application/json; charset=utf-8", r#"{"partialSuccess":{"rejectedSpans":"4"}}"#),
            delivered(4, ""),
        ),
        (Step::OK.body(JSON, "{"), delivered(0, "")),
        (
            Step::OK.body(PROTOBUF, gzip(&partial(2, "zip"))).header("content-encoding", "gzip"),
            delivered(2, "zip"),
        ),
        (Step::OK.body(PROTOBUF, partial(2, "x")).header("content-encoding", "gzip"), delivered(0, "")),
        (Step::OK.body(PROTOBUF, partial(2, "x")).header("content-encoding", "br"), delivered(0, "")),
        (
            Step::OK.body(PROTOBUF, gzip(&vec![0; 1 << 20])).header("content-encoding", "gzip"),
            delivered(0, ""),
        ),
        (
            Step::OK.body(PROTOBUF, partial(1, &"é".repeat(1000))),
            delivered(1, &format!("{}…", "é".repeat(256))),
        ),
        // Longer than is read: accepted all the same.
        (Step::OK.body(PROTOBUF, partial(1, &"x".repeat(70_000))), delivered(0, "")),
        (Step::Endless, delivered(0, "")),
    ]
    .into_iter()
    .enumerate()
    {
        sink.script([step]);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "case {number}");
    }
}

#[tokio::test]
async fn partial_success_over_grpc() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::Grpc);
    for (body, expected) in [
        (partial(3, "no"), delivered(3, "no")),
        (partial(0, "old"), delivered(0, "old")),
        (b"junk".to_vec(), delivered(0, "")),
    ] {
        sink.script([Step::grpc(0, "").body("application/grpc", body)]);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected);
    }
    // The status of an endless reply never comes.
    sink.script([Step::Endless]);
    assert_eq!(
        export(&mut exporter, &ten_spans(), &sink).await,
        rejected("gRPC UNKNOWN", "gRPC UNKNOWN: the reply is too long")
    );
    assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, Outcome::DELIVERED);
}

#[tokio::test]
async fn the_words_of_an_error() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    let bad = |content_type: &str, body: &[u8]| Step::status(400).body(content_type, body);
    let beginning = format!(": {}…", "x".repeat(256));
    for (number, (step, words)) in [
        (bad(PROTOBUF, b"\x08\x03\x12\x0bno trace id"), ": no trace id"),
        (bad(JSON, br#"{"code":3,"message":"no trace id"}"#), ": no trace id"),
        (bad(JSON, br#"{"error":"x"}"#), r#": {"error":"x"}"#),
        (bad("text/plain", b"line\r\n\x1b[31mred\n"), ": line\\r\\n\\u{1b}[31mred"),
        (bad("text/html", b"<html><body>long page</body></html>"), ""),
        (bad("image/png", b"\x89PNG\xff"), ""),
        (bad("text/plain", b""), ""),
        (bad("text/plain", &gzip(b"packed")).header("content-encoding", "gzip"), ": packed"),
        (bad("text/plain", &[b'x'; 100_000]), &beginning),
    ]
    .into_iter()
    .enumerate()
    {
        sink.script([step]);
        let expected = rejected("HTTP 400", &format!("HTTP 400 Bad Request{words}"));
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected, "case {number}");
    }
}

/// Headers and trailers are bounded as well.
#[tokio::test]
async fn headers_that_are_too_much() {
    let sink = Sink::start();
    let mut http = exporter(&sink, Protocol::HttpProtobuf);
    let mut grpc = exporter(&sink, Protocol::Grpc);
    let long = "x".repeat(1 << 20);
    let many = (0..200).fold(Step::OK, |step, number| step.header(&format!("x-{number}"), "y"));
    for step in [Step::OK.header("x-long", &long), many] {
        sink.script([step]);
        let expected = retry(None, "connection lost: the headers of the reply are too long", true);
        assert_eq!(export(&mut http, &ten_spans(), &sink).await, expected);
    }
    sink.script([Step::grpc(3, &long)]);
    let outcome = export(&mut grpc, &ten_spans(), &sink).await;
    let Outcome::Retry { message, maybe_received: true, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(message.starts_with("connection lost: the peer does not speak HTTP/2: "), "{message}");
    for exporter in [&mut http, &mut grpc] {
        assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
    }
}
