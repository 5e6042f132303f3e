//! Exact accounting: `received + adopted = delivered + rejected + dropped + in memory + in the spool`, for every
//! destination and signal. Anything lost has a reason and a number.

use crate::otlp::{PerSignal, Signal};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Why items did not reach a destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// The destination answered and does not want them: `rejected_by_sink`.
    Rejected(String),
    /// We gave them up: queue full, out of time, cannot be encoded.
    Dropped(&'static str),
    /// On purpose: sampled out.
    LeftOut(&'static str),
}

/// The books of one destination.
#[derive(Debug, Default)]
pub struct Ledger {
    pub destination: String,
    received: PerSignal<AtomicU64>,
    delivered: PerSignal<AtomicU64>,
    lost: Mutex<BTreeMap<(&'static str, Loss), u64>>,
    /// Left by launches that have ended.
    adopted: PerSignal<AtomicU64>,
    /// On disk, and in no memory.
    in_spool: PerSignal<AtomicU64>,
    maybe_duplicate: PerSignal<AtomicU64>,
    /// Why the destination takes nothing at present, as it was last said.
    trouble: Mutex<Option<String>>,
    deserted: AtomicBool,
}

impl Ledger {
    pub fn received(&self, signal: Signal, items: u64) {
        self.received[signal].fetch_add(items, Ordering::Relaxed);
    }

    pub fn delivered(&self, signal: Signal, items: u64) {
        self.delivered[signal].fetch_add(items, Ordering::Relaxed);
    }

    pub fn lost(&self, signal: Signal, loss: Loss, items: u64) {
        if items > 0 {
            let mut lost = self.lost.lock().unwrap_or_else(|p| p.into_inner());
            *lost.entry((signal.name(), loss)).or_default() += items;
        }
    }

    /// Another launch has left items on disk, which are ours now.
    pub fn adopted(&self, signal: Signal, items: u64) {
        self.adopted[signal].fetch_add(items, Ordering::Relaxed);
        self.spooled(signal, items);
    }

    /// Items are on disk, and no longer in memory.
    pub fn spooled(&self, signal: Signal, items: u64) {
        self.in_spool[signal].fetch_add(items, Ordering::Relaxed);
    }

    /// Items that were only on disk are in memory, or gone.
    pub fn unspooled(&self, signal: Signal, items: u64) {
        let less = |held: u64| Some(held.saturating_sub(items));
        let _ = self.in_spool[signal].fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub fn items_adopted(&self, signal: Signal) -> u64 {
        self.adopted[signal].load(Ordering::Relaxed)
    }

    pub fn in_spool(&self, signal: Signal) -> u64 {
        self.in_spool[signal].load(Ordering::Relaxed)
    }

    /// Items that were sent without an answer: the destination may have them, whatever becomes
    /// of them now.
    pub fn maybe_duplicate(&self, signal: Signal, items: u64) {
        self.maybe_duplicate[signal].fetch_add(items, Ordering::Relaxed);
    }

    /// The destination takes nothing. True when this is news: not said since it last did.
    pub fn trouble(&self, why: &str) -> bool {
        let mut trouble = self.trouble.lock().unwrap_or_else(|p| p.into_inner());
        let news = trouble.as_deref() != Some(why);
        *trouble = Some(why.to_owned());
        news
    }

    /// Whether trouble was told, and nothing better since.
    pub fn in_trouble(&self) -> bool {
        self.trouble.lock().unwrap_or_else(|p| p.into_inner()).is_some()
    }

    /// The destination takes data again. True when trouble had been told.
    pub fn recovered(&self) -> bool {
        self.trouble.lock().unwrap_or_else(|p| p.into_inner()).take().is_some()
    }

    /// Nobody asked for this destination and nobody answers there: what is lost is no surprise.
    pub fn set_deserted(&self, deserted: bool) {
        self.deserted.store(deserted, Ordering::Relaxed);
    }

    pub fn is_deserted(&self) -> bool {
        self.deserted.load(Ordering::Relaxed)
    }

    /// What was handed to this destination.
    pub fn items_received(&self, signal: Signal) -> u64 {
        self.received[signal].load(Ordering::Relaxed)
    }

    pub fn items_delivered(&self, signal: Signal) -> u64 {
        self.delivered[signal].load(Ordering::Relaxed)
    }

    /// What has neither arrived nor been lost yet.
    pub fn in_memory(&self, signal: Signal) -> u64 {
        let lost: u64 = self.losses().iter().filter(|((s, _), _)| *s == signal.name()).map(|(_, n)| n).sum();
        (self.items_received(signal) + self.items_adopted(signal))
            .saturating_sub(self.items_delivered(signal))
            .saturating_sub(lost)
            .saturating_sub(self.in_spool(signal))
    }

    pub fn losses(&self) -> BTreeMap<(&'static str, Loss), u64> {
        self.lost.lock().unwrap_or_else(|p| p.into_inner()).clone()
    }
}

/// The books of the whole launch.
#[derive(Debug, Default)]
pub struct Account {
    accepted: PerSignal<AtomicU64>,
    refused: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    ledgers: Mutex<Vec<Arc<Ledger>>>,
}

impl Account {
    pub fn new() -> Arc<Account> {
        Arc::default()
    }

    /// Items that came in and were acknowledged.
    pub fn accepted(&self, signal: Signal, items: u64) {
        self.accepted[signal].fetch_add(items, Ordering::Relaxed);
    }

    /// Requests that were not acknowledged: their sender knows and may try again.
    pub fn refused(&self, signal: Signal, reason: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(|p| p.into_inner());
        *refused.entry((signal.name(), reason)).or_default() += 1;
    }

    /// The books of a destination: one, whatever number of signals go there.
    pub fn ledger(&self, destination: &str) -> Arc<Ledger> {
        let mut ledgers = self.ledgers.lock().unwrap_or_else(|p| p.into_inner());
        if let Some(known) = ledgers.iter().find(|ledger| ledger.destination == destination) {
            return known.clone();
        }
        let ledger = Arc::new(Ledger { destination: destination.to_owned(), ..Ledger::default() });
        ledgers.push(ledger.clone());
        ledger
    }

    fn all(&self) -> Vec<Arc<Ledger>> {
        self.ledgers.lock().unwrap_or_else(|p| p.into_inner()).clone()
    }

    /// Items that have neither arrived anywhere nor been lost yet, of all destinations.
    pub fn in_memory(&self) -> u64 {
        let of = |ledger: &Ledger| Signal::ALL.iter().map(|signal| ledger.in_memory(*signal)).sum::<u64>();
        self.all().iter().map(|ledger| of(ledger)).sum()
    }

    /// Whether anything was lost for good at a destination that somebody asked for, or that
    /// answers.
    pub fn anything_lost(&self) -> bool {
        let lost =
            |ledger: &Ledger| ledger.losses().keys().any(|(_, loss)| !matches!(loss, Loss::LeftOut(_)));
        self.all().iter().any(|ledger| !ledger.is_deserted() && lost(ledger))
    }

    /// The account in lines, one for each destination and signal that saw data.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for signal in Signal::ALL {
            let items = self.accepted[signal].load(Ordering::Relaxed);
            if items > 0 {
                lines.push(format!("account: received {items} {}", signal.item()));
            }
        }
        for ((signal, reason), requests) in self.refused.lock().unwrap_or_else(|p| p.into_inner()).iter() {
            lines.push(format!("account: refused {requests} {signal} requests ({reason})"));
        }
        for ledger in self.all() {
            lines.extend(Signal::ALL.into_iter().filter_map(|signal| line(&ledger, signal)));
        }
        lines
    }
}

fn line(ledger: &Ledger, signal: Signal) -> Option<String> {
    let received = ledger.items_received(signal) + ledger.items_adopted(signal);
    if received == 0 {
        return None;
    }
    let delivered = ledger.items_delivered(signal);
    let mut line =
        format!("account: {}: {delivered} of {received} {} delivered", ledger.destination, signal.item());
    for ((name, loss), items) in ledger.losses() {
        if name == signal.name() {
            line.push_str(&match loss {
                Loss::Rejected(reason) => format!(", {items} rejected ({reason})"),
                Loss::Dropped(reason) => format!(", {items} dropped ({reason})"),
                Loss::LeftOut(reason) => format!(", {items} left out ({reason})"),
            });
        }
    }
    let kept = ledger.in_spool(signal);
    if kept > 0 {
        line.push_str(&format!(", {kept} kept on disk"));
    }
    let waiting = ledger.in_memory(signal);
    if waiting > 0 {
        line.push_str(&format!(", {waiting} in memory"));
    }
    let twice = ledger.maybe_duplicate[signal].load(Ordering::Relaxed);
    if twice > 0 {
        line.push_str(&format!(", {twice} without an answer"));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_books_balance() {
        let account = Account::new();
        let ledger = account.ledger("otlp");
        ledger.received(Signal::Traces, 10);
        ledger.delivered(Signal::Traces, 6);
        ledger.lost(Signal::Traces, Loss::Rejected("400".into()), 1);
        ledger.lost(Signal::Traces, Loss::Dropped("queue full"), 2);
        assert_eq!(ledger.in_memory(Signal::Traces), 1);
        assert!(account.anything_lost());
        assert_eq!(
            account.lines(),
            ["account: otlp: 6 of 10 spans delivered, 1 rejected (400), 2 dropped (queue full), 1 in memory"]
        );
    }

    #[test]
    fn what_is_on_disk_is_not_lost() {
        let account = Account::new();
        let ledger = account.ledger("otlp");
        ledger.adopted(Signal::Logs, 5);
        ledger.received(Signal::Logs, 10);
        ledger.unspooled(Signal::Logs, 2);
        ledger.delivered(Signal::Logs, 8);
        ledger.spooled(Signal::Logs, 4);
        assert_eq!((ledger.in_memory(Signal::Logs), ledger.in_spool(Signal::Logs)), (0, 7));
        assert!(!account.anything_lost());
        assert_eq!(account.lines(), ["account: otlp: 8 of 15 log records delivered, 7 kept on disk"]);
    }

    #[test]
    fn what_is_sampled_out_is_not_lost() {
        let account = Account::new();
        let ledger = account.ledger("azure");
        ledger.received(Signal::Logs, 3);
        ledger.lost(Signal::Logs, Loss::LeftOut("sampled"), 3);
        assert!(!account.anything_lost());
        assert_eq!(account.lines(), ["account: azure: 0 of 3 log records delivered, 3 left out (sampled)"]);
    }
}
