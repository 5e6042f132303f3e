//! From the target's start to its end, within one process.

use super::*;
use crate::account::Account;
use crate::export::{Exporter, Outcome, Parcel, Sender};
use crate::otlp::{Batch, Decoded, PerSignal};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::sync::Mutex;
use tokio::time::Instant;

/// Keeps what it is given.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Batch>>>);

impl Exporter for Kept {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        self.0.lock().unwrap().extend(parcel.batches.iter().cloned());
        Outcome::DELIVERED
    }
}

impl Kept {
    fn pipeline(&self, settings: &Settings) -> Pipeline {
        let account = Account::new();
        let ledger = account.ledger("kept");
        let sender = Sender::start(self.clone(), settings.queue.metrics.clone(), ledger);
        Pipeline::new(PerSignal::from_fn(|_| vec![sender.clone()]), account)
    }

    /// Sums over the attributes of each metric, the latest value of each.
    fn metrics(&self) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for batch in self.0.lock().unwrap().iter() {
            let Decoded::Metrics(request) = batch.decoded().unwrap() else { continue };
            let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
            for metric in scopes.flat_map(|scope| &scope.metrics) {
                let points = match metric.data.as_ref().unwrap() {
                    Data::Gauge(gauge) => &gauge.data_points,
                    Data::Sum(sum) => &sum.data_points,
                    other => panic!("{other:?}"),
                };
                let sum = points.iter().map(|point| match point.value.as_ref().unwrap() {
                    Value::AsDouble(value) => *value,
                    Value::AsInt(value) => *value as f64,
                });
                sums.insert(metric.name.clone(), sum.sum());
            }
        }
        sums
    }

    fn events(&self) -> Vec<opentelemetry_proto::tonic::logs::v1::LogRecord> {
        let mut records = Vec::new();
        for batch in self.0.lock().unwrap().iter() {
            let Decoded::Logs(request) = batch.decoded().unwrap() else { continue };
            let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
            records.extend(scopes.flat_map(|scope| scope.log_records.clone()));
        }
        records
    }
}

fn target(child: &Child) -> Target {
    Target {
        pid: child.id() as i32,
        program: "/bin/sleep".into(),
        instance: "abc".into(),
        started_unix_nano: 1,
    }
}

