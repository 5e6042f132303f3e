//! What sampling rules leave of a batch: behind everything that counts, before the queues.

use super::{Pipeline, UNSAMPLED};
use crate::notice;
use crate::otlp::Batch;
use crate::process::sample::{Passed, Reader, Stage};
use crate::settings::Exporter;
use std::sync::Arc;
use std::time::Instant;

impl Pipeline {
    /// With rules of sampling. Needs a tokio runtime.
    pub fn with_sampling(self, stage: Option<Stage>) -> Self {
        let Some(stage) = stage.map(Arc::new) else { return self };
        let pipeline = Pipeline { sampling: Some(stage.clone()), ..self };
        let waits = pipeline.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep_until(stage.due().await.into()).await;
                waits.forward(stage.overdue(Some(Instant::now())));
            }
        });
        pipeline
    }

    /// Everything is counted and seen as it came, before anything of it is left out.
    pub(super) fn sample(&self, stage: &Stage, without: Option<&str>, batch: &Batch, unsampled: bool) {
        self.routes(without, batch.signal()).for_each(|sender| sender.admit(batch));
        self.forward(stage.pass(batch, unsampled));
    }

    fn forward(&self, passed: Vec<Passed>) {
        for passed in passed {
            for sender in &self.routes[passed.signal] {
                let is_azure = sender.name() == Exporter::Azure.name();
                let kept = passed.for_reader(if is_azure { Reader::Azure } else { Reader::Others });
                sender.ledger.lost(passed.signal, UNSAMPLED, kept.left_out);
                if let Some(batch) = kept.batch {
                    sender.forward(&batch);
                }
            }
        }
    }

    /// What waits for a decision gets it now.
    pub(super) fn decide_all(&self) {
        let Some(stage) = &self.sampling else { return };
        self.forward(stage.overdue(None));
        match stage.early() {
            0 => {}
            early => notice::warn(
                "sampling",
                &format!("{early} items were decided before their requests had ended, for want of room"),
            ),
        }
    }
}
