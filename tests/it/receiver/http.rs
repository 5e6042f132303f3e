//! OTLP/HTTP.

use super::door::{Door, Reply, TOKEN};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::Link;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otel_run::otlp::Signal;
use prost::Message;
use std::io::{Read, Write};

/// A request of `count` spans.
pub(super) fn spans(count: usize) -> Vec<u8> {
    let span = |n: usize| Span {
        trace_id: vec![7; 16],
        span_id: (n as u64 + 1).to_be_bytes().to_vec(),
        name: format!("span {n}"),
        ..Span::default()
    };
    let scope = ScopeSpans { spans: (0..count).map(span).collect(), ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

#[test]
fn takes_protobuf_as_it_is() {
    let door = Door::open();
    let body = spans(3);
    let reply = door.post("/v1/traces", &[], &body);
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b""[..]));
    assert_eq!(reply.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(door.delivered(1), [(Signal::Traces, body)]);
    assert_eq!(door.account.lines()[0], "account: received 3 spans");
}

#[test]
fn takes_json() {
    let door = Door::open();
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"hello"}]}]}]}"#;
    let reply = door.post("/v1/traces", &[("content-type", "application/json; charset=utf-8")], json);
    assert_eq!((reply.status, reply.text().as_str()), (200, "{}"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let (_, bytes) = door.delivered(1).remove(0);
    let request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
    assert_eq!(request.resource_spans[0].scope_spans[0].spans[0].name, "hello");
}

#[test]
fn takes_long_json() {
    let door = Door::open();
    let spans = vec![r#"{"name":"a span","traceId":"00112233445566778899aabbccddeeff"}"#; 10_000].join(",");
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    let json_type = [("content-type", "application/json")];
    assert_eq!(door.post("/v1/traces", &json_type, json.as_bytes()).status, 200);
    assert_eq!(door.account.lines()[0], "account: received 10000 spans");
    let cut = door.post("/v1/traces", &json_type, &json.as_bytes()[..json.len() - 1]);
    assert_eq!(cut.status, 400);
    assert!(cut.text().contains("truncated JSON at line 1 column "), "{}", cut.text());
}

/// RCV-8: OTLP has no limits to cut to, so nothing is cut on its way, whatever its size.
#[test]
fn huge_items_go_on_as_they_are() {
    let text = |text: String| Some(AnyValue { value: Some(any_value::Value::StringValue(text)) });
    let attribute =
        |n: usize| KeyValue { key: format!("a{n}"), value: text("b".into()), ..KeyValue::default() };
    let door = Door::open();
    let huge = [
        Span {
            attributes: vec![KeyValue { value: text("x".repeat(10 << 20)), ..attribute(0) }],
            ..Span::default()
        },
        Span { attributes: (0..100_000).map(attribute).collect(), ..Span::default() },
        Span { links: vec![Link::default(); 1_000_000], ..Span::default() },
    ];
    let bodies = huge.map(|span| {
        let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
        let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
        ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
    });
    for (number, body) in bodies.iter().enumerate() {
        assert_eq!(door.post("/v1/traces", &[], body).status, 200);
        assert!(door.delivered(number + 1).pop().is_some_and(|(_, bytes)| bytes == *body));
    }
    assert_eq!(door.account.lines()[0], "account: received 3 spans");
}

/// RCV-13: what is odd in meaning is not our business.
#[test]
fn odd_data_is_data() {
    let door = Door::open();
    let odd = [
        Span { trace_id: vec![0; 16], span_id: vec![0; 8], ..Span::default() },
        Span { trace_id: vec![1; 3], span_id: vec![1; 300], parent_span_id: vec![1; 300], ..Span::default() },
        Span { start_time_unix_nano: 2, end_time_unix_nano: 1, ..Span::default() },
        Span { start_time_unix_nano: 1 << 63, end_time_unix_nano: u64::MAX, ..Span::default() },
        Span { kind: -1, flags: u32::MAX, dropped_links_count: u32::MAX, ..Span::default() },
        Span { name: "\u{0}\u{1b}[31m".repeat(1000), ..Span::default() },
    ];
    let scope = ScopeSpans { spans: odd.iter().chain(&odd).cloned().collect(), ..ScopeSpans::default() };
    let empty = ResourceSpans::default();
    let resource =
        ResourceSpans { scope_spans: vec![ScopeSpans::default(), scope], ..ResourceSpans::default() };
    let request = ExportTraceServiceRequest { resource_spans: vec![empty, resource] };
    // Fields of a later version, of each wire type.
    let unknown = b"\xf8\x07\x01\xf9\x07\0\0\0\0\0\0\0\0\xfa\x07\x01x\xfd\x07\0\0\0\0";
    let body = [request.encode_to_vec().as_slice(), unknown].concat();
    assert_eq!(door.post("/v1/traces", &[], &body).status, 200);
    assert_eq!(door.delivered(1), [(Signal::Traces, body)]);
    assert_eq!(door.account.lines()[0], "account: received 12 spans");
    for signal in Signal::ALL {
        assert_eq!(door.post(signal.path(), &[], b"").status, 200, "an empty request is valid");
    }
    assert_eq!(door.close().1.len(), 1);
}

#[test]
fn wants_the_token() {
    let door = Door::open();
    for token in ["-", "", &TOKEN[..31], &TOKEN.to_uppercase()] {
        let reply = door.post("/v1/traces", &[("x-otel-run-token", token)], &spans(1));
        assert_eq!(reply.status, 401, "{token}");
    }
    assert_eq!(door.account.lines(), ["account: refused 4 traces requests (wrong token)"]);
}

/// Clients that are a little too fast wait; they are not sent away.
#[test]
fn a_queue_that_moves_is_waited_for() {
    let door = Door::slow();
    let request = door.request("/v1/traces", &[], &spans(1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut stream = door.connect();
                for _ in 0..10 {
                    stream.write_all(&request).unwrap();
                    assert_eq!(Reply::read(&mut stream).status, 200);
                }
            });
        }
    });
    assert_eq!(door.delivered(40).len(), 40);
}

