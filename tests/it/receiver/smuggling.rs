//! RCV-9: bytes that two readers could understand in two ways.

use super::door::{Door, Reply, TOKEN};
use super::http::spans;
use std::io::{Read, Write};

/// Each of them is refused, its connection is closed, and no request is read out of it.
#[test]
fn ambiguous_messages_are_refused_and_end_the_connection() {
    let door = Door::open();
    let inner = String::from_utf8(door.request("/v1/traces", &[], b"")).unwrap();
    let head = |lines: &str| {
        format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {}\r\nx-otel-run-token: {TOKEN}\r\n\
             content-type: application/x-protobuf\r\n{lines}\r\n",
            door.address
        )
    };
    let n = inner.len();
    let cases = [
        (
            "length and chunked",
            head(&format!("content-length: {n}\r\ntransfer-encoding: chunked\r\n")) + "0\r\n\r\n" + &inner,
        ),
        (
            "chunked and length",
            head("transfer-encoding: chunked\r\ncontent-length: 5\r\n") + "0\r\n\r\n" + &inner,
        ),
        ("two lengths", head(&format!("content-length: 0\r\ncontent-length: {n}\r\n")) + &inner),
        ("two equal lengths", head("content-length: 0\r\ncontent-length: 0\r\n") + &inner),
        ("a list of lengths", head("content-length: 0, 0\r\n") + &inner),
        ("a signed length", head("content-length: +0\r\n") + &inner),
        ("a hexadecimal length", head("content-length: 0x0\r\n") + &inner),
        ("an empty length", head("content-length:\r\n") + &inner),
        ("a huge length", head("content-length: 18446744073709551616\r\n") + &inner),
        ("an unknown coding", head("transfer-encoding: cow\r\n") + &inner),
        ("two codings", head("transfer-encoding: gzip, chunked\r\n") + "0\r\n\r\n" + &inner),
        (
            "chunked twice",
            head("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n") + "0\r\n\r\n" + &inner,
        ),
        (
            "a coding that is not last",
            head("transfer-encoding: chunked, identity\r\n") + "0\r\n\r\n" + &inner,
        ),
        ("a folded header", head("x: a\r\n b: c\r\ncontent-length: 0\r\n") + &inner),
        ("a folded first header", format!("POST /v1/traces HTTP/1.1\r\n x: y\r\n\r\n{inner}")),
        ("a bare line feed in the head", head("x: a\ncontent-length: 0\r\n") + &inner),
        ("bare line feeds", format!("POST /v1/traces HTTP/1.1\nhost: {}\n\n{inner}", door.address)),
        ("a bare carriage return", head("x: a\rcontent-length: 0\r\n") + &inner),
        ("a space before the colon", head("content-length : 0\r\n") + &inner),
        ("a tab before the colon", head("transfer-encoding\t: chunked\r\n") + "0\r\n\r\n" + &inner),
        ("a NUL in a value", head("x: a\0b\r\ncontent-length: 0\r\n") + &inner),
        ("no colon", head("content-length\r\n") + &inner),
        ("two hosts", head("host: localhost\r\ncontent-length: 0\r\n") + &inner),
        (
            "a chunk extension too long",
            head("transfer-encoding: chunked\r\n") + "0;" + &"x".repeat(20_000) + "\r\n\r\n" + &inner,
        ),
        ("a chunk size with a sign", head("transfer-encoding: chunked\r\n") + "+0\r\n\r\n" + &inner),
        ("a chunk size of 0x0", head("transfer-encoding: chunked\r\n") + "0x0\r\n\r\n" + &inner),
        (
            "a chunk that is longer than it says",
            head("transfer-encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n" + &inner,
        ),
        ("a bare line feed behind a chunk size", head("transfer-encoding: chunked\r\n") + "0\n\r\n" + &inner),
        (
            "a chunk size that overflows",
            head("transfer-encoding: chunked\r\n") + "10000000000000000\r\n\r\n" + &inner,
        ),
        (
            "a version of its own",
            format!("POST /v1/traces HTTP/1.2\r\nhost: {}\r\n\r\n{inner}", door.address),
        ),
        ("no version", format!("POST /v1/traces\r\n\r\n{inner}")),
        (
            "chunked in HTTP/1.0",
            head("transfer-encoding: chunked\r\n").replace("1.1", "1.0") + "0\r\n\r\n" + &inner,
        ),
    ];
    for (name, bytes) in cases {
        let mut stream = door.connect();
        stream.write_all(bytes.as_bytes()).unwrap();
        let reply = Reply::read(&mut stream);
        assert_eq!(reply.status, 400, "{name}: {}", reply.text());
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "", "{name}: a second reply");
    }
    assert!(door.close().1.is_empty(), "a request was read out of a body");
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let door = Door::open();
    let long = door.post("/v1/traces", &[("x", &"y".repeat(17_000))], &spans(1));
    assert_eq!((long.status, long.closed), (431, true), "{}", long.text());
    let names: Vec<String> = (0..64).map(|n| format!("x-{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "y")).collect();
    let many = door.post("/v1/traces", &many, &spans(1));
    assert_eq!((many.status, many.closed), (431, true), "{}", many.text());
    assert!(door.close().1.is_empty());
}

#[test]
fn requests_behind_one_another_are_answered_in_their_order() {
    let door = Door::open();
    let request = door.request("/v1/traces", &[], &spans(1));
    let chunked = [
        &door.request("/v1/traces", &[("content-length", "-"), ("transfer-encoding", "chunked")], b"")[..],
        b"0;a=b\r\nx: y\r\n\r\n",
    ];
    let unknown = door.request("/", &[], b"");
    let mut stream = door.connect();
    stream.write_all(&[&request[..], &chunked.concat(), b"\r\n", &unknown, &request].concat()).unwrap();
    let replies: Vec<u16> = (0..4).map(|_| Reply::read(&mut stream).status).collect();
    assert_eq!(replies, [200, 200, 404, 200]);
    assert_eq!(door.delivered(2).len(), 2, "the second was empty");
}
