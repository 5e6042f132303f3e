//! What Live Metrics costs.

// The tests use more of it.
#[allow(dead_code, unused_imports)]
#[path = "../../tests/support/recorder/mod.rs"]
mod recorder;

use super::{SPANS, batch};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use otel_run::export::azure::live::Live;
use otel_run::export::azure::map::meaning::{Known, Meaning};
use otel_run::otlp::view::{Span, groups};
use otel_run::settings::{Input, Settings, Typed, load};
use recorder::{Portal, Recorder};
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, mpsc};

/// What each span costs Live Metrics, beside finding out what it means (`without`).
#[divan::bench(args = ["without", "nobody", "watched"])]
fn span(bencher: Bencher, who: &str) {
    let recorder = Recorder::start();
    let portal = Portal::at(&recorder);
    let connection = recorder.connection_string();
    let settings = settings(&[("APPLICATIONINSIGHTS_CONNECTION_STRING", &connection)]);
    let azure = settings.azure.clone().expect("azure");
    let live = watched_by(settings, (who == "watched").then_some(&portal));
    let batch = batch();
    bencher.counter(ItemsCount::new(SPANS)).bench_local(|| {
        for scope in groups(black_box(batch.bytes())).flat_map(|group| group.scopes()) {
            for span in scope.items().filter_map(|item| Span::read(item).ok()) {
                let known = Known::of(&span.attributes);
                let meaning = Meaning::of(&span, &known, &azure);
                if who != "without" {
                    live.span(&span, &known, black_box(&meaning), 1.0);
                }
            }
        }
    });
    live.stop();
}

/// A live view on a thread of its own, and somebody who looks at it as the portal does.
fn watched_by(settings: Settings, portal: Option<&Portal>) -> Arc<Live> {
    let filters = |filters: serde_json::Value| json!({ "Filters": filters });
    let failed = filters(json!([{"FieldName": "Success", "Predicate": "Equal", "Comparand": "false"}]));
    let group = |kind: &str, filters: &serde_json::Value| json!({"TelemetryType": kind, "Filters": filters});
    let groups = [
        group("Request", &failed),
        group("Dependency", &failed),
        group("Exception", &filters(json!([]))),
        group("Event", &filters(json!([]))),
        group("Trace", &filters(json!([]))),
    ];
    if let Some(portal) = portal {
        portal.watch(Some(json!({"Metrics": [], "DocumentStreams": [
            {"Id": "all-types-default", "DocumentFilterGroups": groups}]})));
    }
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let azure = settings.azure.as_ref().expect("azure");
            let _ = tell.send(Live::start(&settings, azure, None).expect("a live view"));
            std::future::pending::<()>().await;
        });
    });
    let live = told.recv().expect("a live view");
    if let Some(portal) = portal {
        drop(portal.wait(|seen| seen.points.len() > 1));
    }
    live
}

fn settings(variables: &[(&str, &str)]) -> Settings {
    let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: false, folder: Path::new("/") };
    load(input).expect("settings").settings
}
