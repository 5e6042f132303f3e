//! From OTLP to envelopes: the one place that knows what becomes what.

mod context;
pub(super) mod exceptions;
#[cfg(test)]
pub(super) mod fixture;
pub(super) mod logs;
pub mod meaning;
pub(super) mod measurements;
mod metrics;
mod resource_metric;
mod spans;
pub(super) mod told;
pub(super) mod value;

pub(super) use context::Cache;
pub use context::Context;
pub(super) use told::{Teller, Told};

use super::envelope::{Envelope, Type};
use crate::account::Loss;
use crate::otlp::view::{self, Scope};
use crate::otlp::{Batch, Signal};
use crate::process::sample::Sampler;
use crate::settings::AzureSettings;
use resource_metric::Resources;
use std::sync::Arc;

/// What is done with envelopes.
pub trait Sink {
    /// One envelope: a JSON object without a line end. `items`: how many items of the batch it
    /// stands for: 1, or 0 when it only comes with another one (the events of a span).
    fn envelope(&mut self, json: &[u8], items: u64);

    /// Items for which there is no envelope, and why.
    fn left_out(&mut self, loss: Loss, items: u64);
}

/// What the mappers of all signals share: spans and log records of a trace belong together.
#[derive(Debug)]
pub struct Common {
    sampler: Sampler,
    told: Told,
    resources: Resources,
}

impl Common {
    pub fn new(settings: &AzureSettings) -> Arc<Common> {
        let AzureSettings { sampler, log_sampling_percentage, logs_follow_traces, .. } = *settings;
        let sampler = Sampler::new(sampler, log_sampling_percentage, logs_follow_traces);
        Arc::new(Common { sampler, told: Told::default(), resources: Resources::default() })
    }
}

/// Maps batches, one after the other.
pub struct Mapper {
    settings: AzureSettings,
    contexts: Cache,
    series: metrics::Series,
    common: Arc<Common>,
    /// The envelope that is being written.
    line: Vec<u8>,
}

/// What all items of one scope share.
struct Around<'a> {
    settings: &'a AzureSettings,
    context: &'a Context,
    scope: &'a Scope<'a>,
    common: &'a Common,
}

impl Around<'_> {
    fn begin<'a>(&self, out: &'a mut Vec<u8>, kind: Type, unix_nano: u64, rate: f64) -> Envelope<'a> {
        let key = self.settings.connection.instrumentation_key.reveal();
        out.clear();
        Envelope::begin(out, kind, unix_nano, rate, key, &self.context.tags)
    }
}

const MALFORMED: Loss = Loss::Dropped("malformed");
const SAMPLED: Loss = Loss::LeftOut("sampled");

impl Mapper {
    /// One that shares nothing with others.
    pub fn new(settings: AzureSettings) -> Mapper {
        let common = Common::new(&settings);
        let series = metrics::Series::new(0, settings.http_standard_metrics);
        Mapper { settings, contexts: Cache::here(), series, common, line: Vec::new() }
    }

    pub fn sharing(self, common: Arc<Common>) -> Mapper {
        Mapper { common, ..self }
    }

    /// For an agent that was started again: cumulative metrics that began before `unix_nano` were
    /// told by somebody else, and only their growth from now on is sent.
    pub fn since(self, unix_nano: u64) -> Mapper {
        Mapper { series: metrics::Series::new(unix_nano, self.settings.http_standard_metrics), ..self }
    }

    /// Writes the envelopes of one batch, in its order.
    pub fn map(&mut self, batch: &Batch, sink: &mut impl Sink) {
        self.common.sampler.foresee(batch);
        for group in view::groups(batch.bytes()) {
            let context = self.contexts.of(&group, &self.settings);
            if self.settings.resource_metric {
                self.common.resources.write(&group, context, &self.settings, &mut self.line, sink);
            }
            if batch.signal() == Signal::Metrics {
                self.series.enter(group.resource_bytes());
            }
            for scoped in group.scopes() {
                let scope = scoped.scope().unwrap_or_default();
                let around =
                    Around { settings: &self.settings, context, scope: &scope, common: &self.common };
                for item in scoped.items() {
                    let line = &mut self.line;
                    let written = match batch.signal() {
                        Signal::Traces => spans::write(&around, item, line, sink),
                        Signal::Logs => logs::write(&around, item, line, sink),
                        Signal::Metrics => metrics::write(&around, &mut self.series, item, line, sink),
                    };
                    if written.is_err() {
                        sink.left_out(MALFORMED, 1);
                    }
                }
            }
        }
    }
}
