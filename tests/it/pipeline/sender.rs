//! One sender, on a clock that is moved by hand.

use super::*;

fn start(exporter: impl Exporter, settings: QueueSettings) -> (Arc<Sender>, Arc<Ledger>) {
    let ledger = Account::new().ledger("test");
    (Sender::start(exporter, settings, ledger.clone()), ledger)
}

fn offer(sender: &Sender, numbers: std::ops::Range<u64>) {
    sender.offer(&numbered(Signal::Traces, numbers)).expect("room");
}

async fn soon(sender: &Sender) {
    sender.drain(Instant::now() + 5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn parcels_by_size_and_by_time() {
    let (exporter, attempts) = Acting::new(|_| async { Outcome::DELIVERED });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..60);
    offer(&sender, 60..90);
    // Does not fit into the first parcel, which therefore goes at once.
    offer(&sender, 90..120);
    tokio::time::sleep(SECOND / 2).await;
    // Waits for company, but not longer than a second.
    offer(&sender, 120..130);
    tokio::time::sleep(SECOND).await;
    // Full by itself.
    offer(&sender, 130..280);
    tokio::time::sleep(SECOND / 10).await;
    let parcels: Vec<(u64, Vec<u64>)> =
        taken(&attempts).into_iter().map(|a| (a.at.as_millis() as u64, a.numbers)).collect();
    assert_eq!(
        parcels,
        [(0, (0..90).collect::<Vec<_>>()), (1000, (90..130).collect()), (1500, (130..280).collect()),]
    );
    soon(&sender).await;
    assert_eq!(ledger.items_delivered(Signal::Traces), 280);
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn a_parcel_has_one_signal_and_the_oldest_goes_first() {
    let (exporter, attempts) = Acting::new(|_| async { Outcome::DELIVERED });
    let (sender, ledger) = start(exporter, queue());
    for number in 0..3 {
        for signal in [Signal::Logs, Signal::Traces, Signal::Metrics] {
            sender.offer(&numbered(signal, number..number + 1)).expect("room");
            tokio::time::advance(Duration::from_millis(10)).await;
        }
    }
    soon(&sender).await;
    let parcels: Vec<_> = taken(&attempts).into_iter().map(|a| (a.signal, a.numbers)).collect();
    let all = vec![0, 1, 2];
    assert_eq!(parcels, [(Signal::Logs, all.clone()), (Signal::Traces, all.clone()), (Signal::Metrics, all)]);
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn bounded_in_items_and_bytes_and_never_impossible() {
    for settings in [
        QueueSettings { max_items: Some(100), ..queue() },
        QueueSettings { max_bytes: numbered(Signal::Traces, 0..100).bytes().len() + 1000, ..queue() },
    ] {
        let (exporter, _) = Acting::new(|_| std::future::pending());
        let (sender, ledger) = start(exporter, settings);
        offer(&sender, 0..100);
        // In flight, and still counted.
        tokio::time::sleep(2 * SECOND).await;
        let more = numbered(Signal::Traces, 100..200);
        assert!(!sender.has_room(more.bytes().len(), more.items()));
        assert!(sender.offer(&more).is_err());
        assert_eq!(ledger.items_received(Signal::Traces), 100, "what is refused is not in the books");
        sender.drop_full(&more);
        soon(&sender).await;
        assert_balanced(&ledger);
        assert_eq!(
            losses(&ledger),
            [(Loss::Dropped("not delivered in time"), 100), (Loss::Dropped("queue full"), 100)]
        );
    }
    let tight = QueueSettings { max_items: Some(1), max_bytes: 1, ..queue() };
    let (exporter, _) = Acting::new(|_| async { Outcome::DELIVERED });
    let (sender, ledger) = start(exporter, tight);
    offer(&sender, 0..500);
    soon(&sender).await;
    assert_eq!(ledger.items_delivered(Signal::Traces), 500);
}

#[tokio::test(start_paused = true)]
async fn room_is_free_again_when_a_parcel_is_gone() {
    let (exporter, _) = Acting::new(|_| async { Outcome::DELIVERED });
    let bytes = numbered(Signal::Traces, 0..100).bytes().len();
    let (sender, ledger) =
        start(exporter, QueueSettings { max_items: Some(150), max_bytes: bytes + 1000, ..queue() });
    for _ in 0..50 {
        offer(&sender, 0..100);
        tokio::time::sleep(SECOND / 100).await;
    }
    assert_eq!(ledger.items_delivered(Signal::Traces), 5000);
}

/// Empty batches cost memory too.
#[tokio::test(start_paused = true)]
async fn nothing_at_all_is_bounded() {
    let (exporter, _) = Acting::new(|_| std::future::pending());
    let (sender, _) = start(exporter, queue());
    let taken = (0..100_000).take_while(|_| sender.offer(&numbered(Signal::Traces, 0..0)).is_ok()).count();
    assert!(taken < 10_000, "{taken} empty batches");
}

#[tokio::test(start_paused = true)]
async fn back_off_grows_and_starts_again_when_answered() {
    let (exporter, attempts) = Acting::new(|number| async move {
        match number {
            8 | 11 => Outcome::DELIVERED,
            _ => later(None),
        }
    });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    tokio::time::sleep(200 * SECOND).await;
    offer(&sender, 100..200);
    tokio::time::sleep(10 * SECOND).await;
    let times: Vec<Duration> = taken(&attempts).iter().map(|attempt| attempt.at).collect();
    assert_eq!(times.len(), 12);
    for (index, longest) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
        let wait = times[index + 1] - times[index];
        assert!(wait <= longest * SECOND + SECOND / 100, "attempt {index}: {wait:?}");
    }
    // Jitter makes single waits short, but not all of them.
    assert!(times[8] > 4 * SECOND, "{times:?}");
    assert!(times[11] - times[9] < 4 * SECOND, "{times:?}");
    assert_eq!(ledger.items_delivered(Signal::Traces), 200);
    soon(&sender).await;
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_was_asked_for_is_kept_but_not_for_ever() {
    let (exporter, attempts) = Acting::new(|number| async move {
        match number {
            0 => later(Some(7 * SECOND)),
            1 => later(Some(Duration::MAX)),
            _ => Outcome::DELIVERED,
        }
    });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    tokio::time::sleep(1000 * SECOND).await;
    let times: Vec<u64> = taken(&attempts).iter().map(|attempt| attempt.at.as_secs()).collect();
    assert_eq!(times, [0, 7, 7 + 15 * 60]);
    soon(&sender).await;
    assert_balanced(&ledger);
}

/// Down for a day: a handful of attempts an hour each minute at most, and what is too old
/// gives way.
#[tokio::test(start_paused = true)]
async fn down_for_long_costs_little() {
    let (exporter, attempts) = Acting::new(|_| async { later(None) });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    offer(&sender, 100..200);
    tokio::time::sleep(3599 * SECOND).await;
    let count = taken(&attempts).len();
    // Two a minute on average, with jitter.
    assert!((60..250).contains(&count), "{count} attempts in an hour");
    assert!(losses(&ledger).is_empty());
    tokio::time::sleep(300 * SECOND).await;
    assert_eq!(losses(&ledger), [(Loss::Dropped("not accepted within an hour"), 200)]);
    // Still there for what comes now.
    offer(&sender, 200..300);
    soon(&sender).await;
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn partial_success_and_rejection_are_counted() {
    let (exporter, _) = Acting::new(|number| async move {
        match number {
            0 => Outcome::Delivered { rejected: 30, message: Some("too old".to_owned()) },
            // More than there were.
            1 => Outcome::Delivered { rejected: u64::MAX, message: None },
            2 => Outcome::Rejected { reason: "HTTP 400".to_owned(), message: "no".to_owned() },
            _ => Outcome::DELIVERED,
        }
    });
    let (sender, ledger) = start(exporter, queue());
    for number in 0..4 {
        offer(&sender, number * 100..(number + 1) * 100);
    }
    soon(&sender).await;
    assert_eq!(
        losses(&ledger),
        [(Loss::Rejected("HTTP 400".to_owned()), 100), (Loss::Rejected("partial success".to_owned()), 130)]
    );
    assert_eq!(ledger.items_delivered(Signal::Traces), 170);
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn an_exporter_that_panics_costs_one_parcel() {
    let (exporter, _) = Acting::new(|number| async move {
        if number == 1 {
            // As a panic does, but without a word about it.
            std::panic::resume_unwind(Box::new("a defect"));
        }
        Outcome::DELIVERED
    });
    let (sender, ledger) = start(exporter, queue());
    for number in 0..3 {
        offer(&sender, number * 100..(number + 1) * 100);
    }
    soon(&sender).await;
    assert_eq!(losses(&ledger), [(Loss::Dropped("internal error"), 100)]);
    assert_eq!(ledger.items_delivered(Signal::Traces), 200);
    assert_balanced(&ledger);
}

/// A kept connection that was closed is no failure: no wait, and no last attempt lost.
#[tokio::test(start_paused = true)]
async fn at_once_is_at_once() {
    let (exporter, attempts) = Acting::new(|number| async move {
        if number % 2 == 0 { Outcome::at_once(true) } else { Outcome::DELIVERED }
    });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    tokio::time::sleep(SECOND / 100).await;
    assert_eq!(taken(&attempts).len(), 2);
    offer(&sender, 100..110);
    soon(&sender).await;
    assert_eq!(taken(&attempts).len(), 4);
    assert_eq!(ledger.items_delivered(Signal::Traces), 110);
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn draining_sends_what_waits_at_once() {
    let (exporter, attempts) = Acting::new(|_| async { Outcome::DELIVERED });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..10);
    let start = Instant::now();
    soon(&sender).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(taken(&attempts).len(), 1);
    assert!(sender.offer(&numbered(Signal::Traces, 10..20)).is_err(), "the entrance is closed");
    assert!(!sender.has_room(1, 1));
    assert_balanced(&ledger);
}

/// A wait between attempts is cut, and everything gets one more chance.
#[tokio::test(start_paused = true)]
async fn draining_cuts_waits() {
    for heals in [false, true] {
        let (exporter, attempts) = Acting::new(move |number| async move {
            if heals && number > 0 { Outcome::DELIVERED } else { later(Some(600 * SECOND)) }
        });
        let (sender, ledger) = start(exporter, queue());
        offer(&sender, 0..100);
        offer(&sender, 100..200);
        offer(&sender, 200..250);
        tokio::time::sleep(10 * SECOND).await;
        assert_eq!(taken(&attempts).len(), 1);
        let start = Instant::now();
        soon(&sender).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let sizes: Vec<usize> = taken(&attempts).iter().map(|attempt| attempt.numbers.len()).collect();
        assert_eq!(sizes, [100, 100, 100, 50]);
        let expected = if heals { vec![] } else { vec![(Loss::Dropped("not delivered in time"), 250)] };
        assert_eq!(losses(&ledger), expected);
        assert_balanced(&ledger);
    }
}

/// An attempt that began before draining and fails in it was not the last one.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_under_way_is_not_the_last() {
    let (exporter, attempts) = Acting::new(|number| async move {
        tokio::time::sleep(2 * SECOND).await;
        if number == 0 { later(None) } else { Outcome::DELIVERED }
    });
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    tokio::time::sleep(SECOND).await;
    soon(&sender).await;
    assert_eq!(taken(&attempts).len(), 2);
    assert_eq!(ledger.items_delivered(Signal::Traces), 100);
    assert_balanced(&ledger);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_hard_and_can_come_nearer() {
    let (exporter, _) = Acting::new(|_| std::future::pending());
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    offer(&sender, 100..150);
    let begun = Instant::now();
    soon(&sender).await;
    assert_eq!(begun.elapsed(), 5 * SECOND);
    assert_eq!(losses(&ledger), [(Loss::Dropped("not delivered in time"), 150)]);
    assert_balanced(&ledger);

    let (exporter, _) = Acting::new(|_| std::future::pending());
    let (sender, ledger) = start(exporter, queue());
    offer(&sender, 0..100);
    let begun = Instant::now();
    // Somebody loses patience: the first wait is given up half-way.
    let waited = tokio::time::timeout(SECOND, sender.drain(begun + 5 * SECOND)).await;
    assert!(waited.is_err());
    sender.drain(Instant::now()).await;
    assert_eq!(begun.elapsed(), SECOND);
    assert_balanced(&ledger);
}
