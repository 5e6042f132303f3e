//! The destination `azure`: what its signals share, and a sender for each of them.

use super::live::Live;
use super::send::{AzureExporter, Shared};
use super::watch::Watch;
use crate::account::Ledger;
use crate::error::Error;
use crate::export::{Sender, Tap};
use crate::notice;
use crate::otlp::{PerSignal, Signal};
use crate::settings::{AzureSettings, Exporter, Settings};
use crate::spool::Shelf;
use std::sync::Arc;

/// One Azure Monitor resource.
pub(in crate::export) struct Destination {
    shared: Arc<Shared>,
    watch: Option<Arc<Watch>>,
    /// Whoever shows what comes at once, if that is wanted.
    pub(in crate::export) live: Option<Arc<Live>>,
    since: u64,
}

impl Destination {
    /// Connects to nobody yet. `since`: cumulative metrics that began before were told by another
    /// agent (nanoseconds since 1970; 0: there was none). Needs a tokio runtime.
    ///
    /// # Errors
    /// An ingestion endpoint that is no URL.
    pub(in crate::export) fn new(
        settings: &Settings,
        azure: &AzureSettings,
        since: u64,
    ) -> Result<Destination, Error> {
        let goes = PerSignal::from_fn(|signal| settings.exporters[signal].contains(&Exporter::Azure));
        let azure = azure.clone().with_signals(goes.traces && azure.spans_are_complete, goes.metrics);
        let shared = Shared::new(&azure)?;
        shared.prepare();
        let seen = goes.traces || goes.logs;
        let live = (azure.live_metrics && seen)
            .then(|| Live::start(settings, &azure, shared.credential()))
            .and_then(|live| live.inspect_err(without_live).ok());
        let looks = azure.standard_metrics || azure.perf_counters || live.is_some();
        let watch = (looks && seen)
            .then(|| Watch::start(azure.clone(), live.clone(), settings.metric_export_interval));
        Ok(Destination { shared, watch, live, since })
    }

    /// Starts the sender of a signal.
    ///
    /// # Errors
    /// Those of the TLS settings.
    pub(in crate::export) fn sender(
        &self,
        signal: Signal,
        settings: &Settings,
        ledger: Arc<Ledger>,
        shelf: Option<Shelf>,
    ) -> Result<Arc<Sender>, Error> {
        let exporter = AzureExporter::new(self.shared.clone())?.since(self.since);
        let tap = match signal {
            Signal::Traces | Signal::Logs => self.watch.clone().map(|watch| watch as Arc<dyn Tap>),
            Signal::Metrics => None,
        };
        let queue = settings.queue[signal].clone();
        let sender = Sender::start_with(exporter, queue, ledger, tap, shelf);
        if let (Signal::Metrics, Some(watch)) = (signal, &self.watch) {
            watch.tell_to(sender.clone());
        }
        Ok(sender)
    }
}

/// The others go on.
fn without_live(error: &Error) {
    notice::warn("live", &format!("no Live Metrics: {error}"));
}
