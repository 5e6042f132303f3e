//! The OTLP exporter against a destination with faults.

#[path = "otlp_export/checks.rs"]
mod checks;
#[path = "otlp_export/codes.rs"]
mod codes;
#[path = "otlp_export/faults.rs"]
mod faults;
#[path = "otlp_export/proxy.rs"]
mod proxy;
#[path = "otlp_export/replies.rs"]
mod replies;
#[path = "otlp_export/tls.rs"]
mod tls;

use crate::support::batches::{numbered, padded};
use crate::support::sink::{Sink, Step};
use otel_run::export::otlp::OtlpExporter;
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::{Batch, Signal};
use otel_run::settings::{Compression, OtlpSettings, Protocol, Secret};
use std::time::Duration;

const PROTOCOLS: [Protocol; 3] = [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc];

/// Settings as the settings room would make them for this destination.
fn settings(url: &str, protocol: Protocol, signal: Signal) -> OtlpSettings {
    let path = if protocol == Protocol::Grpc { "" } else { signal.path() };
    OtlpSettings {
        url: format!("{url}{path}"),
        protocol,
        headers: Vec::new(),
        certificate: None,
        client_certificate: None,
        client_key: None,
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        proxy: None,
        entra: None,
        by_default: false,
    }
}

fn exporter(sink: &Sink, protocol: Protocol) -> OtlpExporter {
    OtlpExporter::new(Signal::Traces, &settings(&sink.url(), protocol, Signal::Traces)).expect("an exporter")
}

fn parcel(batches: impl IntoIterator<Item = Batch>) -> Parcel {
    let batches: Vec<Batch> = batches.into_iter().collect();
    Parcel {
        signal: batches[0].signal(),
        items: batches.iter().map(Batch::items).sum(),
        bytes: batches.iter().map(|batch| batch.bytes().len()).sum(),
        batches,
    }
}

fn ten_spans() -> Parcel {
    parcel([numbered(Signal::Traces, 0..10)])
}

fn rejected(reason: &str, message: &str) -> Outcome {
    Outcome::Rejected { reason: reason.to_owned(), message: message.to_owned() }
}

/// Exports, and takes the destination's name off the message, which must begin with it.
async fn export(exporter: &mut OtlpExporter, parcel: &Parcel, sink: &Sink) -> Outcome {
    let mut outcome = exporter.export(parcel).await;
    if let Outcome::Retry { message, .. } | Outcome::Rejected { message, .. } = &mut outcome {
        let start = format!("{}: ", sink.url());
        *message = message.strip_prefix(&start).unwrap_or_else(|| panic!("{message}")).to_owned();
    }
    outcome
}

fn retry(after: Option<Duration>, message: &str, maybe_received: bool) -> Outcome {
    Outcome::Retry { after, message: message.to_owned(), maybe_received }
}

#[tokio::test]
async fn every_signal_protocol_and_compression_arrives_as_it_was() {
    let sink = Sink::start();
    for signal in Signal::ALL {
        for protocol in PROTOCOLS {
            for compression in [Compression::None, Compression::Gzip(6)] {
                sink.seen().requests.clear();
                let settings = OtlpSettings { compression, ..settings(&sink.url(), protocol, signal) };
                let mut exporter = OtlpExporter::new(signal, &settings).expect("an exporter");
                // Small ones that are joined, and one that is large enough for the other thread.
                let batches = [numbered(signal, 0..3), numbered(signal, 3..4), padded(signal, 4..60, 1000)];
                let case = format!("{signal} {protocol:?} {compression:?}");
                assert_eq!(exporter.export(&parcel(batches.clone())).await, Outcome::DELIVERED, "{case}");
                assert_eq!(exporter.export(&parcel([numbered(signal, 60..61)])).await, Outcome::DELIVERED);
                let seen = sink.seen();
                assert_eq!(seen.accepted(signal), (0..61).collect::<Vec<_>>(), "{case}");
                assert_eq!(seen.requests[0].connection, seen.requests[1].connection, "kept alive: {case}");
                let request = &seen.requests[0];
                let grpc = protocol == Protocol::Grpc;
                assert_eq!(request.path, if grpc { signal.grpc_path() } else { signal.path() });
                assert_eq!(
                    request.header("user-agent"),
                    Some(concat!("OTel-OTLP-Exporter-otel-run/", env!("CARGO_PKG_VERSION")))
                );
                if protocol != Protocol::HttpJson {
                    let joined: Vec<u8> = batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect();
                    assert!(request.plain == joined, "the bytes as received: {case}");
                }
                let gzip = (compression != Compression::None).then_some("gzip");
                let names = if protocol == Protocol::Grpc {
                    assert_eq!(request.header("te"), Some("trailers"));
                    assert_eq!(request.header("grpc-timeout"), Some("10000m"));
                    ("grpc-encoding", "application/grpc")
                } else {
                    let json = protocol == Protocol::HttpJson;
                    ("content-encoding", if json { "application/json" } else { "application/x-protobuf" })
                };
                assert_eq!((request.header(names.0), request.header("content-type")), (gzip, Some(names.1)));
            }
        }
    }
}

