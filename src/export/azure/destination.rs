//! The destination `azure`: what its signals share, and a sender for each of them.

use super::live::Live;
use super::send::{AzureExporter, Shared};
use super::watch::Watch;
use crate::account::Account;
use crate::error::Error;
use crate::export::{Sender, Tap};
use crate::otlp::{PerSignal, Signal};
use crate::settings::{AzureSettings, Exporter, Settings};
use std::sync::Arc;

/// One Azure Monitor resource.
pub(in crate::export) struct Destination {
    shared: Arc<Shared>,
    watch: Option<Arc<Watch>>,
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
        live: Option<Arc<Live>>,
        since: u64,
    ) -> Result<Destination, Error> {
        let goes = PerSignal::from_fn(|signal| settings.exporters[signal].contains(&Exporter::Azure));
        let azure = azure.clone().with_signals(goes.traces && azure.spans_are_complete, goes.metrics);
        let looks = azure.standard_metrics || azure.perf_counters || live.is_some();
        let watch = (looks && (goes.traces || goes.logs))
            .then(|| Watch::start(azure.clone(), live, settings.metric_export_interval));
        let shared = Shared::new(&azure)?;
        shared.prepare();
        Ok(Destination { shared, watch, since })
    }

    /// Starts the sender of a signal.
    ///
    /// # Errors
    /// Those of the TLS settings.
    pub(in crate::export) fn sender(
        &self,
        signal: Signal,
        settings: &Settings,
        account: &Account,
    ) -> Result<Arc<Sender>, Error> {
        let exporter = AzureExporter::new(self.shared.clone())?.since(self.since);
        let tap = match signal {
            Signal::Traces | Signal::Logs => self.watch.clone().map(|watch| watch as Arc<dyn Tap>),
            Signal::Metrics => None,
        };
        let queue = settings.queue[signal].clone();
        let sender = Sender::start_with(exporter, queue, account.ledger("azure"), tap);
        if let (Signal::Metrics, Some(watch)) = (signal, &self.watch) {
            watch.tell_to(sender.clone());
        }
        Ok(sender)
    }
}
