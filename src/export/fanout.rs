//! Every batch to every destination of its signal.

mod sampled;

use super::Sender;
use super::azure::live::Live;
use super::record::Recorder;
use crate::account::{Account, Loss};
use crate::notice;
use crate::otlp::{Batch, PerSignal, Signal};
use crate::process::complete::{Completed, Completion};
use crate::process::edit::{Edited, Editor};
use crate::process::enrich::Enrichment;
use crate::process::sample::Stage;
use crate::spool::Spool;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;

/// No destination had room: the batch was not taken and may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Sees what has been accepted.
pub trait Witness: Send + Sync {
    fn observe(&self, batch: &Batch);
}

/// The entrance to all destinations; cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    routes: Arc<PerSignal<Vec<Arc<Sender>>>>,
    account: Arc<Account>,
    live: Option<Arc<Live>>,
    completion: Option<Arc<Completion>>,
    editor: Option<Arc<Editor>>,
    recorder: Option<Arc<Recorder>>,
    enrichment: Option<Arc<Enrichment>>,
    sampling: Option<Arc<Stage>>,
    spool: Option<Arc<Spool>>,
    witness: Option<Arc<dyn Witness>>,
}

/// Spans of traces that nobody wants: they were counted.
const UNSAMPLED: Loss = Loss::LeftOut("not sampled");

/// Spans of a shim that nobody could read.
const UNREADABLE: Loss = Loss::Dropped("malformed");

/// What is completed or edited gets longer, hardly ever more than this many times.
const LONGER: usize = 2;

impl Pipeline {
    pub fn new(routes: PerSignal<Vec<Arc<Sender>>>, account: Arc<Account>) -> Self {
        Pipeline {
            routes: Arc::new(routes),
            account,
            live: None,
            completion: None,
            editor: None,
            recorder: None,
            enrichment: None,
            sampling: None,
            spool: None,
            witness: None,
        }
    }

    /// With somebody who makes complete telemetry of what shims send.
    pub fn with_completion(self, completion: Arc<Completion>) -> Self {
        Pipeline { completion: Some(completion), ..self }
    }

    /// With somebody who writes down what comes.
    pub(super) fn with_recorder(self, recorder: Option<Recorder>) -> Self {
        Pipeline { recorder: recorder.map(Arc::new), ..self }
    }

    /// With somebody who wants to see what the program's SDK has sent.
    pub fn with_witness(self, witness: Arc<dyn Witness>) -> Self {
        Pipeline { witness: Some(witness), ..self }
    }

    /// With somebody who adds to resources what they lack.
    pub fn with_enrichment(self, enrichment: Arc<Enrichment>) -> Self {
        Pipeline { enrichment: Some(enrichment), ..self }
    }

    /// With somebody to wait for in the end: what some of the destinations keep on disk.
    pub(super) fn with_spool(self, spool: Option<Spool>) -> Self {
        Pipeline { spool: spool.map(Arc::new), ..self }
    }

    /// With processors, which everything goes through.
    pub fn with_editor(self, editor: Option<Editor>) -> Self {
        Pipeline { editor: editor.map(Arc::new), ..self }
    }

    pub fn completion(&self) -> Option<&Arc<Completion>> {
        self.completion.as_ref()
    }

    /// With somebody who shows what comes at once, until [`Pipeline::drain`].
    pub(super) fn with_live(self, live: Option<Arc<Live>>) -> Self {
        Pipeline { live, ..self }
    }

