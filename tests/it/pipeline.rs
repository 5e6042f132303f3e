//! Queues, batching, retries and the account (EXP, FLU, rule 3 of reliability: count everything).

#[path = "pipeline/destinations.rs"]
mod destinations;
#[path = "pipeline/launched.rs"]
mod launched;
#[path = "pipeline/oracle.rs"]
mod oracle;
#[path = "pipeline/random.rs"]
mod random;
#[path = "pipeline/sender.rs"]
mod sender;

use crate::support::batches::{numbered, numbers};
use otel_run::account::{Account, Ledger, Loss};
use otel_run::export::{Exporter, Outcome, Parcel, Pipeline, Refused, Sender};
use otel_run::otlp::{PerSignal, Signal};
use otel_run::settings::QueueSettings;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// One attempt of an exporter: when it began, and with what.
#[derive(Clone, Debug, PartialEq)]
struct Attempt {
    at: Duration,
    signal: Signal,
    numbers: Vec<u64>,
}

/// An exporter that does what `act` says, and whose attempts can be looked at.
struct Acting<F> {
    start: Instant,
    attempts: Arc<Mutex<Vec<Attempt>>>,
    by_default: bool,
    act: F,
}

type Attempts = Arc<Mutex<Vec<Attempt>>>;

impl<F> Acting<F> {
    fn new(act: F) -> (Self, Attempts) {
        let attempts = Attempts::default();
        (Acting { start: Instant::now(), attempts: attempts.clone(), by_default: false, act }, attempts)
    }
}

impl<F, R> Exporter for Acting<F>
where
    F: FnMut(usize) -> R + Send + 'static,
    R: Future<Output = Outcome> + Send,
{
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let number = {
            let mut attempts = self.attempts.lock().expect("not poisoned");
            attempts.push(Attempt {
                at: self.start.elapsed(),
                signal: parcel.signal,
                numbers: parcel.batches.iter().flat_map(numbers).collect(),
            });
            attempts.len() - 1
        };
        (self.act)(number).await
    }

    fn by_default(&self) -> bool {
        self.by_default
    }
}

fn taken(attempts: &Attempts) -> Vec<Attempt> {
    attempts.lock().expect("not poisoned").clone()
}

fn later(after: Option<Duration>) -> Outcome {
    Outcome::Retry { after, message: "not now".to_owned(), maybe_received: false }
}

/// Parcels of a hundred items or a second.
fn queue() -> QueueSettings {
    QueueSettings {
        max_bytes: 1 << 20,
        max_items: None,
        parcel_bytes: 1 << 20,
        parcel_items: Some(100),
        delay: SECOND,
    }
}

/// Numbers that are the same in every run of one seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        for _ in 0..10 {
            dice.roll(2);
        }
        dice
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Every item is accounted for, and none is in memory.
fn assert_balanced(ledger: &Ledger) {
    for signal in Signal::ALL {
        let losses = ledger.losses();
        let lost: u64 = losses.iter().filter(|((s, _), _)| *s == signal.name()).map(|(_, items)| items).sum();
        assert_eq!(
            ledger.items_received(signal),
            ledger.items_delivered(signal) + lost,
            "{signal}: {losses:?}"
        );
        assert_eq!(ledger.in_memory(signal), 0);
    }
}

fn losses(ledger: &Ledger) -> Vec<(Loss, u64)> {
    ledger.losses().into_iter().map(|((_, loss), items)| (loss, items)).collect()
}
