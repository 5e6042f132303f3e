//! The target and all its descendants, summed. A process that ended keeps its part of the
//! counters, so that no sum ever falls.

use super::process::{self, Counter, Counters, Detail, Figures};
use super::walk::walk;
use crate::link::Ended;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How often private memory is asked for, and of how many processes.
const PRIVATE_EVERY: Duration = Duration::from_secs(15);
const PRIVATE_MOST: usize = 128;

/// The sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// `None` until a process was seen, or its end was told.
    pub(super) counters: Option<Counters>,
    pub(super) has_io: bool,
    /// Levels of the processes that live, or lived when one was last seen.
    pub(super) levels: Option<Levels>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) processes: u64,
    pub(super) resident: u64,
    pub(super) virtual_size: u64,
    pub(super) threads: u64,
    pub(super) descriptors: Option<u64>,
    pub(super) private: Option<u64>,
}

pub(super) struct Tree {
    root: i32,
    detail: Detail,
    members: BTreeMap<i32, Figures>,
    /// Counters of processes that ended and whose parent did not take them over.
    carried: Counters,
    /// Those whose parent may have taken them over just after it was looked at: the next
    /// sample tells.
    owed: BTreeMap<i32, Counters>,
    sums: Sums,
    private_at: Option<Instant>,
}

impl Tree {
    pub(super) fn new(root: i32, detail: Detail) -> Tree {
        Tree {
            root,
            detail,
            members: BTreeMap::new(),
            carried: Counters::default(),
            owed: BTreeMap::new(),
            sums: Sums::default(),
            private_at: None,
        }
    }

    /// Looks at all processes now. `ended`: how the target ended, if it has.
    pub(super) fn sample(&mut self, ended: Option<&Ended>) -> &Sums {
        let mut now = walk(self.root, &self.members, ended.is_some(), self.detail);
        match ended {
            Some(ended) => self.end_root(&mut now, ended),
            // It has just ended, and the kernel's last word about it is on its way here.
            None if !now.contains_key(&self.root) => return &self.sums,
            None => {}
        }
        self.account(now);
        self.levels();
        &self.sums
    }

    /// The processes that were seen last, by their number.
    pub(super) fn members(&self) -> impl Iterator<Item = (i32, &Figures)> {
        self.members.iter().map(|(pid, figures)| (*pid, figures))
    }

    /// Puts the kernel's last word about the target, which covers also the children it waited
    /// for, in the place of what was seen of it.
    fn end_root(&mut self, now: &mut BTreeMap<i32, Figures>, ended: &Ended) {
        now.remove(&self.root);
        let known = self.members.entry(self.root).or_default();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let mut last = known.clone();
        for (counter, value) in [
            (Counter::UserTime, micros(ended.user_time)),
            (Counter::SystemTime, micros(ended.system_time)),
            (Counter::MinorFaults, count(ended.minor_faults)),
            (Counter::MajorFaults, count(ended.major_faults)),
            (Counter::VoluntarySwitches, count(ended.voluntary_switches)),
            (Counter::InvoluntarySwitches, count(ended.involuntary_switches)),
        ] {
            // How much of the growth were children is not told: all of it may have been.
            let grown = value.saturating_sub(last.total[counter]);
            last.total[counter] += grown;
            last.reaped[counter] += grown;
        }
        last.zombie = true;
        now.insert(self.root, last);
    }

    /// Carries over what ended without a parent in the tree that took its counters over.
    fn account(&mut self, mut now: BTreeMap<i32, Figures>) {
        for (pid, figures) in &mut now {
            let Some(known) = self.members.get(pid).filter(|known| known.start == figures.start) else {
                continue;
            };
            for counter in Counter::ALL {
                // Threads that ended, or a permission that went, leave a smaller figure.
                figures.total[counter] = figures.total[counter].max(known.total[counter]);
                figures.reaped[counter] = figures.reaped[counter].max(known.reaped[counter]);
            }
        }
        let lives = |pid: i32| match (self.members.get(&pid), now.get(&pid)) {
            (Some(known), Some(figures)) => known.start == figures.start,
            _ => false,
        };
        let mut newly: BTreeMap<i32, Counters> = BTreeMap::new();
        let ended = self.members.iter().map(|(pid, figures)| (pid, &figures.total));
        for (pid, counters) in ended.chain(&self.owed).filter(|(pid, _)| !lives(**pid)) {
            match self.heir(*pid, lives) {
                Some(heir) => add(newly.entry(heir).or_default(), counters),
                None => add(&mut self.carried, counters),
            }
        }
        let mut before = std::mem::take(&mut self.owed);
        before.retain(|pid, _| lives(*pid));
        let heirs: BTreeSet<i32> = before.keys().chain(newly.keys()).copied().collect();
        for heir in heirs {
            let (Some(known), Some(figures)) = (self.members.get(&heir), now.get(&heir)) else { continue };
            let (before, mut newly) =
                (before.remove(&heir).unwrap_or_default(), newly.remove(&heir).unwrap_or_default());
            for counter in Counter::ALL {
                let taken = figures.reaped[counter].saturating_sub(known.reaped[counter]);
                self.carried[counter] += before[counter].saturating_sub(taken);
                newly[counter] = newly[counter].saturating_sub(taken.saturating_sub(before[counter]));
            }
            if newly != Counters::default() {
                self.owed.insert(heir, newly);
            }
        }
        let mut counters = self.carried;
        self.owed.values().for_each(|owed| add(&mut counters, owed));
        for figures in now.values() {
            add(&mut counters, &figures.total);
            self.sums.has_io |= figures.has_io;
        }
        if !now.is_empty() || self.sums.counters.is_some() {
            self.sums.counters = Some(counters);
        }
        self.members = now;
    }

