//! Destinations that hang, close, reset, or are not there (EXP-1, EXP-5, EXP-8, EXP-10).

use super::*;
use crate::support::sink::{Point, Reply};
use std::time::Instant;

const SHORT: Duration = Duration::from_millis(400);

fn impatient(sink: &Sink, protocol: Protocol) -> OtlpExporter {
    let settings = OtlpSettings { timeout: SHORT, ..settings(&sink.url(), protocol, Signal::Traces) };
    OtlpExporter::new(Signal::Traces, &settings).expect("an exporter")
}

#[tokio::test]
async fn no_connection() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for protocol in PROTOCOLS {
        let settings = settings(&format!("http://{free}"), protocol, Signal::Traces);
        let mut exporter = OtlpExporter::new(Signal::Traces, &settings).expect("an exporter");
        let message = format!("http://{free}: cannot connect: connection refused");
        assert_eq!(exporter.export(&ten_spans()).await, retry(None, &message, false));
    }
}

#[tokio::test]
async fn no_such_host() {
    let settings = settings("http://no-such-host.invalid:4318", Protocol::HttpProtobuf, Signal::Traces);
    let mut exporter = OtlpExporter::new(Signal::Traces, &settings).expect("an exporter");
    let outcome = exporter.export(&ten_spans()).await;
    let Outcome::Retry { message, maybe_received: false, .. } = &outcome else { panic!("{outcome:?}") };
    let start =
        "http://no-such-host.invalid:4318: cannot connect: cannot look up host no-such-host.invalid: ";
    assert!(message.starts_with(start) && message.len() > start.len(), "{message}");
}

/// A destination that says nothing costs the timeout and no more, and the next attempt goes
/// over another connection.
#[tokio::test]
async fn every_kind_of_hang() {
    let sink = Sink::start();
    let drip = Step::Drip(Reply { status: 200, body: vec![b'x'; 50], ..Reply::default() });
    let large = parcel([padded(Signal::Traces, 0..5_000, 2000)]);
    for protocol in PROTOCOLS {
        for (step, parcel) in [
            (Step::Hang(Point::Accept), ten_spans()),
            // Ten megabytes do not fit into the socket of one who does not read.
            (Step::Hang(Point::Accept), large.clone()),
            (Step::Hang(Point::Headers), large.clone()),
            (Step::Hang(Point::Reply), ten_spans()),
            (Step::Hang(Point::Body), ten_spans()),
            (drip.clone(), ten_spans()),
        ] {
            let drips_in_http2 = protocol == Protocol::Grpc && matches!(step, Step::Drip(_));
            // Writing so much JSON takes longer than sending it.
            if drips_in_http2 || (protocol == Protocol::HttpJson && parcel.items > 10) {
                continue;
            }
            let mut exporter = impatient(&sink, protocol);
            let told = format!("{protocol:?} {step:?}");
            sink.script([step]);
            let start = Instant::now();
            let outcome = export(&mut exporter, &parcel, &sink).await;
            let elapsed = start.elapsed();
            assert_eq!(outcome, retry(None, "no answer within 0.4 s", true), "{told}");
            assert!((SHORT..SHORT * 5).contains(&elapsed), "{told}: {elapsed:?}");
            let before = sink.seen().connections;
            assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, Outcome::DELIVERED, "{told}");
            assert_eq!(sink.seen().connections, before + 1, "{told}");
        }
    }
}

#[tokio::test]
async fn slow_but_in_time() {
    let sink = Sink::start();
    for protocol in PROTOCOLS {
        let mut exporter = exporter(&sink, protocol);
        sink.script([Step::OK.delay(SHORT)]);
        assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
    }
}

