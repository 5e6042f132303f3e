//! The way to the track API, with a service that refuses, fails, or says nothing: what becomes
//! of each item, exactly.

use super::transport::{Books, PACE, export_all, exporter, parcel, settings};
use crate::support::batches::{numbered, padded};
use crate::support::recorder::{Answer, Fault, Recorder};
use otel_run::account::{Account, Ledger, Loss};
use otel_run::export::azure::send::{AzureExporter, Pace, Shared};
use otel_run::export::{Exporter, Outcome, Sender};
use otel_run::otlp::Signal;
use otel_run::settings::QueueSettings;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const QUOTA: Loss = Loss::Dropped("quota");

fn rejected(status: u16) -> Loss {
    Loss::Rejected(format!("HTTP {status}"))
}

/// Ten log records against these answers, after one parcel that arrived.
async fn ten(answers: Vec<Answer>) -> (Books, Vec<usize>) {
    let recorder = Recorder::start();
    let mut settings = settings(&recorder);
    settings.timeout = Duration::from_millis(300);
    let mut exporter = exporter(&settings);
    export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..2)])).await;
    recorder.script(answers);
    let books = export_all(&mut exporter, &parcel([numbered(Signal::Logs, 11..21)])).await;
    assert_eq!(books.delivered + books.lost(), 10);
    let seen = recorder.seen();
    let sizes = seen.posts.iter().skip(1).map(|post| post.envelopes.len()).collect();
    (books, sizes)
}

