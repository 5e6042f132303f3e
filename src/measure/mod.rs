//! What we measure ourselves: the host, the target's process tree, the target's end.
//!
//! The figures are observable instruments of the OpenTelemetry SDK. Its reader has a thread
//! of its own, which sleeps from one collection to the next; once in each collection the
//! sampler looks at the machine, and all instruments answer from that one sample. The SDK's
//! OTLP exporter hands the result to the pipeline in memory.

mod container;
mod devices;
mod door;
mod exit;
#[cfg(test)]
mod fixture;
mod host;
mod instruments;
mod process;
mod resource;
mod sampler;
mod tree;

use crate::export::Pipeline;
use crate::link::{Ended, Target};
use crate::notice;
use crate::otlp::Signal;
use crate::settings::Settings;
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Counter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use sampler::Sampler;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Instrumentation scope of our own telemetry.
const SCOPE: &str = "otel-run";

/// The first figures come this soon, however long the interval is.
const FIRST: Duration = Duration::from_secs(1);

/// Longest that the last collection is waited for. It takes a few milliseconds, unless
/// the machine is in trouble.
const LAST: Duration = Duration::from_millis(500);

/// Measures one launch.
pub struct Measure {
    settings: Settings,
    pipeline: Pipeline,
    /// Names this launch among others of the same service.
    instance: String,
    running: Option<Running>,
}

/// There is a target.
struct Running {
    target: Target,
    resource: Resource,
    metrics: Option<Metrics>,
}

struct Metrics {
    provider: SdkMeterProvider,
    sampler: Option<Arc<Sampler>>,
    exits: Counter<u64>,
    first: JoinHandle<()>,
}

impl Measure {
    /// Nothing is measured before the target has started.
    pub fn start(settings: &Settings, pipeline: Pipeline) -> Measure {
        Measure { settings: settings.clone(), pipeline, instance: instance_id(), running: None }
    }

    /// The target runs. Needs the runtime's context.
    pub fn started(&mut self, target: Target) {
        let resource = resource::of(&self.settings, &target, &self.instance);
        let metrics =
            if self.settings.exporters.metrics.is_empty() { None } else { self.metrics(&target, &resource) };
        self.running = Some(Running { target, resource, metrics });
    }

    fn metrics(&self, target: &Target, resource: &Resource) -> Option<Metrics> {
        let exporter = door::exporter(self.pipeline.clone())
            .inspect_err(|e| notice::warn("measure", &format!("no host and process metrics: {e}")))
            .ok()?;
        let interval = self.settings.metric_export_interval;
        let provider = SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_reader(PeriodicReader::builder(exporter).with_interval(interval).build())
            .build();
        let meter = provider.meter_with_scope(
            InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build(),
        );
        let sampler = self.settings.host_metrics.then(|| {
            let sampler = Arc::new(Sampler::new(target));
            let source = sampler.clone();
            instruments::register(&meter, move || source.latest());
            sampler
        });
        let exits = meter
            .u64_counter("otel_run.target.exits")
            .with_unit("{exit}")
            .with_description("Ends of the target by outcome")
            .build();
        let early = provider.clone();
        let first = tokio::spawn(async move {
            if FIRST < interval {
                tokio::time::sleep(FIRST).await;
                // Its outcome is the reader's own business.
                let _ = apart(move || drop(early.force_flush())).await;
            }
        });
        Some(Metrics { provider, sampler, exits, first })
    }

    /// The target has ended: tells it at once, and makes its last figures those of the kernel.
    pub fn ended(&mut self, ended: Ended) {
        let Some(running) = &self.running else { return };
        if let Some(metrics) = &running.metrics {
            metrics.exits.add(1, &exit::outcome(&ended));
        }
        if !self.settings.exporters[Signal::Logs].is_empty() {
            match exit::event(&running.resource, &running.target, &ended) {
                // A refusal is counted by the pipeline.
                Ok(event) => drop(self.pipeline.accept(&event)),
                Err(e) => notice::warn("measure", &format!("the target's end is not reported: {e}")),
            }
        }
        if let Some(sampler) = running.metrics.as_ref().and_then(|metrics| metrics.sampler.as_ref()) {
            sampler.ended(ended);
        }
    }

    /// Collects a last time into the pipeline. Takes milliseconds, and half a second at most.
    pub async fn finish(self) {
        let Some(metrics) = self.running.and_then(|running| running.metrics) else { return };
        metrics.first.abort();
        let provider = metrics.provider;
        let last = apart(move || drop(provider.shutdown()));
        if tokio::time::timeout(LAST, last).await.is_err() {
            notice::warn(
                "measure",
                "the last host and process metrics are missing: the machine did not answer in time",
            );
        }
    }
}

/// Runs something that blocks on a thread of its own. The runtime's own threads for that
/// would hold up its end.
async fn apart(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = oneshot::channel();
    let thread = std::thread::Builder::new().name("measure".to_owned()).spawn(move || {
        work();
        let _ = done.send(());
    });
    if thread.is_ok() {
        let _ = wait.await;
    }
}

/// A random UUID (RFC 9562, version 4).
fn instance_id() -> String {
    // Without randomness the id is the same for all, and the pid in the resource still differs.
    let bytes: [u8; 16] = crate::sys::random().unwrap_or_default();
    let id = u128::from_be_bytes(bytes) & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48;
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
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
        Target { pid: child.id() as i32, command: vec!["/bin/sleep".into()], started_unix_nano: 1 }
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
        measure.started(Target { pid: i32::MAX, command: Vec::new(), started_unix_nano: 1 });
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
        measure.started(Target { pid: i32::MAX, command: Vec::new(), started_unix_nano: 1 });
        measure.ended(fixture::ended());
        measure.finish().await;
        drained(&pipeline).await;
        assert_eq!(
            kept.metrics().into_iter().collect::<Vec<_>>(),
            [("otel_run.target.exits".to_owned(), 1.0)]
        );
        assert_eq!(kept.events().len(), 1);
    }

    #[test]
    fn instance_ids_are_random_uuids() {
        let id = instance_id();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert_ne!(id, instance_id());
    }
}