#[test]
fn a_full_queue_asks_to_come_again() {
    let door = Door::full();
    assert_eq!(door.post("/v1/traces", &[], &spans(1)).status, 200);
    let reply = door.post("/v1/traces", &[], &spans(1));
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
    let lines = door.account.lines();
    assert_eq!(lines[0], "account: received 1 spans");
    assert_eq!(lines[1], "account: refused 1 traces requests (queue full)");
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn takes_compressed_bodies() {
    let door = Door::open();
    let body = spans(2000);
    let halves = body.split_at(body.len() / 2);
    let cases = [
        ("gzip", gzip(&body)),
        ("GZIP", gzip(&body)),
        ("x-gzip", [gzip(halves.0), gzip(halves.1)].concat()),
        ("deflate", zlib(&body)),
        ("identity", body.clone()),
    ];
    let count = cases.len();
    for (coding, packed) in cases {
        let reply = door.post("/v1/traces", &[("content-encoding", coding)], &packed);
        assert_eq!(reply.status, 200, "{coding}: {}", reply.text());
    }
    assert!(door.delivered(count).iter().all(|(_, bytes)| *bytes == body));
}

#[test]
fn takes_bodies_in_any_pieces() {
    let door = Door::open();
    let body = spans(500);
    let chunked: Vec<u8> = body
        .chunks(1000)
        .flat_map(|piece| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat())
        .collect();
    let chunked = [chunked.as_slice(), b"0\r\n\r\n"].concat();
    let more = [("content-length", "-"), ("transfer-encoding", "chunked")];
    assert_eq!(door.post("/v1/traces", &more, &chunked).status, 200);

    let mut stream = door.connect();
    for piece in door.request("/v1/traces", &[], &body).chunks(7) {
        stream.write_all(piece).unwrap();
    }
    assert_eq!(Reply::read(&mut stream).status, 200);

    let request = door.request("/v1/traces", &[("expect", "100-continue")], b"");
    let request = String::from_utf8(request).unwrap();
    let request = request.replace("content-length: 0", &format!("content-length: {}", body.len()));
    stream.write_all(request.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body).unwrap();
    assert_eq!(Reply::read(&mut stream).status, 200);
    assert!(door.delivered(3).iter().all(|(_, bytes)| *bytes == body));
}

/// RCV-4: every refusal is complete, says why in the encoding of its request, and leaves a
/// connection that can be used.
#[test]
fn refuses_with_a_reason() {
    let door = Door::open();
    let good = &spans(1);
    let path = "the paths are /v1/traces, /v1/metrics and /v1/logs";
    let media = "the content type must be application/x-protobuf or application/json";
    let coding = "the content encoding must be one of gzip, deflate, identity";
    let host = "the host must be a loopback address with our port";
    let page = "requests of web pages are not taken";
    let token = "the header x-otel-run-token is missing or wrong";
    let unpack = "the body cannot be decompressed";
    let other_port = format!("127.0.0.1:{}", door.address.port() - 1);
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Headers, &[u8], u16, &str)] = &[
        ("/v1/trace", &[], good, 404, path),
        ("/", &[], good, 404, path),
        ("/v1/traces/", &[], good, 404, path),
        ("/v1/traces", &[("content-type", "text/plain")], good, 415, media),
        ("/v1/traces", &[("content-type", "application/json+x")], b"{}", 415, media),
        ("/v1/traces", &[("content-type", "-")], good, 415, media),
        (Signal::Traces.grpc_path(), &[("content-type", "application/grpc")], good, 404, path),
        ("/v1/traces", &[("content-encoding", "zstd")], good, 415, coding),
        ("/v1/traces", &[("content-encoding", "br")], good, 415, coding),
        ("/v1/traces", &[("content-encoding", "gzip, gzip")], good, 415, coding),
        ("/v1/traces", &[("x-otel-run-token", "-")], good, 401, token),
        ("/v1/traces", &[("x-otel-run-token", "00")], good, 401, token),
        ("/v1/traces", &[("host", "evil.example")], good, 403, host),
        ("/v1/traces", &[("host", &other_port)], good, 403, host),
        ("/v1/traces", &[("host", "-")], good, 403, host),
        ("http://evil.example/v1/traces", &[], good, 403, host),
        ("/v1/traces", &[("origin", "https://evil.example")], good, 403, page),
        ("/v1/traces", &[("origin", "null")], good, 403, page),
        ("/v1/traces", &[], b"\x0a\x7f", 400, "not an OTLP traces request: truncated"),
        ("/v1/traces", &[], b"garbage", 400, "not an OTLP traces request: wire type 7 is not allowed"),
        (
            "/v1/metrics",
            &[],
            b"\x08\x01",
            400,
            "not an OTLP metrics request: field 1 has the wrong wire type",
        ),
        ("/v1/logs", &[("content-encoding", "gzip")], good, 400, unpack),
        ("/v1/logs", &[("content-encoding", "gzip")], &gzip(good)[..20], 400, unpack),
        ("/v1/logs", &[("content-encoding", "deflate")], &gzip(good), 400, unpack),
    ];
    let mut stream = door.connect();
    for &(path, headers, body, status, message) in cases {
        for encoding in ["application/x-protobuf", "application/json"] {
            let mut headers = headers.to_vec();
            let given = headers.iter().any(|(name, _)| *name == "content-type");
            if !given {
                headers.push(("content-type", encoding));
            }
            stream.write_all(&door.request(path, &headers, body)).unwrap();
            let reply = Reply::read(&mut stream);
            assert_eq!(reply.status, status, "{message}: {}", reply.text());
            let json = given || encoding == "application/json";
            let type_of_reply = if json { "application/json" } else { "application/x-protobuf" };
            assert_eq!(reply.header("content-type"), Some(type_of_reply), "{message}");
            assert!(reply.body.len() <= 300, "{message}: {}", reply.text());
            // The words for malformed JSON are others.
            if !(json && status == 400) {
                assert!(reply.text().contains(message), "{message}: {}", reply.text());
            }
        }
    }
    let get = door.raw(format!("GET /v1/traces HTTP/1.1\r\nhost: {}\r\n\r\n", door.address).as_bytes());
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    assert_eq!(get.text(), r#"{"code":12,"message":"the method must be POST"}"#);
    let old = door.raw(b"POST /v1/traces HTTP/1.0\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(old.status, 403);
    assert_eq!(door.post("/v1/traces?x=y", &[], good).status, 200, "a query is no part of the path");
    assert_eq!(door.close().1.len(), 1);
}

#[test]
fn the_status_of_a_refusal_is_that_of_google_rpc() {
    let door = Door::open();
    let reply = door.post("/v1/traces", &[], b"\x0a\x7f");
    assert_eq!(reply.body, b"\x08\x03\x12\x25not an OTLP traces request: truncated");
    let reply = door.post("/v1/traces", &[("content-type", "application/json")], b"[");
    assert_eq!(
        reply.text(),
        r#"{"code":3,"message":"not an OTLP traces request: unexpected value at line 1 column 0"}"#
    );
}

/// What is too large is refused by its declared length, or when it has become too large.
#[test]
fn bodies_are_bounded() {
    let door = Door::open();
    let declared = door.post("/v1/traces", &[("content-length", "20971521")], b"");
    assert_eq!((declared.status, declared.closed), (413, true));
    assert!(declared.text().ends_with("larger than 20 MiB"), "{}", declared.text());
    let expecting = [("content-length", "99999999999"), ("expect", "100-continue")];
    let expecting = door.post("/v1/traces", &expecting, b"");
    assert_eq!((expecting.status, expecting.closed), (413, true));
    let packed = [("content-length", "8388609"), ("content-encoding", "gzip")];
    let packed = door.post("/v1/traces", &packed, b"");
    assert_eq!((packed.status, packed.closed), (413, true));

    let huge = vec![0; (20 << 20) + 1];
    assert_eq!(door.post("/v1/traces", &[], &huge).status, 413);
    let chunk = [format!("{:x}\r\n", huge.len()).as_bytes(), &huge, b"\r\n0\r\n\r\n"].concat();
    let chunked = [("content-length", "-"), ("transfer-encoding", "chunked")];
    assert_eq!(door.post("/v1/traces", &chunked, &chunk).status, 413);
    // A request of the largest size, in one unknown field.
    let largest = [b"\xfa\x01\xfa\xff\xff\x09".as_slice(), &vec![0; (20 << 20) - 6]].concat();
    assert_eq!(door.post("/v1/traces", &[], &largest).status, 200);
}
