//! Out of the program: every destination has its own sender (queue, batcher, retry), so
//! that one that is slow or down holds up neither the others nor the receiver.

pub mod azure;
pub mod console;
mod delivery;
mod destinations;
pub mod download;
pub mod entra;
mod excerpt;
mod exchange;
mod fanout;
mod https;
pub(crate) mod nearby;
pub mod otlp;
pub mod prometheus;
mod queue;
pub mod record;
mod reply_first;
mod resolve;
mod retry;
mod sender;
mod value;
mod vitals;
mod way;

pub use destinations::start;
use excerpt::excerpt;
pub use fanout::{Pipeline, Refused, Witness};
pub use sender::{Full, Sender};
pub use vitals::Vitals;

use crate::account::Loss;
use crate::otlp::{Batch, Signal};
use std::future::Future;
use std::time::Duration;

/// What a sender hands to its exporter: batches of one signal, sent as one request.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub signal: Signal,
    pub batches: Vec<Batch>,
    pub items: u64,
    /// Sum of the batches' protobuf bytes.
    pub bytes: usize,
}

/// How one attempt to send a parcel ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted; `rejected` items of it were not (OTLP partial success).
    Delivered { rejected: u64, message: Option<String> },
    /// Done with, each item in its own way: what is not among the losses is delivered.
    Settled { losses: Vec<(Loss, u64)>, message: Option<String> },
    /// Some items are done with, each in its own way; the rest is to be sent by another call at
    /// once, with the same batches and fewer items.
    Partly { delivered: u64, losses: Vec<(Loss, u64)>, message: Option<String> },
    /// Try the same parcel again, after the delay that the destination asked for, if any.
    /// `maybe_received`: everything was sent and no answer came, so that the destination may
    /// get it twice. An empty `message`: nothing is wrong with the destination, and it is tried
    /// again at once.
    Retry { after: Option<Duration>, message: String, maybe_received: bool },
    /// The destination does not want it, now or later. `reason` is short (`HTTP 400`);
    /// an empty `message` was said before and is not said again.
    Rejected { reason: String, message: String },
}

impl Outcome {
    pub const DELIVERED: Outcome = Outcome::Delivered { rejected: 0, message: None };

    /// Try again without a wait and without a word.
    pub const fn at_once(maybe_received: bool) -> Outcome {
        Outcome::Retry { after: None, message: String::new(), maybe_received }
    }
}

/// Sees what a destination is offered before its exporter does, and whatever becomes of it:
/// figures that must be exact are counted here.
pub trait Tap: Send + Sync {
    fn observe(&self, batch: &Batch);

    /// Nothing more will come. What was counted and not told yet is told now.
    fn finish(&self) {}
}

/// The contract of a destination. One parcel at a time; the sender retries.
pub trait Exporter: Send + 'static {
    /// Sends one parcel. Must end by itself (a timeout of its own) whatever the peer does.
    fn export(&mut self, parcel: &Parcel) -> impl Future<Output = Outcome> + Send;

    /// From now on there is one attempt for each parcel: better times are not waited for.
    fn hurry(&mut self) {}

    /// Nobody chose this destination: when nobody answers there, one quiet line says so and
    /// nothing else happens.
    fn by_default(&self) -> bool {
        false
    }
}