async fn drained(pipeline: &Pipeline) {
    pipeline.drain(Instant::now() + Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_short_target_has_figures_and_a_reported_end() {
    let (settings, kept) = (fixture::settings(), Kept::default());
    let pipeline = kept.pipeline(&settings);
    let mut measure = Measure::start(&settings, pipeline.clone());
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    measure.started(target(&child));
    child.kill().unwrap();
    child.wait().unwrap();
    let pid = child.id() as i32;
    measure.ended(Ended { pid, code: None, signal: Some(11), core_dumped: true, ..fixture::ended() });
    measure.finish().await;
    drained(&pipeline).await;

    let metrics = kept.metrics();
    assert!((metrics["process.cpu.time"] - 0.375).abs() < 1e-9, "{metrics:?}");
    assert_eq!(metrics["process.uptime"], 1.5);
    assert_eq!(metrics["process.paging.faults"], 31.0);
    assert_eq!(metrics["otel_run.target.exits"], 1.0);
    assert!(metrics["system.cpu.time"] > 0.0 && metrics["system.memory.limit"] > 0.0);

    let events = kept.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event_name, "process.exit");
    assert_eq!(events[0].severity_text, "FATAL");
    let attributes: BTreeMap<_, _> =
        events[0].attributes.iter().map(|a| (a.key.as_str(), format!("{:?}", a.value))).collect();
    assert!(attributes["process.exit.signal"].contains("SIGSEGV"), "{attributes:?}");
    assert!(attributes["process.exit.core_dumped"].contains("true"), "{attributes:?}");
    assert!(attributes["process.exit.memory.max_rss"].contains("1048576"), "{attributes:?}");
}

#[tokio::test]
async fn the_first_figures_come_before_a_long_interval_is_over() {
    let (settings, kept) = (fixture::settings(), Kept::default());
    let pipeline = kept.pipeline(&settings);
    let mut measure = Measure::start(&settings, pipeline.clone());
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    measure.started(target(&child));
    let first = measure
        .running
        .as_mut()
        .and_then(|running| running.metrics.as_mut())
        .map(|metrics| &mut metrics.first);
    tokio::time::timeout(Duration::from_secs(20), first.unwrap()).await.unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drained(&pipeline).await;
    let metrics = kept.metrics();
    for name in [
        "process.memory.usage",
        "process.memory.private",
        "process.thread.count",
        "process.unix.file_descriptor.count",
    ] {
        assert!(metrics.get(name).is_some_and(|value| *value > 0.0), "{name}: {metrics:?}");
    }
    assert_eq!(metrics["otel_run.target.process.count"], 1.0);
}

#[tokio::test]
async fn nothing_is_measured_for_nobody() {
    let (mut settings, kept) = (fixture::settings(), Kept::default());
    settings.exporters.metrics.clear();
    settings.exporters.logs.clear();
    let pipeline = kept.pipeline(&settings);
    let mut measure = Measure::start(&settings, pipeline.clone());
    measure.started(Target {
        pid: i32::MAX,
        program: String::new(),
        instance: "abc".into(),
        started_unix_nano: 1,
    });
    measure.ended(fixture::ended());
    measure.finish().await;
    drained(&pipeline).await;
    assert!(kept.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_host_metrics_the_end_is_still_told() {
    let (mut settings, kept) = (fixture::settings(), Kept::default());
    settings.host_metrics = false;
    let pipeline = kept.pipeline(&settings);
    let mut measure = Measure::start(&settings, pipeline.clone());
    measure.started(Target {
        pid: i32::MAX,
        program: String::new(),
        instance: "abc".into(),
        started_unix_nano: 1,
    });
    measure.ended(fixture::ended());
    measure.finish().await;
    drained(&pipeline).await;
    assert_eq!(kept.metrics().into_iter().collect::<Vec<_>>(), [("otel_run.target.exits".to_owned(), 1.0)]);
    assert_eq!(kept.events().len(), 1);
}

/// There, each of them is a custom metric.
#[tokio::test]
async fn azure_gets_host_metrics_when_they_are_asked_for() {
    const CONNECTION: (&str, &str) = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=k");
    for (exporters, asked, azure_has, console_has) in [
        ("azure,console", "", false, true),
        ("azure,console", "on", true, true),
        ("azure", "", false, false),
        ("azure", "on", true, false),
    ] {
        let settings = crate::settings::fixture::settings(&[
            CONNECTION,
            ("OTEL_METRICS_EXPORTER", exporters),
            ("OTEL_RUN_HOST_METRICS", asked),
        ]);
        let (azure, console, account) = (Kept::default(), Kept::default(), Account::new());
        let start = |kept: &Kept, name| {
            Sender::start(kept.clone(), settings.queue.metrics.clone(), account.ledger(name))
        };
        let mut senders = vec![start(&azure, "azure")];
        if exporters.contains("console") {
            senders.push(start(&console, "console"));
        }
        let pipeline = Pipeline::new(PerSignal::from_fn(|_| senders.clone()), account.clone());
        let mut measure = Measure::start(&settings, pipeline.clone());
        let child = Command::new("sleep").arg("60").spawn();
        let mut child = child.unwrap();
        measure.started(target(&child));
        child.kill().unwrap();
        child.wait().unwrap();
        measure.ended(Ended { pid: child.id() as i32, ..fixture::ended() });
        measure.finish().await;
        drained(&pipeline).await;
        let has = |kept: &Kept| kept.metrics().contains_key("system.cpu.time");
        assert_eq!((has(&azure), has(&console)), (azure_has, console_has), "{exporters} {asked}");
        assert_eq!(azure.events().len(), 1, "the end is told in any case");
    }
}