#[tokio::test]
async fn each_status_and_what_becomes_of_the_items() {
    let refusal = |status| Answer::refusal(status, "the service says no");
    let html = |status| Answer::status(status).body("text/html", "<html>busy</html>");
    for (answer, losses, sizes, said) in [
        // Accepted, whatever the body says.
        (Answer::status(200), vec![], vec![10], ""),
        (html(200), vec![], vec![10], ""),
        (Answer::status(204), vec![], vec![10], ""),
        (Answer::status(206), vec![], vec![10], ""),
        (html(206), vec![], vec![10], ""),
        // Not wanted.
        (refusal(400), vec![(rejected(400), 10)], vec![10], "HTTP 400 Bad Request: the service says no"),
        (
            Answer::refusal(400, "Invalid instrumentation key"),
            vec![(rejected(400), 10)],
            vec![10],
            "HTTP 400 Bad Request: Invalid instrumentation key (the service does not know this instrumentation key",
        ),
        (
            refusal(404),
            vec![(rejected(404), 10)],
            vec![10],
            "HTTP 404 Not Found: the service says no (nothing",
        ),
        (html(405), vec![(rejected(405), 10)], vec![10], "HTTP 405 Method Not Allowed"),
        (html(301), vec![(rejected(301), 10)], vec![10], "HTTP 301 Moved Permanently"),
        (refusal(415), vec![(rejected(415), 10)], vec![10], "HTTP 415"),
        // The quota.
        (
            refusal(402),
            vec![(QUOTA, 10)],
            vec![10],
            "HTTP 402 Payment Required: the service says no (the quota",
        ),
        (refusal(439), vec![(QUOTA, 10)], vec![10], "HTTP 439: the service says no (the quota"),
        // Later.
        (refusal(401), vec![], vec![10, 10], "HTTP 401 Unauthorized: the service says no (the resource"),
        (
            refusal(403),
            vec![],
            vec![10, 10],
            "HTTP 403 Forbidden: the service says no (the identity needs the role",
        ),
        (html(408), vec![], vec![10, 10], "HTTP 408 Request Timeout"),
        (refusal(429), vec![], vec![10, 10], "HTTP 429 Too Many Requests: the service says no"),
        (Answer::status(500), vec![], vec![10, 10], "HTTP 500 Internal Server Error"),
        (html(502), vec![], vec![10, 10], "HTTP 502 Bad Gateway"),
        (
            Answer::status(503).header("retry-after", "0"),
            vec![],
            vec![10, 10],
            "HTTP 503 Service Unavailable",
        ),
        (html(504), vec![], vec![10, 10], "HTTP 504 Gateway Timeout"),
        (Answer::status(599), vec![], vec![10, 10], "HTTP 599"),
        // No answer.
        (Answer::Never, vec![], vec![10, 10], "no answer within 0.3 s"),
        (Answer::Close, vec![], vec![10, 10], ""),
        (Answer::early(503), vec![], vec![10], "HTTP 503 Service Unavailable"),
        // Smaller.
        (Answer::status(413), vec![], vec![10, 5, 5], ""),
    ] {
        let case = format!("{answer:?}");
        let (books, seen) = ten(vec![answer]).await;
        assert_eq!(books.losses, losses.into_iter().collect(), "{case}: {books:?}");
        assert_eq!(seen, sizes, "{case}");
        match books.messages.first() {
            None => assert_eq!(said, "", "{case}"),
            Some(message) => {
                let (place, text) = message.split_once(": ").expect("a place");
                assert!(place.starts_with("http://127.0.0.1:"), "{message}");
                assert!(!said.is_empty() && text.starts_with(said), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn a_206_is_taken_item_by_item() {
    let faults = vec![
        Fault::new(0, 206, "Telemetry sampled out."),
        Fault::new(1, 400, "bad"),
        Fault::new(2, 429, "slower"),
        Fault::new(3, 439, "cap"),
        Fault::new(4, 500, "later"),
        Fault::new(4, 400, "twice"),
        Fault::new(10, 400, "behind the last"),
        Fault::new(i64::MAX, 400, "far behind"),
        Fault::new(-1, 400, "before the first"),
    ];
    let (books, sizes) = ten(vec![Answer::Partial(faults)]).await;
    assert_eq!(books.delivered, 7);
    let losses = [(Loss::LeftOut("sampled"), 1), (rejected(400), 1), (QUOTA, 1)];
    assert_eq!(books.losses, losses.into_iter().collect());
    assert_eq!(sizes, [10, 2], "only those that may be tried again");
    assert_eq!(books.retries, 1, "after a while");
}

#[tokio::test]
async fn at_the_end_what_may_be_tried_again_is_not() {
    let recorder = Recorder::start();
    let mut exporter = exporter(&settings(&recorder));
    exporter.hurry();
    recorder.script([Answer::Partial(vec![Fault::new(3, 503, "busy")])]);
    let books = export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..11)])).await;
    assert_eq!(books.losses, [(Loss::Dropped("not delivered in time"), 1)].into());
    assert_eq!((books.delivered, recorder.seen().posts.len()), (9, 1));
}

#[tokio::test]
async fn what_the_service_samples_is_no_failure() {
    let sampled = (0..10).map(|index| Fault::new(index, 206, "Telemetry sampled out.")).collect();
    let (books, sizes) = ten(vec![Answer::Partial(sampled)]).await;
    assert_eq!(books.losses, [(Loss::LeftOut("sampled"), 10)].into());
    assert_eq!((books.retries, books.messages.len()), (0, 0));
    assert_eq!(sizes, [10]);
}

#[tokio::test]
async fn too_large_is_halved_down_to_one_item() {
    let (books, sizes) = ten(vec![Answer::status(413); 40]).await;
    assert_eq!(books.losses, [(rejected(413), 10)].into());
    assert_eq!(sizes[..4], [10, 5, 2, 1]);
    // Only one item is too large.
    let (books, _) = ten(vec![Answer::status(413); 4]).await;
    assert_eq!((books.delivered, books.losses), (9, [(rejected(413), 1)].into()));
}

#[tokio::test]
async fn before_anything_was_taken_a_refusal_costs_one_more_request() {
    let recorder = Recorder::start();
    let mut exporter = exporter(&settings(&recorder));
    recorder.script([400, 400].map(|status| Answer::refusal(status, "Invalid instrumentation key")));
    let books = export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..11)])).await;
    assert_eq!(books.losses, [(rejected(400), 10)].into());
    assert_eq!(recorder.seen().posts.len(), 2);
}

