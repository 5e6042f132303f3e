//! Every batch to every destination of its signal.

use super::Sender;
use super::azure::live::Live;
use crate::account::Account;
use crate::otlp::{Batch, PerSignal};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;

/// No destination had room: the batch was not taken and may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The entrance to all destinations; cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    routes: Arc<PerSignal<Vec<Arc<Sender>>>>,
    account: Arc<Account>,
    live: Option<Arc<Live>>,
}

impl Pipeline {
    pub fn new(routes: PerSignal<Vec<Arc<Sender>>>, account: Arc<Account>) -> Self {
        Pipeline { routes: Arc::new(routes), account, live: None }
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
        let items = batch.items();
        if items == 0 {
            return Ok(());
        }
        if !self.has_room(destination, batch) {
            self.account.refused(batch.signal(), "queue full");
            return Err(Refused);
        }
        for sender in self.routes(destination, batch) {
            if sender.offer(batch).is_err() {
                sender.drop_full(batch);
            }
        }
        self.account.accepted(batch.signal(), items);
        Ok(())
    }

    /// Hands a batch to one destination alone: what only it understands. Without such a
    /// destination the batch goes nowhere.
    pub fn accept_only(&self, destination: &str, batch: &Batch) -> Result<(), Refused> {
        let mut routes = self.routes[batch.signal()].iter();
        match routes.find(|sender| sender.name() == destination) {
            Some(sender) if batch.items() > 0 => sender.offer(batch).map_err(|_| Refused),
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
                if self.has_room(None, batch) {
                    return;
                }
                poll_fn(|cx| {
                    let any = freed.iter_mut().any(|freed| freed.as_mut().poll(cx).is_ready());
                    if any { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        };
        if !self.has_room(None, batch) {
            let _ = tokio::time::timeout(patience, wait).await;
        }
    }

    /// Whether some destination would take the batch, or there is none that could.
    fn has_room(&self, without: Option<&str>, batch: &Batch) -> bool {
        let (bytes, items) = (batch.bytes().len(), batch.items());
        let mut routes = self.routes(without, batch).peekable();
        routes.peek().is_none() || routes.any(|sender| sender.has_room(bytes, items))
    }

    fn routes<'a>(
        &'a self,
        without: Option<&'a str>,
        batch: &Batch,
    ) -> impl Iterator<Item = &'a Arc<Sender>> {
        self.routes[batch.signal()].iter().filter(move |sender| Some(sender.name()) != without)
    }

    /// Empties all queues, side by side, until `deadline`.
    pub async fn drain(&self, deadline: Instant) {
        let mut senders: Vec<Arc<Sender>> = Vec::new();
        for sender in self.routes.iter().flat_map(|(_, senders)| senders) {
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
    }
}
