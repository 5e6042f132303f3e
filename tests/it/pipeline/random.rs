//! The account under chance: whatever exporters do and whenever draining starts, every item
//! is counted once.

use super::*;

#[derive(Default)]
struct Truth {
    delivered: PerSignal<u64>,
    rejected: PerSignal<u64>,
    panicked: PerSignal<u64>,
}

struct Random {
    dice: Dice,
    truth: Arc<Mutex<Truth>>,
}

impl Exporter for Random {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        assert!(parcel.batches.iter().all(|batch| batch.signal() == parcel.signal));
        assert_eq!(parcel.items, parcel.batches.iter().map(|batch| batch.items()).sum::<u64>());
        assert_eq!(parcel.bytes, parcel.batches.iter().map(|batch| batch.bytes().len()).sum::<usize>());
        tokio::time::sleep(Duration::from_millis(self.dice.roll(50))).await;
        let fate = self.dice.roll(20);
        if fate == 0 {
            std::future::pending::<()>().await;
        }
        let mut truth = self.truth.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (signal, items) = (parcel.signal, parcel.items);
        match fate {
            1 => {
                truth.panicked[signal] += items;
                drop(truth);
                // As a panic does, but without a word about it.
                std::panic::resume_unwind(Box::new("a defect"));
            }
            2 => {
                truth.rejected[signal] += items;
                Outcome::Rejected { reason: "HTTP 400".to_owned(), message: String::new() }
            }
            3 => {
                let rejected = self.dice.roll(items + 1);
                truth.rejected[signal] += rejected;
                truth.delivered[signal] += items - rejected;
                Outcome::Delivered { rejected, message: None }
            }
            4..=9 => {
                let after = (fate < 6).then(|| Duration::from_millis(self.dice.roll(3000)));
                Outcome::Retry { after, message: "not now".to_owned(), maybe_received: fate == 7 }
            }
            _ => {
                truth.delivered[signal] += items;
                Outcome::DELIVERED
            }
        }
    }
}

async fn trial(seed: u64) {
    let mut dice = Dice::new(seed);
    let account = Account::new();
    let settings = QueueSettings {
        max_bytes: 2000 + dice.roll(100_000) as usize,
        max_items: (dice.roll(2) == 0).then(|| 1 + dice.roll(2000)),
        parcel_bytes: 1 + dice.roll(20_000) as usize,
        parcel_items: (dice.roll(2) == 0).then(|| 1 + dice.roll(300)),
        delay: Duration::from_millis(dice.roll(300)),
    };
    let mut destinations = Vec::new();
    for name in ["a", "b", "c"].into_iter().take(1 + dice.roll(3) as usize) {
        let truth = Arc::<Mutex<Truth>>::default();
        let exporter = Random { dice: Dice::new(dice.roll(u64::MAX)), truth: truth.clone() };
        let ledger = account.ledger(name);
        destinations.push((Sender::start(exporter, settings.clone(), ledger.clone()), ledger, truth));
    }
    let senders: Vec<_> = destinations.iter().map(|(sender, _, _)| sender.clone()).collect();
    let pipeline = Pipeline::new(PerSignal::from_fn(|_| senders.clone()), account.clone());
    let mut accepted = PerSignal::<u64>::default();
    for _ in 0..dice.roll(300) {
        let signal = Signal::ALL[dice.roll(3) as usize];
        let items = dice.roll(40);
        if pipeline.accept(&numbered(signal, 0..items)).is_ok() {
            accepted[signal] += items;
        }
        if dice.roll(3) == 0 {
            tokio::time::sleep(Duration::from_millis(dice.roll(200))).await;
        }
    }
    let (begun, budget) = (Instant::now(), Duration::from_millis(dice.roll(5000)));
    pipeline.drain(begun + budget).await;
    assert!(begun.elapsed() <= budget + Duration::from_millis(2));
    for (_, ledger, truth) in &destinations {
        let truth = truth.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        assert_balanced(ledger);
        for signal in Signal::ALL {
            let lost = |wanted: fn(&Loss) -> bool| -> u64 {
                let losses = ledger.losses();
                losses
                    .iter()
                    .filter(|((s, loss), _)| *s == signal.name() && wanted(loss))
                    .map(|(_, n)| n)
                    .sum()
            };
            assert_eq!(ledger.items_received(signal), accepted[signal]);
            assert_eq!(ledger.items_delivered(signal), truth.delivered[signal]);
            assert_eq!(lost(|loss| matches!(loss, Loss::Rejected(_))), truth.rejected[signal]);
            assert_eq!(lost(|loss| *loss == Loss::Dropped("internal error")), truth.panicked[signal]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_item_is_counted_once() {
    for seed in 0..200 {
        // As a task, so that a failure can tell its seed.
        let trial = tokio::spawn(trial(seed)).await;
        assert!(trial.is_ok(), "seed {seed}");
    }
}
