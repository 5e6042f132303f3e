//! Several destinations (EXP-12).

use super::*;

fn pipeline(senders: Vec<Arc<Sender>>, account: &Arc<Account>) -> Pipeline {
    Pipeline::new(PerSignal::from_fn(|_| senders.clone()), account.clone())
}

fn accept(pipeline: &Pipeline, numbers: std::ops::Range<u64>) -> Result<(), Refused> {
    pipeline.accept(&numbered(Signal::Traces, numbers))
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_costs_the_others_nothing() {
    let account = Account::new();
    let (hanging, _) = Acting::new(|_| std::future::pending());
    let (healthy, attempts) = Acting::new(|_| async { Outcome::DELIVERED });
    let small = QueueSettings { max_items: Some(1000), ..queue() };
    let (down, up) = (account.ledger("down"), account.ledger("up"));
    let senders =
        vec![Sender::start(hanging, small.clone(), down.clone()), Sender::start(healthy, small, up.clone())];
    let pipeline = pipeline(senders, &account);
    for number in 0..100 {
        assert_eq!(accept(&pipeline, number * 100..(number + 1) * 100), Ok(()));
        tokio::time::sleep(SECOND / 10).await;
    }
    let late = taken(&attempts).iter().enumerate().filter(|(i, a)| a.at > SECOND / 10 * (*i as u32)).count();
    assert_eq!(late, 0, "every parcel went when it was full");
    assert_eq!(up.items_delivered(Signal::Traces), 10_000);
    let begun = Instant::now();
    pipeline.drain(Instant::now() + 5 * SECOND).await;
    assert_eq!(begun.elapsed(), 5 * SECOND);
    assert_balanced(&up);
    assert_balanced(&down);
    assert_eq!(
        losses(&down),
        [(Loss::Dropped("not delivered in time"), 1000), (Loss::Dropped("queue full"), 9000)]
    );
    assert_eq!(
        account.lines(),
        [
            "account: received 10000 spans",
            "account: down: 0 of 10000 spans delivered, 1000 dropped (not delivered in time), 9000 dropped (queue full)",
            "account: up: 10000 of 10000 spans delivered",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn refused_only_when_nobody_has_room() {
    let account = Account::new();
    let hang = || Acting::new(|_| std::future::pending()).0;
    let small = QueueSettings { max_items: Some(150), ..queue() };
    let large = QueueSettings { max_items: Some(250), ..queue() };
    let (one, two) = (account.ledger("one"), account.ledger("two"));
    let senders = vec![Sender::start(hang(), small, one.clone()), Sender::start(hang(), large, two.clone())];
    let pipeline = pipeline(senders, &account);
    assert_eq!(accept(&pipeline, 0..100), Ok(()));
    assert_eq!(accept(&pipeline, 100..200), Ok(()));
    assert_eq!(accept(&pipeline, 200..300), Err(Refused));
    // Its sender has it still: it is in nobody's books.
    assert_eq!((one.items_received(Signal::Traces), two.items_received(Signal::Traces)), (200, 200));
    assert_eq!(losses(&one), [(Loss::Dropped("queue full"), 100)]);
    assert!(account.lines().contains(&"account: refused 1 traces requests (queue full)".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nobody_and_nothing() {
    let account = Account::new();
    let pipeline = Pipeline::new(PerSignal::default(), account.clone());
    assert_eq!(accept(&pipeline, 0..10), Ok(()));
    assert_eq!(account.lines(), ["account: received 10 spans"]);
    assert!(!account.anything_lost());

    let account = Account::new();
    let (exporter, attempts) = Acting::new(|_| async { Outcome::DELIVERED });
    let sender = Sender::start(exporter, queue(), account.ledger("test"));
    let pipeline = self::pipeline(vec![sender], &account);
    assert_eq!(accept(&pipeline, 0..0), Ok(()));
    pipeline.drain(Instant::now() + SECOND).await;
    assert!(taken(&attempts).is_empty(), "a batch without items is no parcel");
}

/// The default destination, at which nobody listens, never holds up the target and is no
/// reason for an account at the end.
#[tokio::test(start_paused = true)]
async fn a_deserted_default_is_silent() {
    let account = Account::new();
    let (mut exporter, attempts) = Acting::new(|_| async { later(None) });
    exporter.by_default = true;
    let ledger = account.ledger("otlp");
    let sender = Sender::start(exporter, QueueSettings { max_items: Some(100), ..queue() }, ledger.clone());
    let pipeline = pipeline(vec![sender], &account);
    assert_eq!(accept(&pipeline, 0..100), Ok(()));
    tokio::time::sleep(SECOND / 10).await;
    assert!(!taken(&attempts).is_empty());
    for number in 1..100 {
        assert_eq!(accept(&pipeline, number * 100..(number + 1) * 100), Ok(()));
    }
    pipeline.drain(Instant::now() + SECOND).await;
    assert_balanced(&ledger);
    assert_eq!(ledger.items_received(Signal::Traces), 10_000);
    assert!(!account.anything_lost());
}

/// When it answers once, it is a destination like any other.
#[tokio::test(start_paused = true)]
async fn a_default_that_answers_is_no_desert() {
    let account = Account::new();
    let (mut exporter, _) = Acting::new(|number| async move {
        match number {
            0 => later(None),
            1 => Outcome::DELIVERED,
            _ => std::future::pending().await,
        }
    });
    exporter.by_default = true;
    let sender =
        Sender::start(exporter, QueueSettings { max_items: Some(100), ..queue() }, account.ledger("otlp"));
    let pipeline = pipeline(vec![sender], &account);
    assert_eq!(accept(&pipeline, 0..100), Ok(()));
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(accept(&pipeline, 100..200), Ok(()));
    tokio::time::sleep(SECOND).await;
    assert_eq!(accept(&pipeline, 200..300), Err(Refused));
    pipeline.drain(Instant::now() + SECOND).await;
    assert!(account.anything_lost());
}
