//! OTLP/gRPC, and OTLP/HTTP over HTTP/2, asked by an HTTP/2 client.

use super::door::{Door, PATIENCE, TOKEN};
use super::http::{gzip, spans, zlib};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use otel_run::otlp::Signal;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

struct Answer {
    http: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// In the trailers, or in the headers of a reply without a body.
    fn grpc_status(&self) -> i32 {
        self.headers["grpc-status"].to_str().unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// One request on a connection of its own. Headers of `more` replace the usual ones, `-`
/// takes them away.
fn call(door: &Door, path: &str, more: &[(&'static str, &str)], body: Vec<u8>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = async {
        let stream = tokio::net::TcpStream::connect(door.address).await.unwrap();
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::post(format!("http://{}{path}", door.address));
        let headers = request.headers_mut().unwrap();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        headers.insert("te", "trailers".parse().unwrap());
        headers.insert("x-otel-run-token", TOKEN.parse().unwrap());
        for (name, value) in more {
            if *value == "-" {
                headers.remove(*name);
            } else {
                headers.insert(*name, value.parse().unwrap());
            }
        }
        let response =
            sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap();
        let mut headers = head.headers;
        headers.extend(body.trailers().cloned().unwrap_or_default());
        Answer { http: head.status.as_u16(), headers, body: body.to_bytes() }
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await }).unwrap()
}

fn message(flag: u8, bytes: &[u8]) -> Vec<u8> {
    [&[flag][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

#[test]
fn takes_all_three_services() {
    let door = Door::open();
    for (count, signal) in (1..).zip(Signal::ALL) {
        let body = match signal {
            Signal::Traces => spans(600),
            Signal::Metrics => b"\x0a\x08\x12\x06\x12\x04\x2a\x02\x0a\x00".to_vec(),
            Signal::Logs => b"\x0a\x04\x12\x02\x12\x00".to_vec(),
        };
        let answer = call(&door, signal.grpc_path(), &[], message(0, &body));
        assert_eq!((answer.http, answer.grpc_status()), (200, 0), "{signal}");
        assert_eq!(answer.header("content-type"), "application/grpc");
        assert_eq!(answer.body, [0; 5].as_slice());
        assert!(door.delivered(count).contains(&(signal, body)));
    }
    assert_eq!(call(&door, TRACES, &[], message(0, b"")).grpc_status(), 0, "an empty request is valid");
    assert_eq!(door.close().1.len(), 3);
}

#[test]
fn takes_compressed_messages() {
    let door = Door::open();
    let body = spans(600);
    let answer = call(&door, TRACES, &[("grpc-encoding", "gzip")], message(1, &gzip(&body)));
    assert_eq!(answer.grpc_status(), 0);
    let proto = [("grpc-encoding", "deflate"), ("content-type", "application/grpc+proto; x=y")];
    assert_eq!(call(&door, TRACES, &proto, message(1, &zlib(&body))).grpc_status(), 0);
    // The encoding may be named though this message does not use it.
    let answer = call(&door, TRACES, &[("grpc-encoding", "gzip")], message(0, &body));
    assert_eq!(answer.grpc_status(), 0);
    assert!(door.delivered(3).iter().all(|(signal, bytes)| *signal == Signal::Traces && *bytes == body));
}

#[test]
fn refuses_with_a_status() {
    let door = Door::open();
    let good = || message(0, &spans(1));
    let foreign = [("origin", "http://evil.example")];
    let zstd = [("grpc-encoding", "zstd")];
    let huge = [0, 0xff, 0xff, 0xff, 0xff, 1].to_vec();
    type Headers<'a> = &'a [(&'static str, &'a str)];
    let cases: [(&str, Headers, Vec<u8>, i32, &str); 13] = [
        (TRACES, &[("x-otel-run-token", "-")], good(), 16, "the header x-otel-run-token is missing or wrong"),
        (TRACES, &[("x-otel-run-token", "x")], good(), 16, "the header x-otel-run-token is missing or wrong"),
        (TRACES, &[("host", "evil.example")], good(), 7, "the host must be a loopback address with our port"),
        (TRACES, &foreign, good(), 7, "requests of web pages are not taken"),
        (
            "/grpc.health.v1.Health/Check",
            &[],
            good(),
            12,
            "the methods are Export of TraceService, MetricsService and LogsService",
        ),
        (TRACES, &zstd, message(1, b"x"), 12, "the message encoding must be gzip or deflate"),
        (TRACES, &[], message(1, b"x"), 12, "the message encoding must be gzip or deflate"),
        (TRACES, &[], huge, 8, "larger than 20 MiB"),
        (TRACES, &[], message(2, b""), 3, "the compressed flag must be 0 or 1"),
        (TRACES, &[], [good(), good()].concat(), 3, "there is more than one message"),
        (TRACES, &[], good()[..7].to_vec(), 3, "the message is incomplete"),
        (TRACES, &[], Vec::new(), 3, "the message is incomplete"),
        (TRACES, &[], message(0, &[0x0a, 0x05, 0x00]), 3, "not an OTLP traces request: truncated"),
    ];
    for (path, headers, body, code, text) in cases {
        let answer = call(&door, path, headers, body);
        assert_eq!((answer.http, answer.grpc_status()), (200, code), "{text}");
        assert_eq!(answer.header("grpc-message").replace("%2C", ","), text);
        assert_eq!(answer.body, "");
    }
    let answer = call(&door, TRACES, &[("grpc-encoding", "gzip")], message(1, b"not gzip"));
    assert_eq!(answer.grpc_status(), 3);
    assert!(answer.header("grpc-message").starts_with("the body cannot be decompressed: "));
    assert!(door.close().1.is_empty());
}

/// RCV-3: the client is told to come again, and when.
#[test]
fn a_full_queue_is_resource_exhausted_with_retry_info() {
    let door = Door::full();
    assert_eq!(call(&door, TRACES, &[], message(0, &spans(1))).grpc_status(), 0);
    let answer = call(&door, TRACES, &[], message(0, &spans(1)));
    assert_eq!(answer.grpc_status(), 8);
    // google.rpc.Status { code: 8, message, details: [RetryInfo { retry_delay: 1 s }] }
    let details = [
        b"\x08\x08\x12\x20no room at the moment, try again\x1a\x30".as_slice(),
        b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x01",
    ];
    use base64::Engine;
    let given = base64::engine::general_purpose::STANDARD_NO_PAD;
    assert_eq!(given.decode(answer.header("grpc-status-details-bin")).unwrap(), details.concat());
    assert_eq!(given.decode(answer.header("google.rpc.retryinfo-bin")).unwrap(), b"\x0a\x02\x08\x01");
}

#[test]
fn otlp_http_is_spoken_over_http2_too() {
    let door = Door::open();
    let body = spans(2);
    let answer = call(&door, "/v1/traces", &[("content-type", "application/x-protobuf")], body.clone());
    assert_eq!((answer.http, answer.header("content-type")), (200, "application/x-protobuf"));
    let answer = call(&door, "/v1/traces", &[("content-type", "text/plain")], body.clone());
    assert_eq!(answer.http, 415);
    assert_eq!(door.delivered(1), [(Signal::Traces, body)]);
}
