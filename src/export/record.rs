//! `--record`: what came in, as OTLP in JSON lines (OpenTelemetry protocol, "file exporter"), before anything is done to it.

use super::Sender;
use super::console::{self, ConsoleExporter};
use crate::account::{Account, Loss};
use crate::error::Error;
use crate::notice;
use crate::otlp::Batch;
use crate::settings::{ConsoleFormat, ConsoleOutput, ConsoleSettings, QueueSettings, RecordSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes aside; holds nobody up. What the file does not take in time is lost for it alone.
pub(super) struct Recorder {
    sender: Arc<Sender>,
    /// Bytes of protobuf that may still be written.
    left: AtomicU64,
}

/// What comes when the file is as long as it may be.
const FULL: Loss = Loss::LeftOut("the record is full");

impl Recorder {
    /// Appends to the file, which is made for its owner alone.
    pub(super) fn start(
        settings: &RecordSettings,
        queue: &QueueSettings,
        account: &Account,
    ) -> Result<Recorder, Error> {
        let exporter = ConsoleExporter::new(&console(settings))?;
        let sender = Sender::start(exporter, queue.at_once(), account.ledger("record"));
        Ok(Recorder { sender, left: AtomicU64::new(settings.max_bytes) })
    }

    pub(super) fn record(&self, batch: &Batch) {
        let bytes = batch.bytes().len() as u64;
        let take = |left: u64| left.checked_sub(bytes);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            // Nor what is shorter and comes later: a record with holes would be no record.
            if self.left.swap(0, Ordering::Relaxed) > 0 {
                notice::warn(
                    "record",
                    "the record is full (--record_max_bytes), nothing more is written to it",
                );
            }
            self.sender.leave_out(batch, FULL);
        } else if self.sender.offer(batch).is_err() {
            self.sender.drop_full(batch);
        }
    }

    pub(super) fn sender(&self) -> &Arc<Sender> {
        &self.sender
    }
}

/// Fails as the start of the recording would.
pub fn check(settings: &RecordSettings) -> Result<(), Error> {
    console::check(&console(settings))
}

fn console(settings: &RecordSettings) -> ConsoleSettings {
    ConsoleSettings { format: ConsoleFormat::Otlp, output: ConsoleOutput::File(settings.path.clone()) }
}
