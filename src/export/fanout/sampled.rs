//! What sampling rules leave of a batch: behind everything that counts, before the queues.

use super::{Pipeline, Sender, UNSAMPLED};
use crate::notice;
use crate::otlp::{Batch, Signal};
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
                waits.forward_kept(stage.overdue(Some(Instant::now()))).await;
            }
        });
        pipeline
    }

    /// The rules that concern the batch.
    pub(super) fn sampling_of(&self, batch: &Batch) -> Option<&Stage> {
        self.sampling.as_deref().filter(|_| batch.signal() != Signal::Metrics)
    }

    /// Everything is counted and seen as it came, before anything of it is left out.
    pub(super) fn sample(&self, stage: &Stage, without: Option<&str>, batch: &Batch, unsampled: bool) {
        self.routes(without, batch.signal()).for_each(|sender| sender.admit(batch));
        for (sender, batch) in self.sampled(stage.pass(batch, unsampled)) {
            sender.forward(&batch);
        }
    }

    /// With a spool, what is kept is written down before this ends.
    pub(super) async fn forward_kept(&self, passed: Vec<Passed>) {
        for (sender, batch) in self.sampled(passed) {
            sender.keep(&batch).await;
        }
    }

    /// Who gets what; the rest is counted.
    fn sampled(&self, passed: Vec<Passed>) -> Vec<(&Arc<Sender>, Batch)> {
        let mut sampled = Vec::new();
        for passed in passed {
            for sender in &self.routes[passed.signal] {
                let is_azure = sender.name() == Exporter::Azure.name();
                let kept = passed.for_reader(if is_azure { Reader::Azure } else { Reader::Others });
                sender.ledger.lost(passed.signal, UNSAMPLED, kept.left_out);
                sampled.extend(kept.batch.map(|batch| (sender, batch)));
            }
        }
        sampled
    }

    /// What waits for a decision gets it now.
    pub(super) async fn decide_all(&self) {
        let Some(stage) = &self.sampling else { return };
        self.forward_kept(stage.overdue(None)).await;
        match stage.early() {
            0 => {}
            early => notice::warn(
                "sampling",
                &format!("{early} items were decided before their requests had ended, for want of room"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Loss};
    use crate::export::{Exporter as Destination, Outcome, Parcel, Sender};
    use crate::otlp::{PerSignal, Signal};
    use crate::process::sample::fixture::{child, request, traces};
    use crate::settings::QueueSettings;
    use crate::settings::fixture::settings;
    use std::time::Duration;

    /// Takes everything, at once.
    struct Nobody;

    impl Destination for Nobody {
        async fn export(&mut self, _: &Parcel) -> Outcome {
            Outcome::DELIVERED
        }
    }

    /// What waits is in memory; afterwards it is delivered, or left out.
    #[tokio::test]
    async fn the_books_are_right_at_any_moment() {
        let settings = settings(&[
            ("OTEL_TRACES_EXPORTER", "console"),
            ("OTEL_RUN_SAMPLING_OVERRIDE", "http.route=/health:0"),
            ("OTEL_RUN_SAMPLING_DELAY", "1h"),
        ]);
        let account = Account::new();
        let ledger = account.ledger("console");
        let queue = QueueSettings {
            max_bytes: 1 << 20,
            max_items: None,
            parcel_bytes: 1 << 20,
            parcel_items: None,
            delay: Duration::ZERO,
        };
        let sender = Sender::start(Nobody, queue, ledger.clone());
        let routes = PerSignal { traces: vec![sender], ..PerSignal::default() };
        let pipeline = Pipeline::new(routes, account).with_sampling(Stage::new(&settings));

        let books = || {
            let left_out: u64 = ledger.losses().values().sum();
            let [received, delivered] =
                [ledger.items_received(Signal::Traces), ledger.items_delivered(Signal::Traces)];
            assert_eq!(received, delivered + left_out + ledger.in_memory(Signal::Traces));
            (received, delivered, left_out)
        };
        pipeline.accept(&traces("1", vec![child(&[1; 16], 2, 1), child(&[2; 16], 2, 1)])).unwrap();
        assert_eq!(books(), (2, 0, 0));
        pipeline.accept(&traces("1", vec![request(&[1; 16], "/health")])).unwrap();
        assert_eq!(books(), (3, 0, 2));
        pipeline.drain(tokio::time::Instant::now() + Duration::from_secs(20)).await;
        assert_eq!(books(), (3, 1, 2));
        let unsampled = ("traces", Loss::LeftOut("not sampled"));
        assert_eq!(ledger.losses().into_keys().collect::<Vec<_>>(), [unsampled]);
    }
}
