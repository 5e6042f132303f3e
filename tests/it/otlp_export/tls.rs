//! TLS: whom we trust, who we are, and never plain text (EXP-7, SEC-15).

use super::*;
use crate::support::certificates::Authority;
use crate::support::sink::Point;

const H1: &[&[u8]] = &[b"http/1.1"];
const H2: &[&[u8]] = &[b"h2"];

/// The settings for a TLS sink that trust `authority`.
fn trusting(authority: &Authority, sink: &Sink, protocol: Protocol) -> OtlpSettings {
    OtlpSettings {
        certificate: Some(authority.file()),
        timeout: Duration::from_secs(2),
        ..settings(&sink.url(), protocol, Signal::Traces)
    }
}

async fn once(settings: &OtlpSettings) -> Outcome {
    let mut exporter = OtlpExporter::new(Signal::Traces, settings).expect("an exporter");
    exporter.export(&ten_spans()).await
}

#[tokio::test]
async fn a_given_authority_is_trusted() {
    let authority = Authority::new();
    let pair = authority.issue("localhost");
    for (protocol, alpn) in [(Protocol::HttpProtobuf, H1), (Protocol::HttpJson, H1), (Protocol::Grpc, H2)] {
        for compression in [Compression::None, Compression::Gzip(1)] {
            let sink = Sink::start_tls(Authority::server(&pair, None, alpn));
            let settings = OtlpSettings { compression, ..trusting(&authority, &sink, protocol) };
            let mut exporter = OtlpExporter::new(Signal::Traces, &settings).expect("an exporter");
            for _ in 0..2 {
                assert_eq!(
                    exporter.export(&parcel([padded(Signal::Traces, 0..60, 1000)])).await,
                    Outcome::DELIVERED
                );
            }
            assert_eq!(sink.seen().connections, 1);
        }
    }
}

#[tokio::test]
async fn certificates_that_are_wrong() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (pair, why) in [
        (stranger.issue("localhost"), "the server's certificate is signed by an unknown authority"),
        (authority.issue("elsewhere.example"), "the server's certificate is for another name"),
        (authority.issue_expired("localhost"), "the server's certificate has expired"),
    ] {
        for (protocol, alpn) in [(Protocol::HttpProtobuf, H1), (Protocol::Grpc, H2)] {
            let sink = Sink::start_tls(Authority::server(&pair, None, alpn));
            let message = format!("{}: cannot connect: TLS: {why}", sink.url());
            assert_eq!(once(&trusting(&authority, &sink, protocol)).await, retry(None, &message, false));
            assert!(sink.seen().requests.is_empty());
        }
    }
}

/// Without a file the platform's authorities are trusted, and not everybody.
#[tokio::test]
async fn nobody_is_trusted_without_reason() {
    let authority = Authority::new();
    let sink = Sink::start_tls(Authority::server(&authority.issue("localhost"), None, H1));
    let settings = settings(&sink.url(), Protocol::HttpProtobuf, Signal::Traces);
    let why = "TLS: the server's certificate is signed by an unknown authority";
    let message = format!("{}: cannot connect: {why}", sink.url());
    assert_eq!(once(&settings).await, retry(None, &message, false));
}

#[tokio::test]
async fn a_client_certificate() {
    let authority = Authority::new();
    let sink = Sink::start_tls(Authority::server(&authority.issue("localhost"), Some(&authority), H1));
    let nameless = trusting(&authority, &sink, Protocol::HttpProtobuf);
    let ours = authority.issue("client");
    let named = OtlpSettings {
        client_certificate: Some(authority.write("client.pem", &ours.certificate)),
        client_key: Some(authority.write("client.key", &ours.key)),
        ..nameless.clone()
    };
    assert_eq!(once(&named).await, Outcome::DELIVERED);
    // In TLS 1.3 the server's refusal comes when the request is under way already.
    let outcome = once(&nameless).await;
    let Outcome::Retry { message, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(message.ends_with("TLS: received fatal alert: CertificateRequired"), "{message}");
    let stranger = Authority::new().issue("client");
    let strange = OtlpSettings {
        client_certificate: Some(authority.write("strange.pem", &stranger.certificate)),
        client_key: Some(authority.write("strange.key", &stranger.key)),
        ..nameless
    };
    let outcome = once(&strange).await;
    let Outcome::Retry { message, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(message.contains("TLS: received fatal alert: "), "{message}");
    assert_eq!(sink.seen().requests.len(), 1);
}

/// Whatever the other side says instead of TLS, nothing is told to it in plain text.
#[tokio::test]
async fn handshakes_that_fail() {
    let authority = Authority::new();
    let sink = Sink::start_tls(Authority::server(&authority.issue("localhost"), None, H1));
    let settings = trusting(&authority, &sink, Protocol::HttpProtobuf);
    for (step, why) in [
        (
            Step::Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            "cannot connect: TLS: the server does not speak TLS",
        ),
        (
            // The alert of a server that is too old: protocol_version.
            Step::Garbage(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()),
            "cannot connect: TLS: received fatal alert: ProtocolVersion",
        ),
        (Step::Close(Point::Accept), "cannot connect: closed by the other side"),
        (Step::Hang(Point::Accept), "no connection within 2 s"),
    ] {
        let told = format!("{step:?}");
        sink.script([step]);
        let message = format!("{}: {why}", sink.url());
        assert_eq!(once(&settings).await, retry(None, &message, false), "{told}");
    }
    assert!(sink.seen().requests.is_empty());
    assert_eq!(once(&settings).await, Outcome::DELIVERED);
}
