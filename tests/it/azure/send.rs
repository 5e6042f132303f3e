//! The way to the track API, with a service that works.

use super::transport::{export_all, exporter, parcel, settings};
use crate::support::batches::{numbered, padded};
use crate::support::recorder::{Answer, Form, Recorder};
use otel_run::export::{Exporter, Outcome};
use otel_run::otlp::Signal;

#[tokio::test]
async fn every_signal_arrives_in_lines_under_gzip() {
    let recorder = Recorder::start();
    for signal in Signal::ALL {
        let mut exporter = exporter(&settings(&recorder));
        let batches = [numbered(signal, 1..4), padded(signal, 4..60, 1000)];
        let outcome = exporter.export(&parcel(batches)).await;
        assert_eq!(outcome, Outcome::Settled { losses: Vec::new(), message: None }, "{signal}");
        let seen = recorder.seen();
        let post = seen.posts.last().expect("a request");
        assert_eq!(post.status, 200, "{:?}", seen.faults());
        assert_eq!(post.envelopes.len(), 59);
        assert_eq!(post.form, Form::Lines);
        assert_eq!(post.request.path, "/v2.1/track");
        let mut names: Vec<&str> = post.request.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        // No User-Agent: the service would take it for the browser of every item.
        assert_eq!(names, ["accept", "content-encoding", "content-length", "content-type", "host"]);
        assert_eq!(post.request.header("content-type"), Some("application/x-json-stream"));
        assert_eq!(post.request.header("content-encoding"), Some("gzip"));
        assert_eq!(post.request.header("accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_large_parcel_is_cut_to_the_limits_of_the_service() {
    let recorder = Recorder::start();
    let mut exporter = exporter(&settings(&recorder));
    let large = parcel([numbered(Signal::Logs, 1..2501), padded(Signal::Logs, 2501..2801, 8000)]);
    let books = export_all(&mut exporter, &large).await;
    assert_eq!((books.delivered, books.lost()), (2800, 0));
    let seen = recorder.seen();
    assert_eq!(seen.envelopes().len(), 2800);
    assert!(seen.posts.len() > 4);
    for post in &seen.posts {
        assert!(post.envelopes.len() <= 1000 && post.plain <= 900 << 10, "{}", post.plain);
    }
    assert_eq!(seen.connections, 1, "kept alive");
}

#[tokio::test]
async fn who_does_not_know_lines_gets_an_array_and_that_is_remembered() {
    for status in [400, 415] {
        let recorder = Recorder::start();
        let mut exporter = exporter(&settings(&recorder));
        recorder.script([Answer::status(status)]);
        let books = export_all(&mut exporter, &parcel([numbered(Signal::Traces, 1..11)])).await;
        assert_eq!((books.delivered, books.lost()), (10, 0));
        let books = export_all(&mut exporter, &parcel([numbered(Signal::Traces, 11..21)])).await;
        assert_eq!(books.delivered, 10);
        let seen = recorder.seen();
        let forms: Vec<Form> = seen.posts.iter().map(|post| post.form).collect();
        assert_eq!(forms, [Form::Lines, Form::Array, Form::Array]);
        assert_eq!(seen.posts[2].request.header("content-type"), Some("application/json"));
        assert_eq!(seen.envelopes().len(), 20);
    }
}

#[tokio::test]
async fn an_endpoint_may_be_complete_already() {
    let recorder = Recorder::start();
    let mut settings = settings(&recorder);
    settings.connection.ingestion_endpoint = format!("{}/through/here/v2.1/track", recorder.url());
    let mut exporter = exporter(&settings);
    export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..2)])).await;
    assert_eq!(recorder.seen().posts[0].request.path, "/through/here/v2.1/track");
}
