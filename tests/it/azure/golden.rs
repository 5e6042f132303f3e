//! Conformance: what Microsoft's exporter sends for the same input (`tests/golden/azure/`), compared field by
//! field. Where we differ on purpose, `docs/azure-mapping.md` says why.

use super::transport::{export_all, exporter, parcel};
use crate::support::golden::Golden;
use crate::support::recorder::{KEY, Post, Recorder, check};
use otel_run::account::Loss;
use otel_run::export::azure::map::{Mapper, Sink};
use otel_run::otlp::{Batch, Signal, json};
use otel_run::settings::{AzureSettings, ConnectionString, Secret};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Envelopes, each as strict as the service wants them.
#[derive(Default)]
pub(super) struct Collected(pub(super) Vec<Value>);

impl Sink for Collected {
    fn envelope(&mut self, json: &[u8], _: u64) {
        let text = String::from_utf8_lossy(json);
        let envelope: Value = serde_json::from_slice(json).unwrap_or_else(|error| panic!("{error}: {text}"));
        check(&envelope).unwrap_or_else(|error| panic!("{error}: {text}"));
        self.0.push(envelope);
    }

    fn left_out(&mut self, _: Loss, _: u64) {}
}

pub(super) struct Case {
    name: String,
    input: Value,
    expected: Value,
    meta: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/azure")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Case {
    pub(super) fn read(name: &str) -> Case {
        let part = |what: &str| read(&folder().join(format!("{name}.{what}.json")));
        Case { name: name.to_owned(), input: part("otlp"), expected: part("expected"), meta: part("meta") }
    }

    pub(super) fn settings(&self) -> AzureSettings {
        let env = |name: &str| self.meta["env"][name].as_str();
        let mut settings = AzureSettings::new(ConnectionString {
            instrumentation_key: Secret::new(KEY),
            ingestion_endpoint: String::new(),
            live_endpoint: String::new(),
            audience: String::new(),
            application_id: (self.meta["application_id"] == true)
                .then(|| "99999999-8888-7777-6666-555555555555".to_owned()),
        });
        // Metrics alone: there are no spans to make standard metrics of.
        settings.http_standard_metrics = self.meta["signal"] == "metrics";
        settings.metric_namespace = env("APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN") == Some("true");
        // The reference shows random ids of instances, too.
        settings.instance_is_given = self.name == "app-express-traces";
        settings.resource_metric =
            env("APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED") == Some("false");
        settings
    }

    /// The input as a request of its signal.
    pub(super) fn request(&self) -> (Signal, Vec<u8>) {
        let signal = match self.meta["signal"].as_str() {
            Some("traces") => Signal::Traces,
            Some("logs") => Signal::Logs,
            Some("metrics") => Signal::Metrics,
            other => panic!("{}: signal {other:?}", self.name),
        };
        (signal, json::decode(signal, self.input.to_string().as_bytes()).expect("OTLP/JSON").to_vec())
    }

    fn mapped(&self) -> Vec<Value> {
        let (signal, bytes) = self.request();
        let batch = Batch::from_protobuf(signal, bytes.into()).expect("a request");
        let mut collected = Collected::default();
        Mapper::new(self.settings()).map(&batch, &mut collected);
        collected.0
    }

    /// What differs, a line each.
    fn differences(&self, seen: &[Value]) -> Vec<String> {
        let golden = Golden::new(&self.input, self.expected.clone(), &self.meta);
        let found = golden.differences(seen);
        found.iter().map(|difference| format!("{} {difference}", self.name)).collect()
    }
}

pub(super) fn cases() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the cases")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".otlp.json").map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[test]
fn the_corpus_is_complete() {
    assert_eq!(cases().len(), 87);
}

/// All cases; those with `GOLDEN` in their names, if that is set.
fn chosen() -> impl Iterator<Item = Case> {
    let only = std::env::var("GOLDEN").unwrap_or_default();
    cases().into_iter().filter(move |name| name.contains(&only)).map(|name| Case::read(&name))
}

#[test]
fn what_microsoft_sends() {
    let found: Vec<String> = chosen().flat_map(|case| case.differences(&case.mapped())).collect();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// The same through the exporter, compressed, to a service that judges what it gets.
#[tokio::test]
async fn what_microsoft_sends_arrives() {
    let recorder = Recorder::start();
    let mut found = Vec::new();
    for case in chosen() {
        let (signal, bytes) = case.request();
        let batch = Batch::from_protobuf(signal, bytes.into()).expect("a request");
        let mut settings = case.settings();
        settings.connection.ingestion_endpoint = recorder.url();
        let known = recorder.seen().posts.len();
        export_all(&mut exporter(&settings), &parcel([batch])).await;
        let seen = recorder.seen();
        let arrived: Vec<Value> = seen.posts[known..].iter().flat_map(Post::accepted).cloned().collect();
        found.extend(case.differences(&arrived));
    }
    assert!(recorder.seen().faults().is_empty(), "{:?}", recorder.seen().faults());
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