/// The usual mistake: the port of the other protocol.
#[tokio::test]
async fn another_protocol() {
    let sink = Sink::start();
    let bad_request = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
    let settings_frame = b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0";
    let no_http1 = "connection lost: the peer does not speak HTTP/1.1 (is this its port for gRPC?)";
    let no_http2 = "connection lost: the peer does not speak HTTP/2: frame with invalid size (is this its port \
                    for OTLP/HTTP?)";
    for (protocol, bytes, why) in [
        (Protocol::Grpc, &bad_request[..], no_http2),
        (Protocol::HttpProtobuf, &settings_frame[..], no_http1),
        (Protocol::HttpProtobuf, b"SSH-2.0-OpenSSH_9.2\r\n", no_http1),
    ] {
        let mut exporter = exporter(&sink, protocol);
        sink.script([Step::Garbage(bytes.to_vec())]);
        let outcome = export(&mut exporter, &ten_spans(), &sink).await;
        let Outcome::Retry { message, .. } = &outcome else { panic!("{outcome:?}") };
        // What breaks the connection before the request is on it is told to nobody.
        let closed = protocol == Protocol::Grpc && message == "connection lost: connection closed";
        assert!(closed || message == why, "{protocol:?}: {message}");
    }
}

/// A refusal that comes before the body is read, and closes the connection under it, is heard.
#[tokio::test]
async fn an_early_refusal() {
    let sink = Sink::start();
    let large = parcel([padded(Signal::Traces, 0..5_000, 2000)]);
    for _ in 0..20 {
        let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
        sink.script([Step::early(413)]);
        let outcome = export(&mut exporter, &large, &sink).await;
        assert!(matches!(&outcome, Outcome::Rejected { reason, .. } if reason == "HTTP 413"), "{outcome:?}");
    }
}

#[tokio::test]
async fn every_kind_of_loss() {
    let sink = Sink::start();
    for protocol in PROTOCOLS {
        for point in [Point::Accept, Point::Headers, Point::Reply, Point::Body] {
            for step in [Step::Close(point), Step::Reset(point)] {
                let mut exporter = exporter(&sink, protocol);
                let told = format!("{protocol:?} {step:?}");
                sink.script([step]);
                let outcome = export(&mut exporter, &ten_spans(), &sink).await;
                let Outcome::Retry { after: None, message, .. } = &outcome else {
                    panic!("{told}: {outcome:?}")
                };
                // A reset may come before the connection is known to be made.
                let (lost, failed) = ("connection lost: ", "cannot connect: connection reset");
                let at_once = point == Point::Accept && message == failed;
                assert!(at_once || (message.starts_with(lost) && message != lost), "{told}: {message}");
                if point == Point::Reply || point == Point::Body {
                    assert!(matches!(outcome, Outcome::Retry { maybe_received: true, .. }), "{told}");
                }
                assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, Outcome::DELIVERED, "{told}");
            }
        }
    }
}

/// A connection that the peer closes while it is idle is nobody's trouble: the request goes
/// over a new one at once.
#[tokio::test]
async fn a_kept_connection_that_is_gone() {
    let sink = Sink::start();
    for protocol in PROTOCOLS {
        for step in [Step::Close(Point::Headers), Step::Reset(Point::Headers)] {
            let mut exporter = exporter(&sink, protocol);
            sink.seen().requests.clear();
            sink.script([Step::OK, step]);
            assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
            assert_eq!(exporter.export(&ten_spans()).await, Outcome::at_once(true));
            assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
            let seen = sink.seen();
            let connections: Vec<usize> = seen.requests.iter().map(|request| request.connection).collect();
            assert_eq!(connections.len(), 2);
            assert_ne!(connections[0], connections[1]);
        }
    }
}

/// One who always closes is tried at once only when it has answered before.
#[tokio::test]
async fn one_attempt_on_a_new_connection_and_no_more() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpProtobuf);
    assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
    sink.script([Step::Close(Point::Reply), Step::Close(Point::Reply), Step::Close(Point::Reply)]);
    assert_eq!(exporter.export(&ten_spans()).await, Outcome::at_once(true));
    for _ in 0..2 {
        let expected = retry(None, "connection lost: closed before the reply was complete", true);
        assert_eq!(export(&mut exporter, &ten_spans(), &sink).await, expected);
    }
}