    /// The nearest ancestor that lives: children are waited for along this line.
    fn heir(&self, pid: i32, lives: impl Fn(i32) -> bool) -> Option<i32> {
        let mut at = self.members.get(&pid)?.parent;
        for _ in 0..self.members.len() {
            if lives(at) {
                return Some(at);
            }
            at = self.members.get(&at)?.parent;
        }
        None
    }

    fn levels(&mut self) {
        let living = || self.members.iter().filter(|(_, figures)| !figures.zombie);
        if living().next().is_none() {
            return;
        }
        let mut levels = Levels::default();
        for (_, figures) in living() {
            levels.processes += 1;
            levels.resident = levels.resident.saturating_add(figures.resident);
            levels.virtual_size = levels.virtual_size.saturating_add(figures.virtual_size);
            levels.threads = levels.threads.saturating_add(figures.threads);
            if let Some(count) = figures.descriptors {
                levels.descriptors = Some(levels.descriptors.unwrap_or(0).saturating_add(count));
            }
        }
        if self.detail == Detail::Full && self.private_at.is_none_or(|at| at.elapsed() >= PRIVATE_EVERY) {
            self.private_at = Some(Instant::now());
            levels.private = living()
                .take(PRIVATE_MOST)
                .filter_map(|(pid, _)| process::private_bytes(*pid).ok())
                .reduce(u64::saturating_add);
        } else {
            levels.private = self.sums.levels.as_ref().and_then(|levels| levels.private);
        }
        self.sums.levels = Some(levels);
    }
}

