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
mod performance;
mod process;
mod requests;
mod resource;
mod sampler;
#[cfg(test)]
mod tests;
mod tree;
mod vitals;
mod walk;

use crate::export::Pipeline;
use crate::link::{Ended, Target};
use crate::notice;
use crate::otlp::Signal;
use crate::settings::{Exporter, Settings};
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Counter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use performance::Performance;
use requests::Requests;
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
    requests: Requests,
    running: Option<Running>,
}

/// There is a target.
struct Running {
    target: Target,
    resource: Resource,
    metrics: Option<Metrics>,
    performance: Option<Performance>,
}

struct Metrics {
    provider: SdkMeterProvider,
    sampler: Option<Arc<Sampler>>,
    exits: Counter<u64>,
    first: JoinHandle<()>,
}

impl Measure {
    /// Nothing is measured before the target has started. Needs the runtime's context.
    pub fn start(settings: &Settings, pipeline: Pipeline) -> Measure {
        let requests = Requests::start(pipeline.clone(), settings.metric_export_interval);
        Measure { settings: settings.clone(), pipeline, requests, running: None }
    }

    /// The target runs. Needs the runtime's context.
    pub fn started(&mut self, target: Target) {
        let resource = resource::of(&self.settings, &target);
        let metrics = if self.is_wanted() { self.metrics(&target, &resource) } else { None };
        if let Some(live) = self.pipeline.live() {
            live.look_with(vitals::source(target.pid));
        }
        let performance = self.performance(&target, &resource);
        self.running = Some(Running { target, resource, metrics, performance });
    }

    /// The performance counters, when metrics go to Azure Monitor.
    fn performance(&self, target: &Target, resource: &Resource) -> Option<Performance> {
        let wanted = self.settings.azure.as_ref().is_some_and(|azure| azure.perf_counters);
        if !wanted || !self.settings.exporters.metrics.contains(&Exporter::Azure) {
            return None;
        }
        let (resource, pipeline) = (resource.clone(), self.pipeline.clone());
        let hand_over = move |values: &_| match performance::batch(&resource, values) {
            // Without room this value is missing, and the next one comes.
            Ok(batch) => drop(pipeline.accept_only(Exporter::Azure.name(), &batch)),
            Err(e) => notice::warn("measure", &format!("the performance counters are not reported: {e}")),
        };
        Performance::start(target, self.settings.metric_export_interval, hand_over)
            .inspect_err(|e| notice::warn("measure", &format!("no performance counters: {e}")))
            .ok()
    }

    /// Whether some destination takes these metrics.
    fn is_wanted(&self) -> bool {
        let without = self.without();
        self.settings.exporters.metrics.iter().any(|exporter| Some(exporter.name()) != without)
    }

    /// In Azure each of them would be a custom metric, which costs money, and performance counters
    /// tell the same. So it gets them when the user asks for them.
    fn without(&self) -> Option<&'static str> {
        let azure = self.settings.azure.as_ref().filter(|azure| !azure.host_metrics);
        azure.map(|_| Exporter::Azure.name())
    }

    fn metrics(&self, target: &Target, resource: &Resource) -> Option<Metrics> {
        let exporter = door::exporter(self.pipeline.clone(), self.without())
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
            sampler.ended(ended.clone());
        }
        if let Some(performance) = &running.performance {
            performance.ended(ended);
        }
    }

    /// Collects a last time into the pipeline. Takes milliseconds, and half a second at most.
    pub async fn finish(self) {
        self.requests.finish();
        let Some(Running { metrics, performance, .. }) = self.running else { return };
        let provider = metrics.map(|metrics| {
            metrics.first.abort();
            metrics.provider
        });
        let last = apart(move || {
            if let Some(performance) = performance {
                performance.finish();
            }
            if let Some(provider) = provider {
                drop(provider.shutdown());
            }
        });
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
