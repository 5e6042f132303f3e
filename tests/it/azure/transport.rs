//! What the tests of the transport share.

use crate::support::recorder::{KEY, Recorder};
use otel_run::account::Loss;
use otel_run::export::azure::send::{AzureExporter, Pace, Shared};
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::Batch;
use otel_run::settings::{AzureSettings, ConnectionString, Secret};
use std::collections::BTreeMap;
use std::time::Duration;

/// Attempts follow each other at once.
pub(crate) const PACE: Pace = Pace {
    shortest: Duration::from_millis(1),
    longest: Duration::from_millis(1),
    quota: Duration::from_secs(600),
};

pub(crate) fn settings(recorder: &Recorder) -> AzureSettings {
    AzureSettings::new(ConnectionString {
        instrumentation_key: Secret::new(KEY),
        ingestion_endpoint: recorder.url(),
        live_endpoint: recorder.url(),
        audience: "https://monitor.azure.com/".to_owned(),
        application_id: None,
    })
}

pub(crate) fn exporter(settings: &AzureSettings) -> AzureExporter {
    let shared = Shared::with_pace(settings, PACE).expect("settings");
    AzureExporter::new(shared).expect("an exporter")
}

pub(crate) fn parcel(batches: impl IntoIterator<Item = Batch>) -> Parcel {
    let batches: Vec<Batch> = batches.into_iter().collect();
    Parcel {
        signal: batches[0].signal(),
        items: batches.iter().map(Batch::items).sum(),
        bytes: batches.iter().map(|batch| batch.bytes().len()).sum(),
        batches,
    }
}

/// What became of the items of a parcel.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) delivered: u64,
    pub(crate) losses: BTreeMap<Loss, u64>,
    /// Of outcomes, in their order.
    pub(crate) messages: Vec<String>,
    pub(crate) retries: usize,
}

impl Books {
    pub(crate) fn lost(&self) -> u64 {
        self.losses.values().sum()
    }

    fn take(&mut self, losses: Vec<(Loss, u64)>, message: Option<String>) -> u64 {
        self.messages.extend(message);
        let lost = losses.iter().map(|(_, items)| items).sum();
        losses.into_iter().for_each(|(loss, items)| *self.losses.entry(loss).or_default() += items);
        lost
    }
}

/// Exports as a sender does, until everything is settled.
pub(crate) async fn export_all(exporter: &mut AzureExporter, parcel: &Parcel) -> Books {
    let (mut books, mut rest) = (Books::default(), parcel.clone());
    for _ in 0..50 {
        match exporter.export(&rest).await {
            Outcome::Settled { losses, message } => {
                let lost = books.take(losses, message);
                books.delivered += rest.items - lost;
                return books;
            }
            Outcome::Partly { delivered, losses, message } => {
                rest.items -= delivered + books.take(losses, message);
                books.delivered += delivered;
            }
            Outcome::Retry { after, message, .. } => {
                books.retries += 1;
                if !message.is_empty() {
                    books.messages.push(message);
                }
                tokio::time::sleep(after.unwrap_or_default()).await;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("no end: {books:?}");
}