fn add(sum: &mut Counters, part: &Counters) {
    for counter in Counter::ALL {
        sum[counter] = sum[counter].saturating_add(part[counter]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    fn figures(parent: i32, own: u64, reaped: u64) -> Figures {
        let mut figures = Figures { parent, start: 1, ..Figures::default() };
        figures.total[Counter::UserTime] = own + reaped;
        figures.reaped[Counter::UserTime] = reaped;
        figures
    }

    fn account(tree: &mut Tree, now: &[(i32, Figures)]) -> u64 {
        tree.account(now.iter().cloned().collect());
        tree.sums.counters.unwrap()[Counter::UserTime]
    }

    #[test]
    fn a_child_that_was_waited_for_counts_once() {
        let mut tree = Tree::new(1, Detail::Full);
        assert_eq!(account(&mut tree, &[(1, figures(0, 10, 0)), (2, figures(1, 100, 0))]), 110);
        assert_eq!(account(&mut tree, &[(1, figures(0, 10, 120))]), 130);
        assert_eq!(account(&mut tree, &[(1, figures(0, 15, 120))]), 135);
    }

    #[test]
    fn a_child_that_nobody_waited_for_keeps_its_time() {
        let mut tree = Tree::new(1, Detail::Full);
        account(&mut tree, &[(1, figures(0, 10, 0)), (2, figures(1, 100, 0))]);
        assert_eq!(account(&mut tree, &[(1, figures(0, 10, 0))]), 110);
    }

    #[test]
    fn a_whole_branch_ends_along_its_line_of_waiting() {
        let mut tree = Tree::new(1, Detail::Full);
        account(&mut tree, &[(1, figures(0, 1, 0)), (2, figures(1, 20, 0)), (3, figures(2, 300, 0))]);
        assert_eq!(account(&mut tree, &[(1, figures(0, 1, 320))]), 321);
        let mut tree = Tree::new(1, Detail::Full);
        account(&mut tree, &[(1, figures(0, 1, 0)), (2, figures(1, 20, 0)), (3, figures(2, 300, 0))]);
        assert_eq!(account(&mut tree, &[(1, figures(0, 1, 20))]), 321, "the grandchild was reaped by init");
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let mut tree = Tree::new(1, Detail::Full);
        account(&mut tree, &[(1, figures(0, 1, 0)), (2, figures(1, 50, 0))]);
        let again = Figures { start: 9, ..figures(1, 5, 0) };
        assert_eq!(account(&mut tree, &[(1, figures(0, 1, 0)), (2, again)]), 56);
    }

    #[test]
    fn the_kernels_last_word_counts_for_the_target_and_its_children() {
        let mut tree = Tree::new(7, Detail::Full);
        account(&mut tree, &[(7, figures(0, 100_000, 0)), (8, figures(7, 50_000, 0))]);
        let ended = fixture::ended();
        for _ in 0..2 {
            let mut now = BTreeMap::new();
            tree.end_root(&mut now, &ended);
            tree.account(now);
            assert_eq!(tree.sums.counters.unwrap()[Counter::UserTime], 250_000);
            assert_eq!(tree.sums.counters.unwrap()[Counter::VoluntarySwitches], 20);
        }
    }

    #[test]
    fn a_target_that_was_never_seen_has_its_figures_from_the_kernel() {
        // No process has this number.
        let mut tree = Tree::new(i32::MAX, Detail::Full);
        assert_eq!(tree.sample(None), &Sums::default());
        let sums = tree.sample(Some(&Ended { pid: i32::MAX, ..fixture::ended() }));
        assert_eq!(sums.counters.unwrap()[Counter::UserTime], 250_000);
        assert_eq!(sums.counters.unwrap()[Counter::SystemTime], 125_000);
        assert_eq!(sums.counters.unwrap()[Counter::MinorFaults], 30);
        assert_eq!(sums.levels, None);
    }

    /// The shell runs a child that works and ends, starts another and waits for it.
    #[test]
    fn real_processes_ended_children_included() {
        let work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let script = format!("sh -c '{work}; exit 0' worker; echo done; sleep 60 & wait");
        let mut shell = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut tree = Tree::new(shell.id() as i32, Detail::Full);
        let end = Instant::now() + Duration::from_secs(10);
        let processes = loop {
            let processes = tree.sample(None).levels.as_ref().map_or(0, |levels| levels.processes);
            if processes == 2 || Instant::now() > end {
                break processes;
            }
        };
        let sums = tree.sample(None).clone();
        let sleeper = tree.members.keys().copied().find(|pid| *pid != shell.id() as i32);
        shell.kill().unwrap();
        shell.wait().unwrap();
        // Until the kernel's last word is here, nothing is carried over.
        assert_eq!(tree.sample(None), &sums);
        // The sleeper is nobody's child now; it was seen before, and stays.
        let after = tree.sample(Some(&fixture::ended())).clone();
        if let Some(pid) = sleeper {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
        }
        assert_eq!(processes, 2);
        assert!(sums.counters.unwrap()[Counter::UserTime] >= 10_000, "{sums:?}");
        assert!(
            sums.counters.unwrap()[Counter::VoluntarySwitches] > 0
                && sums.counters.unwrap()[Counter::MinorFaults] > 0
        );
        assert_eq!(after.levels.as_ref().map(|levels| levels.processes), Some(1));
        assert!(after.counters.unwrap()[Counter::UserTime] >= sums.counters.unwrap()[Counter::UserTime]);
        assert!(
            after.counters.unwrap()[Counter::VoluntarySwitches]
                >= sums.counters.unwrap()[Counter::VoluntarySwitches]
        );
    }

    /// Processes that work, fork and end in random order, some waited for, some not.
    #[test]
    fn no_sum_ever_falls_or_counts_twice() {
        for seed in 1..200u64 {
            let mut state = seed;
            let mut random = move |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            let mut tree = Tree::new(1, Detail::Full);
            let mut live = BTreeMap::from([(1, figures(0, 0, 0))]);
            let (mut next, mut truth, mut last) = (2, 0, 0);
            let mut check = |tree: &mut Tree, seen, truth| {
                tree.account(seen);
                let sum = tree.sums.counters.unwrap()[Counter::UserTime];
                assert!(sum >= last, "seed {seed}: {sum} after {last}");
                assert!(sum <= truth, "seed {seed}: {sum} of {truth}");
                last = sum;
            };
            for _ in 0..100 {
                let pids: Vec<i32> = live.keys().copied().collect();
                let pid = pids[random(pids.len() as u64) as usize];
                match random(4) {
                    0 if live.len() < 12 => {
                        live.insert(next, figures(pid, 0, 0));
                        next += 1;
                    }
                    1 if pid != 1 => {
                        let ended = live.remove(&pid).unwrap();
                        let parent_before = live.get(&ended.parent).cloned();
                        for orphan in live.values_mut().filter(|process| process.parent == pid) {
                            orphan.parent = 0;
                        }
                        if random(2) == 0
                            && let Some(parent) = live.get_mut(&ended.parent)
                        {
                            parent.total[Counter::UserTime] += ended.total[Counter::UserTime];
                            parent.reaped[Counter::UserTime] += ended.total[Counter::UserTime];
                        }
                        // The parent was looked at before it waited, the child after that.
                        if let (0, Some(before)) = (random(3), parent_before) {
                            let mut seen = live.clone();
                            seen.insert(ended.parent, before);
                            check(&mut tree, seen, truth);
                        }
                    }
                    2 => {
                        let work = random(50);
                        truth += work;
                        live.get_mut(&pid).unwrap().total[Counter::UserTime] += work;
                    }
                    _ => {
                        check(&mut tree, live.clone(), truth);
                    }
                }
            }
        }
    }
}
