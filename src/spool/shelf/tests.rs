use super::super::fixture::named;
use super::*;
use crate::account::Account;
use crate::otlp::Signal;
use std::path::Path;
use tempfile::TempDir;

fn start(place: &Path) -> (Spool, Shelf, Arc<Ledger>) {
    let mut spool =
        Spool::start(Some(place.to_owned()), Limits::default(), Environment::default()).expect("a thread");
    let ledger = Account::new().ledger("otlp");
    let shelf = spool.shelf(Address::of(["here"]), ledger.clone());
    (spool, shelf, ledger)
}

fn left(place: &Path) -> usize {
    let Ok(folder) = std::fs::read_dir(place) else { return 0 };
    folder.flatten().map(|entry| 1 + left(&entry.path())).sum()
}

#[tokio::test]
async fn there_and_back_and_nothing_left() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("spool");
    let (spool, shelf, ledger) = start(&place);
    assert!(!place.exists(), "nothing is made before there is something to keep");

    let live = shelf.keep(&named(1, "live"), true).await.expect("kept");
    assert!(!shelf.has_backlog());
    ledger.received(Signal::Traces, 3);
    for name in ["a", "b"] {
        shelf.keep(&named(1, name), false).await.expect("kept");
    }
    assert!(shelf.has_backlog());
    assert_eq!((ledger.in_spool(Signal::Traces), ledger.in_memory(Signal::Traces)), (2, 1));

    let found = shelf.oldest(1 << 20).await;
    assert_eq!((found.len(), shelf.has_backlog()), (2, false));
    assert_eq!(ledger.in_memory(Signal::Traces), 3);
    let mut tickets: Vec<Ticket> = found.into_iter().map(|found| found.ticket).collect();
    shelf.leave(tickets.split_off(1));
    assert_eq!(shelf.oldest(0).await.len(), 1, "one at least, however little fits");
    tickets.push(live);
    shelf.release(tickets);
    spool.finish().await;
    // The one that was found last was not released.
    assert_eq!(left(&place), 4, "a destination, a launch, its lock and one batch");
}

#[tokio::test]
async fn the_next_launch_finds_it_by_itself() {
    let folder = TempDir::new().expect("a folder");
    let (spool, shelf, _) = start(folder.path());
    shelf.keep(&named(5, "a"), true).await.expect("kept");
    // As it is killed: nobody says that it ends.
    drop((spool, shelf));
    let (spool, shelf, ledger) = start(folder.path());
    timeout(Duration::from_secs(60), shelf.filled()).await.expect("found");
    assert_eq!((ledger.items_adopted(Signal::Traces), ledger.in_spool(Signal::Traces)), (5, 5));
    let found = shelf.oldest(0).await;
    shelf.release(found.into_iter().map(|found| found.ticket).collect());
    spool.finish().await;
    assert_eq!(left(folder.path()), 1, "the destination's folder, for the next");
}

/// SPL-6: what cannot be kept on disk is no reason for anything.
#[tokio::test]
async fn a_place_that_does_not_work() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("file");
    std::fs::write(&place, "").expect("written");
    let (spool, shelf, _) = start(&place);
    assert!(shelf.works());
    assert!(shelf.keep(&named(1, "a"), true).await.is_none());
    assert!(!shelf.works());
    assert!(shelf.oldest(0).await.is_empty());
    spool.finish().await;
    assert!(shelf.keep(&named(1, "a"), true).await.is_none(), "nor is its end");
}