    /// Who shows what comes at once, and would like to know how the target's processes are.
    pub fn live(&self) -> Option<&Arc<Live>> {
        self.live.as_ref()
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Hands a batch to all destinations of its signal. A destination without room loses it
    /// (counted) as long as another one takes it; when none has room the batch is refused, so
    /// that its sender keeps it and tries again. A batch without items goes nowhere.
    pub fn accept(&self, batch: &Batch) -> Result<(), Refused> {
        self.accept_without(None, batch)
    }

    /// [`Pipeline::accept`], but not by this destination.
    pub fn accept_without(&self, destination: Option<&str>, batch: &Batch) -> Result<(), Refused> {
        if batch.items() == 0 {
            return Ok(());
        }
        self.check_room(destination, batch, if self.edits(batch.signal()) { LONGER } else { 1 })?;
        self.hand(destination, batch);
        self.accepted(batch);
        Ok(())
    }

    /// [`Pipeline::accept`] for a batch that will be acknowledged: with a spool it is written down first, and what has
    /// no room in memory waits on disk. `raw`: a built-in shim has sent it, and it is completed on the way; spans that
    /// are not sampled are seen by those who count, and go no further.
    pub async fn take(&self, batch: &Batch, raw: bool) -> Result<(), Refused> {
        let completion = self.completion.as_ref().filter(|_| raw);
        if batch.items() == 0 {
            return Ok(());
        }
        // Before it is completed, because what is refused comes again, and must not be counted twice.
        let grows = completion.is_some() || self.edits(batch.signal());
        self.check_room(None, batch, if grows { LONGER } else { 1 })?;
        match completion.map(|completion| (completion, completion.complete(batch))) {
            None => {
                if let Some(batch) = self.prepared(None, batch) {
                    self.hand_kept(&batch).await;
                }
            }
            Some((completion, Completed { sampled, unsampled, unreadable })) => {
                if let Some(sampled) = sampled.and_then(|sampled| self.prepared(None, &sampled)) {
                    completion.count(&sampled);
                    self.hand_kept(&sampled).await;
                }
                if let Some(unsampled) = unsampled.and_then(|unsampled| self.edited(None, &unsampled)) {
                    completion.count(&unsampled);
                    self.hand_unsampled(&unsampled).await;
                }
                if unreadable > 0 {
                    let text = format!("{unreadable} spans of a shim cannot be read and are dropped");
                    notice::warn("malformed", &text);
                    let routes = self.routes(None, batch.signal());
                    routes.for_each(|sender| sender.lose(batch.signal(), UNREADABLE, unreadable));
                }
            }
        }
        self.accepted(batch);
        Ok(())
    }

    async fn hand_kept(&self, batch: &Batch) {
        self.routes(None, batch.signal()).for_each(|sender| sender.admit(batch));
        match self.sampling_of(batch) {
            Some(stage) => self.forward_kept(stage.pass(batch, false)).await,
            None => {
                for sender in self.routes(None, batch.signal()) {
                    sender.keep(batch).await;
                }
            }
        }
    }

    /// What the traces' callers did not sample may be wanted nevertheless.
    async fn hand_unsampled(&self, batch: &Batch) {
        match self.sampling_of(batch) {
            Some(stage) => {
                self.routes(None, batch.signal()).for_each(|sender| sender.admit(batch));
                self.forward_kept(stage.pass(batch, true)).await;
            }
            None => {
                let routes = self.routes(None, batch.signal());
                routes.for_each(|sender| sender.leave_out(batch, UNSAMPLED));
            }
        }
    }

    /// Hands on a batch that nobody would send again: destinations without room lose it, counted.
    pub fn accept_or_drop(&self, batch: &Batch) {
        self.hand(None, batch);
        self.account.accepted(batch.signal(), batch.items());
    }

    fn accepted(&self, batch: &Batch) {
        if let Some(witness) = &self.witness {
            witness.observe(batch);
        }
        self.account.accepted(batch.signal(), batch.items());
    }

    fn hand(&self, without: Option<&str>, batch: &Batch) {
        let Some(batch) = self.prepared(without, batch) else { return };
        if let Some(stage) = self.sampling_of(&batch) {
            return self.sample(stage, without, &batch, false);
        }
        for sender in self.routes(without, batch.signal()) {
            if sender.offer(&batch).is_err() {
                sender.drop_full(&batch);
            }
        }
    }

    /// The batch as all destinations get it. It is recorded as it came.
    fn prepared(&self, without: Option<&str>, batch: &Batch) -> Option<Batch> {
        if let Some(recorder) = &self.recorder {
            recorder.record(batch);
        }
        self.edited(without, batch)
    }

    /// What processors make of a batch, with what is known of where it comes from; what they leave out is counted with
    /// every destination that it would have gone to.
    fn edited(&self, without: Option<&str>, batch: &Batch) -> Option<Batch> {
        let batch = self.enriched(batch);
        let Some(editor) = &self.editor else { return Some(batch) };
        let Edited { batch: edited, left_out } = editor.edit(&batch);
        for (loss, items) in left_out {
            let routes = self.routes(without, batch.signal());
            routes.for_each(|sender| sender.lose(batch.signal(), loss.clone(), items));
        }
        edited
    }

    fn edits(&self, signal: Signal) -> bool {
        self.editor.as_ref().is_some_and(|editor| editor.concerns(signal))
    }

    fn enriched(&self, batch: &Batch) -> Batch {
        self.enrichment.as_ref().map_or_else(|| batch.clone(), |enrichment| enrichment.complete(batch))
    }

    /// Hands a batch to one destination alone: what only it understands. Without such a
    /// destination the batch goes nowhere.
    pub fn accept_only(&self, destination: &str, batch: &Batch) -> Result<(), Refused> {
        let mut routes = self.routes[batch.signal()].iter();
        let Some(sender) = routes.find(|sender| sender.name() == destination) else { return Ok(()) };
        let batch = self.enriched(batch);
        let edited = match &self.editor {
            Some(editor) => editor.edit(&batch).batch,
            None => Some(batch),
        };
        match edited {
            Some(edited) if edited.items() > 0 => sender.offer(&edited).map_err(|_| Refused),
            _ => Ok(()),
        }
    }

    /// Waits until there is room for the batch, for at most `patience`: when destinations are
    /// only a little slower than what comes in, that costs everybody less than to be refused
    /// and to send again. Afterwards there may be room or not.
    pub async fn room(&self, batch: &Batch, patience: Duration) {
        let wait = async {
            loop {
                let routes = &self.routes[batch.signal()];
                let mut freed: Vec<_> =
                    routes.iter().map(|sender| Box::pin(sender.freed.notified())).collect();
                if self.has_room(None, batch, 1) {
                    return;
                }
                poll_fn(|cx| {
                    let any = freed.iter_mut().any(|freed| freed.as_mut().poll(cx).is_ready());
                    if any { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        };
        // One that is away will not have room so soon.
        let down = |sender: &Arc<Sender>| sender.has_disk() && sender.ledger.in_trouble();
        if !self.has_room(None, batch, 1) && !self.routes(None, batch.signal()).any(down) {
            let _ = tokio::time::timeout(patience, wait).await;
        }
    }

    fn check_room(&self, without: Option<&str>, batch: &Batch, times: usize) -> Result<(), Refused> {
        if self.has_room(without, batch, times)
            || self.routes(without, batch.signal()).any(|sender| sender.has_disk())
        {
            return Ok(());
        }
        self.account.refused(batch.signal(), "queue full");
        Err(Refused)
    }

    /// Whether some destination would take the batch, or there is none that could. `times`: by how much
    /// it may get longer.
    fn has_room(&self, without: Option<&str>, batch: &Batch, times: usize) -> bool {
        let (bytes, items) = (batch.bytes().len().saturating_mul(times), batch.items());
        let mut routes = self.routes(without, batch.signal()).peekable();
        routes.peek().is_none() || routes.any(|sender| sender.has_room(bytes, items))
    }

    fn routes<'a>(
        &'a self,
        without: Option<&'a str>,
        signal: Signal,
    ) -> impl Iterator<Item = &'a Arc<Sender>> {
        self.routes[signal].iter().filter(move |sender| Some(sender.name()) != without)
    }

    /// Empties all queues, side by side, until `deadline`. What waits for a decision gets it now.
    pub async fn drain(&self, deadline: Instant) {
        self.decide_all().await;
        let mut senders: Vec<Arc<Sender>> = Vec::new();
        let recorder = self.recorder.iter().map(|recorder| recorder.sender());
        for sender in self.routes.iter().flat_map(|(_, senders)| senders).chain(recorder) {
            if !senders.iter().any(|known| Arc::ptr_eq(known, sender)) {
                senders.push(sender.clone());
            }
        }
        senders.iter().for_each(|sender| sender.finish());
        if let Some(live) = &self.live {
            live.stop();
        }
        let tasks: Vec<_> = senders
            .into_iter()
            .map(|sender| tokio::spawn(async move { sender.drain(deadline).await }))
            .collect();
        for task in tasks {
            let _ = task.await;
        }
        if let Some(spool) = &self.spool {
            spool.finish().await;
        }
    }
}
