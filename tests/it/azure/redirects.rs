//! Where the service sends us, and where we do not go.

use super::transport::{Books, export_all, exporter, parcel, settings};
use crate::support::batches::numbered;
use crate::support::recorder::{Answer, Recorder};
use otel_run::export::azure::send::AzureExporter;
use otel_run::export::{Exporter, Outcome};
use otel_run::otlp::Signal;

async fn ten(exporter: &mut AzureExporter) -> Books {
    export_all(exporter, &parcel([numbered(Signal::Logs, 1..11)])).await
}

fn paths(recorder: &Recorder) -> Vec<String> {
    recorder.seen().posts.iter().map(|post| post.request.path.clone()).collect()
}

#[tokio::test]
async fn followed_with_the_body_and_remembered() {
    for status in [307, 308] {
        let (old, new) = (Recorder::start(), Recorder::start());
        let mut exporter = exporter(&settings(&old));
        old.script([Answer::status(status).header("location", &format!("{}/moved", new.url()))]);
        for _ in 0..3 {
            assert_eq!(ten(&mut exporter).await.delivered, 10);
        }
        assert_eq!(paths(&old).len(), 1);
        assert_eq!(paths(&new), ["/moved/v2.1/track"; 3]);
        assert_eq!(new.seen().envelopes().len(), 30);
    }
}

#[tokio::test]
async fn a_relative_location_and_one_that_must_not_be_kept() {
    let recorder = Recorder::start();
    let mut exporter = exporter(&settings(&recorder));
    let moved = Answer::status(307).header("location", "/other/v2.1/track");
    recorder.script([moved.clone().header("cache-control", "no-store")]);
    assert_eq!(ten(&mut exporter).await.delivered, 10);
    recorder.script([moved.header("cache-control", "max-age=60")]);
    assert_eq!(ten(&mut exporter).await.delivered, 10);
    assert_eq!(ten(&mut exporter).await.delivered, 10);
    let (here, there) = ("/v2.1/track", "/other/v2.1/track");
    assert_eq!(paths(&recorder), [here, there, here, there, there]);
}

#[tokio::test]
async fn back_to_the_start_when_nobody_is_there_any_more() {
    let (old, new) = (Recorder::start(), Recorder::start());
    let mut exporter = exporter(&settings(&old));
    old.script([Answer::status(308).header("location", &new.url())]);
    assert_eq!(ten(&mut exporter).await.delivered, 10);
    drop(new);
    let books = ten(&mut exporter).await;
    assert_eq!((books.delivered, books.messages.len()), (10, 0), "{books:?}");
    assert_eq!(paths(&old).len(), 2);
}

#[tokio::test]
async fn never_to_a_host_that_is_not_of_the_same_service() {
    let recorder = Recorder::start();
    for location in ["https://evil.example/v2.1/track", "http://localhost:1/v2.1/track", "", "http://["] {
        let mut exporter = exporter(&settings(&recorder));
        recorder.script([Answer::status(307).header("location", location)]);
        match exporter.export(&parcel([numbered(Signal::Logs, 1..11)])).await {
            Outcome::Retry { message, maybe_received: false, .. } => {
                let said = format!(": HTTP 307: redirected to {location:?}, which is not followed");
                assert!(message.contains(&said), "{message}");
            }
            other => panic!("{location}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn not_in_circles() {
    let recorder = Recorder::start();
    let mut exporter = exporter(&settings(&recorder));
    recorder.script(vec![Answer::status(308).header("location", "/v2.1/track"); 11]);
    match exporter.export(&parcel([numbered(Signal::Logs, 1..11)])).await {
        Outcome::Retry { message, .. } => {
            assert!(message.ends_with("redirected more than 10 times"), "{message}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(recorder.seen().posts.len(), 11);
    assert_eq!(ten(&mut exporter).await.delivered, 10);
}