#[tokio::test]
async fn with_the_quota_used_up_nothing_is_sent_for_a_while() {
    let recorder = Recorder::start();
    let pace = Pace { quota: Duration::from_millis(200), ..PACE };
    let shared = Shared::with_pace(&settings(&recorder), pace).expect("settings");
    let mut traces = AzureExporter::new(shared.clone()).expect("an exporter");
    let mut logs = AzureExporter::new(shared).expect("an exporter");
    recorder.script([Answer::refusal(439, "cap")]);
    let large = parcel([numbered(Signal::Traces, 1..1501)]);
    let books = export_all(&mut traces, &large).await;
    assert_eq!(books.losses, [(QUOTA, 1500)].into());
    let books = export_all(&mut logs, &parcel([numbered(Signal::Logs, 1..11)])).await;
    assert_eq!((books.losses, books.messages.len()), ([(QUOTA, 10)].into(), 0));
    assert_eq!(recorder.seen().posts.len(), 1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(export_all(&mut logs, &parcel([numbered(Signal::Logs, 1..11)])).await.delivered, 10);
}

#[tokio::test]
async fn what_the_service_asks_for_holds_for_all_signals() {
    let recorder = Recorder::start();
    let shared = Shared::new(&settings(&recorder)).expect("settings");
    let mut traces = AzureExporter::new(shared.clone()).expect("an exporter");
    let mut logs = AzureExporter::new(shared).expect("an exporter");
    recorder.script([Answer::status(429).header("retry-after", "7200")]);
    let after = |outcome: Outcome| match outcome {
        Outcome::Retry { after, message, .. } => {
            assert!(message.contains("HTTP 429"), "{message}");
            after.expect("a delay").as_secs_f64().ceil() as u64
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(after(traces.export(&parcel([numbered(Signal::Traces, 1..2)])).await), 7200);
    assert_eq!(after(logs.export(&parcel([numbered(Signal::Logs, 1..2)])).await), 7200);
    assert_eq!(recorder.seen().posts.len(), 1);
    // At the end there is one attempt all the same.
    logs.hurry();
    let outcome = logs.export(&parcel([numbered(Signal::Logs, 1..2)])).await;
    assert_eq!(outcome, Outcome::Settled { losses: Vec::new(), message: None });
}

#[tokio::test]
async fn nobody_there() {
    let recorder = Recorder::start();
    let settings = settings(&recorder);
    drop(recorder);
    let mut exporter = exporter(&settings);
    match exporter.export(&parcel([numbered(Signal::Logs, 1..2)])).await {
        Outcome::Retry { message, maybe_received: false, .. } => {
            assert!(message.ends_with(": cannot connect: connection refused"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

/// A sender with an exporter of its own; three requests for a full parcel.
fn start(recorder: &Recorder, pace: Pace) -> (Arc<Sender>, Arc<Ledger>) {
    let shared = Shared::with_pace(&settings(recorder), pace).expect("settings");
    let exporter = AzureExporter::new(shared).expect("an exporter");
    let queue = QueueSettings {
        max_bytes: 16 << 20,
        max_items: None,
        parcel_bytes: 2 << 20,
        parcel_items: None,
        delay: Duration::ZERO,
    };
    let ledger = Account::new().ledger("azure");
    (Sender::start(exporter, queue, ledger.clone()), ledger)
}

fn balanced(ledger: &Ledger) {
    let lost: u64 = ledger.losses().values().sum();
    assert_eq!(
        ledger.items_received(Signal::Traces),
        ledger.items_delivered(Signal::Traces) + lost + ledger.in_memory(Signal::Traces)
    );
}

#[tokio::test]
async fn what_is_settled_when_time_is_up_was_booked_before() {
    let recorder = Recorder::start();
    let (sender, ledger) = start(&recorder, PACE);
    recorder.script([Answer::status(200), Answer::Never]);
    sender.offer(&numbered(Signal::Traces, 1..2501)).expect("room");
    let posted = tokio::task::spawn_blocking(move || {
        drop(recorder.wait(|seen| seen.posts.len() == 2));
        recorder
    });
    let recorder = posted.await.expect("two requests");
    assert_eq!((ledger.items_delivered(Signal::Traces), ledger.in_memory(Signal::Traces)), (1000, 1500));
    sender.drain(Instant::now() + Duration::from_millis(50)).await;
    assert_eq!(ledger.items_delivered(Signal::Traces), 1000);
    assert_eq!(ledger.losses(), [(("traces", Loss::Dropped("not delivered in time")), 1500)].into());
    balanced(&ledger);
    assert_eq!(recorder.seen().envelopes().len(), 1000);
}

#[tokio::test]
async fn at_the_end_there_is_one_attempt_for_each_parcel() {
    let recorder = Recorder::start();
    let hour = Duration::from_secs(3600);
    let (sender, ledger) = start(&recorder, Pace { shortest: hour, longest: hour, ..PACE });
    recorder.script([Answer::status(503), Answer::status(503)]);
    sender.offer(&padded(Signal::Traces, 1..101, 20_000)).expect("room");
    let posted = tokio::task::spawn_blocking(move || {
        drop(recorder.wait(|seen| seen.posts.len() == 1));
        recorder
    });
    let recorder = posted.await.expect("a request");
    for first in [101, 201] {
        sender.offer(&padded(Signal::Traces, first..first + 100, 20_000)).expect("room");
    }
    sender.drain(Instant::now() + Duration::from_secs(10)).await;
    balanced(&ledger);
    assert_eq!(ledger.in_memory(Signal::Traces), 0);
    // The first parcel is given up at its second failure; the others get through.
    let lost = ledger.losses()[&("traces", Loss::Dropped("not delivered in time"))];
    assert_eq!(ledger.items_delivered(Signal::Traces), 300 - lost);
    assert_eq!(recorder.seen().envelopes().len() as u64, 300 - lost);
    assert!(lost > 0 && lost <= 100, "{lost}");
}