#[tokio::test]
async fn headers_are_sent_and_cannot_break_the_message() {
    let sink = Sink::start();
    for protocol in PROTOCOLS {
        let headers = [
            ("api-key", "s3cret="),
            ("X-Upper", "1"),
            ("User-Agent", "mine"),
            ("Content-Length", "3"),
            ("transfer-encoding", "chunked"),
            ("Content-Type", "text/plain"),
            ("Content-Encoding", "br"),
            ("te", "gzip"),
            ("Connection", "close"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), Secret::new(value))).to_vec();
        let settings = OtlpSettings { headers, ..settings(&sink.url(), protocol, Signal::Traces) };
        let mut exporter = OtlpExporter::new(Signal::Traces, &settings).expect("an exporter");
        assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
        let seen = sink.seen();
        let request = seen.requests.last().expect("a request");
        assert_eq!(request.header("api-key"), Some("s3cret="));
        assert_eq!(request.header("x-upper"), Some("1"));
        assert_eq!(request.header("user-agent"), Some("mine"));
        assert_ne!(request.header("content-type"), Some("text/plain"));
        assert_eq!(request.header("content-encoding"), None);
        assert_eq!(request.header("te"), (protocol == Protocol::Grpc).then_some("trailers"));
        assert_eq!(request.header("connection"), None);
    }
}

/// What is tried again is neither compressed nor written as JSON a second time.
#[tokio::test]
async fn a_parcel_is_encoded_once() {
    let sink = Sink::start();
    for protocol in PROTOCOLS {
        sink.script([503, 503].map(Step::status));
        let compression = Compression::Gzip(6);
        let settings = OtlpSettings { compression, ..settings(&sink.url(), protocol, Signal::Traces) };
        let mut exporter = OtlpExporter::new(Signal::Traces, &settings).expect("an exporter");
        let first = parcel([padded(Signal::Traces, 0..50, 1000)]);
        for attempt in 0..3 {
            let outcome = exporter.export(&first).await;
            assert_eq!(outcome == Outcome::DELIVERED, attempt == 2, "{outcome:?}");
        }
        let second = parcel([numbered(Signal::Traces, 50..60)]);
        assert_eq!(exporter.export(&second).await, Outcome::DELIVERED);
        let mut seen = sink.seen();
        assert!(
            seen.requests[0].body == seen.requests[1].body && seen.requests[1].body == seen.requests[2].body
        );
        assert_eq!(seen.accepted(Signal::Traces), (0..60).collect::<Vec<_>>());
        seen.requests.clear();
    }
}

#[tokio::test]
async fn items_that_cannot_be_written_as_json_are_rejected_alone() {
    let sink = Sink::start();
    let mut exporter = exporter(&sink, Protocol::HttpJson);
    // A span whose name has the wrong wire type: the walk down to the items lets it pass.
    let broken = || Batch::from_protobuf(Signal::Traces, b"\x0a\x06\x12\x04\x12\x02\x28\x01"[..].into());
    let broken = || broken().expect("a request");
    assert_eq!(
        exporter.export(&parcel([broken(), numbered(Signal::Traces, 0..10)])).await,
        Outcome::Delivered { rejected: 1, message: Some("malformed, cannot be written as JSON".to_owned()) }
    );
    assert_eq!(
        exporter.export(&parcel([broken()])).await,
        rejected("cannot be encoded", "cannot be encoded: field 5 has the wrong wire type")
    );
    assert_eq!(sink.seen().accepted(Signal::Traces), (0..10).collect::<Vec<_>>());
}
