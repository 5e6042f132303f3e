//! Live Metrics against a stand-in of the service, over real sockets.

use crate::support::recorder::{Portal, Recorder};
use otel_run::export::azure::live::{Field, Item, Kind, Live};
use otel_run::otlp::view::Attributes;
use otel_run::settings::{Input, Settings, Typed, load};
use serde_json::json;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a user sets for this recorder.
fn settings(connection: &str) -> Settings {
    let variables = [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", connection),
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=web,host.name=host1"),
    ];
    let environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: false, folder: Path::new("/") };
    load(input).expect("settings").settings
}

fn start(connection: &str) -> Arc<Live> {
    let settings = settings(connection);
    Live::start(&settings, settings.azure.as_ref().expect("azure"), None).expect("started")
}

fn request(live: &Live, name: &str, milliseconds: u64, success: bool) {
    let attributes = Attributes::default();
    live.observe(&Item {
        kind: Kind::Request,
        weight: 1.0,
        duration: milliseconds * 1_000_000,
        success,
        text: &|field| (field == Field::Name).then_some(Cow::Borrowed(name)),
        attributes: &attributes,
        told: &|_| false,
    });
}

/// Waits on a thread of its own: the service runs on the one of the test.
async fn wait<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(wait).await.expect("no panic")
}

#[tokio::test]
async fn somebody_watches_and_leaves() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    let live = start(&recorder.connection_string());
    let at = portal.clone();
    wait(move || {
        let seen = at.wait(|seen| seen.pings.len() == 2);
        let apart = seen.pings[1].0 - seen.pings[0].0;
        assert!(apart > Duration::from_millis(800), "{apart:?}");
        let ping = &seen.pings[0].1;
        assert_eq!((&ping["RoleName"], &ping["Instance"]), (&json!("web.shop"), &json!("host1")));
        assert_eq!(seen.etags, ["", ""]);
        drop(seen);
        at.watch(Some(json!({"Metrics": [{"Id": "mine", "TelemetryType": "Request", "FilterGroups": [],
            "Projection": "Count()", "Aggregation": "Sum", "BackEndAggregation": "Sum"}],
            "DocumentStreams": [{"Id": "all", "DocumentFilterGroups": [
                {"TelemetryType": "Request", "Filters": {"Filters": []}}]}]})));
        drop(at.wait(|seen| !seen.points.is_empty()));
    })
    .await;
    assert!(live.is_watched());
    request(&live, "good", 10, true);
    request(&live, "bad", 30, false);
    let at = portal.clone();
    wait(move || {
        drop(at.wait(|seen| seen.values("mine").contains(&2.0)));
        at.unwatch();
        let pings = at.seen().pings.len();
        drop(at.wait(|seen| seen.pings.len() > pings));
        let seen = at.seen();
        let sum: f64 = seen.values(r"\ApplicationInsights\Requests/Sec").iter().sum();
        let failed: f64 = seen.values(r"\ApplicationInsights\Requests Failed/Sec").iter().sum();
        assert!((1.0..=2.5).contains(&sum) && (0.5..=1.25).contains(&failed), "{sum} {failed}");
        assert!(seen.values(r"\ApplicationInsights\Request Duration").contains(&20.0));
        let documents = seen.documents();
        assert_eq!(documents.iter().map(|document| &document["Name"]).collect::<Vec<_>>(), ["bad", "good"]);
        assert_eq!(documents[0]["DocumentStreamIds"], json!(["all"]));
        assert_eq!(seen.etags.last().map(String::as_str), Some(""));
    })
    .await;
    assert!(!live.is_watched());
    live.stop();
    let connections = recorder.seen().connections;
    assert_eq!(connections, 1, "kept alive");
}

#[tokio::test]
async fn goes_where_the_service_leads_and_comes_back() {
    let (first, second) = (Recorder::start(), Recorder::start());
    let (at_first, at_second) = (Arc::new(Portal::at(&first)), Arc::new(Portal::at(&second)));
    at_first.redirect(&format!("{}/QuickPulseService.svc", second.url()));
    let live = start(&first.connection_string());
    let (one, two) = (at_first.clone(), at_second.clone());
    wait(move || {
        drop(two.wait(|seen| seen.pings.len() >= 2));
        assert_eq!(one.seen().pings.len(), 1);
        // Where it was led nobody answers any more.
        two.refuse(Some(503));
        drop(one.wait(|seen| seen.pings.len() == 2));
    })
    .await;
    live.stop();
}

#[tokio::test]
async fn is_not_led_to_strangers() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    for to in [
        "http://localhost:1/",
        "https://evil.example/",
        "https://westeurope.livediagnostics.monitor.azure.com",
    ] {
        let pings = portal.seen().pings.len();
        portal.redirect(to);
        let live = start(&recorder.connection_string());
        let at = portal.clone();
        wait(move || drop(at.wait(|seen| seen.pings.len() > pings + 1))).await;
        live.stop();
    }
}

#[tokio::test]
async fn a_service_that_refuses_is_asked_again() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    let live = start(&recorder.connection_string());
    let at = portal.clone();
    wait(move || {
        at.watch(None);
        drop(at.wait(|seen| !seen.points.is_empty()));
        at.refuse(Some(500));
        let points = at.wait(|seen| seen.refused == 2).points.len();
        at.refuse(None);
        drop(at.wait(|seen| seen.points.len() > points));
    })
    .await;
    assert!(live.is_watched());
    live.stop();
}
