//! A quick look at the target's processes, for those who watch: no more often than once a second,
//! and only while they do.

use super::container::Container;
use super::process::{Counter, Detail, Figures};
use super::tree::Tree;
use crate::export::Vitals;
use procfs::process::Process;
use std::collections::BTreeMap;
use std::time::Instant;

/// Most processes told by name.
const TOP: usize = 5;

/// Looks at process `pid` and its descendants each time it is called. The first look has nothing to
/// compare with, and says 0 of processors.
pub(super) fn source(pid: i32) -> impl FnMut() -> Option<Vitals> + Send + 'static {
    // Made at the first look: perhaps there is none.
    let mut watch = None;
    move || watch.get_or_insert_with(|| Watch::new(pid)).look()
}

struct Watch {
    pid: i32,
    tree: Tree,
    container: Container,
    before: Option<Before>,
}

/// The look before.
struct Before {
    at: Instant,
    /// Processor time of all, in microseconds.
    spent: u64,
    /// Of each process that lived, by number and start.
    each: BTreeMap<(i32, u64), u64>,
}

impl Watch {
    fn new(pid: i32) -> Watch {
        let tree = Tree::new(pid, Detail::Brief);
        Watch { pid, tree, container: Container::of(pid), before: None }
    }

    fn look(&mut self) -> Option<Vitals> {
        let sums = self.tree.sample(None);
        let (counters, levels) = (sums.counters?, sums.levels.as_ref()?);
        let resident_bytes = levels.resident;
        let now = Before {
            at: Instant::now(),
            spent: counters[Counter::UserTime].saturating_add(counters[Counter::SystemTime]),
            each: self.tree.members().map(|(pid, figures)| ((pid, figures.start), own(figures))).collect(),
        };
        let mut vitals = Vitals { resident_bytes, ..Vitals::default() };
        if let Some(before) = &self.before {
            let elapsed = now.at.duration_since(before.at).as_secs_f64().max(0.001);
            let percent = |spent: u64| spent as f64 / 1e4 / elapsed;
            let cpus = self.container.available_cpus(self.pid).filter(|cpus| *cpus > 0.0).unwrap_or(1.0);
            vitals.cpu_percent = (percent(now.spent.saturating_sub(before.spent)) / cpus).clamp(0.0, 100.0);
            let mut busy: Vec<(i32, u64)> = now
                .each
                .iter()
                .map(|(key, own)| (key.0, own.saturating_sub(before.each.get(key).copied().unwrap_or(0))))
                .filter(|(_, spent)| *spent > 0)
                .collect();
            busy.sort_by_key(|(_, spent)| std::cmp::Reverse(*spent));
            let named = |(pid, spent): (i32, u64)| Some((name(pid)?, percent(spent).round() as u32));
            vitals.top = busy.into_iter().take(TOP).filter_map(named).collect();
        }
        self.before = Some(now);
        Some(vitals)
    }
}

/// Processor time of a process without the children it has waited for, in microseconds.
fn own(figures: &Figures) -> u64 {
    [Counter::UserTime, Counter::SystemTime]
        .into_iter()
        .map(|counter| figures.total[counter].saturating_sub(figures.reaped[counter]))
        .sum()
}

/// The short name that `ps` shows.
fn name(pid: i32) -> Option<String> {
    Process::new(pid).and_then(|process| process.stat()).ok().map(|stat| stat.comm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    struct Busy(Child);

    impl Drop for Busy {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_busy_process_is_seen_with_its_name() {
        let busy = Busy(Command::new("yes").stdout(Stdio::null()).spawn().unwrap());
        let mut look = source(i32::try_from(busy.0.id()).unwrap());
        let first = look().unwrap();
        assert_eq!((first.cpu_percent, first.top.len()), (0.0, 0));
        let deadline = Instant::now() + Duration::from_secs(20);
        let seen = loop {
            // Processor time passes only with time.
            std::thread::sleep(Duration::from_millis(50));
            let vitals = look().unwrap();
            if vitals.top.iter().any(|(name, percent)| name == "yes" && *percent > 0) {
                break vitals;
            }
            assert!(Instant::now() < deadline, "{vitals:?}");
        };
        assert!(seen.cpu_percent > 0.0 && seen.cpu_percent <= 100.0, "{seen:?}");
        assert!(seen.resident_bytes > 100_000, "{seen:?}");
    }

    #[test]
    fn a_process_that_is_not_there_has_no_vitals() {
        let mut look = source(i32::MAX);
        assert_eq!(look(), None);
        assert_eq!(look(), None);
    }
}
