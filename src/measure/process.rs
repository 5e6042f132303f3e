//! Figures of one process, from procfs.

use procfs::ProcResult;
use procfs::process::{MMapPath, Process, Stat};
use std::collections::HashMap;
use std::ops::{Index, IndexMut};

/// What only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    /// Microseconds.
    UserTime,
    /// Microseconds.
    SystemTime,
    MinorFaults,
    MajorFaults,
    /// Bytes from storage.
    Read,
    /// Bytes to storage.
    Written,
    VoluntarySwitches,
    InvoluntarySwitches,
}

impl Counter {
    pub(super) const ALL: [Counter; 8] = [
        Counter::UserTime,
        Counter::SystemTime,
        Counter::MinorFaults,
        Counter::MajorFaults,
        Counter::Read,
        Counter::Written,
        Counter::VoluntarySwitches,
        Counter::InvoluntarySwitches,
    ];
}

/// One value for each counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters([u64; Counter::ALL.len()]);

impl Index<Counter> for Counters {
    type Output = u64;
    fn index(&self, counter: Counter) -> &u64 {
        &self.0[counter as usize]
    }
}

impl IndexMut<Counter> for Counters {
    fn index_mut(&mut self, counter: Counter) -> &mut u64 {
        &mut self.0[counter as usize]
    }
}

/// One process at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) parent: i32,
    /// Ticks since boot; with the pid it names a process for ever.
    pub(super) start: u64,
    pub(super) zombie: bool,
    /// Its own, and those of the children it has waited for.
    pub(super) total: Counters,
    /// At most this much of `total` are children it has waited for.
    pub(super) reaped: Counters,
    /// Without permission there are no disk figures.
    pub(super) has_io: bool,
    pub(super) resident: u64,
    pub(super) virtual_size: u64,
    pub(super) threads: u64,
    pub(super) descriptors: Option<u64>,
    /// `None` where the kernel does not list them.
    pub(super) children: Option<Vec<i32>>,
}

/// How closely a process is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// All figures.
    Full,
    /// [`Detail::Brief`] and storage.
    Storage,
    /// Processor time, memory and descent alone: what can be read every second.
    Brief,
}

/// Reads a process, looking at no more than `tasks` of its threads, and takes those off.
pub(super) fn read(pid: i32, tasks: &mut usize, detail: Detail) -> Option<Figures> {
    let process = Process::new(pid).ok()?;
    let stat = process.stat().ok()?;
    let mut figures = from_stat(&stat);
    let full = detail == Detail::Full;
    if detail != Detail::Brief
        && let Ok(io) = process.io()
    {
        // The kernel adds a child's when it is waited for, and does not say how much that was.
        for (counter, bytes) in [(Counter::Read, io.read_bytes), (Counter::Written, io.write_bytes)] {
            figures.total[counter] = bytes;
            figures.reaped[counter] = bytes;
        }
        figures.has_io = true;
    }
    if full && !figures.zombie {
        figures.descriptors = process.fd_count().ok().map(|count| count as u64);
    }
    for task in process.tasks().into_iter().flatten().flatten() {
        if *tasks == 0 {
            break;
        }
        *tasks -= 1;
        // Context switches are counted for each thread, and each thread has its own children.
        if full && let Ok(status) = task.status() {
            figures.total[Counter::VoluntarySwitches] += status.voluntary_ctxt_switches.unwrap_or(0);
            figures.total[Counter::InvoluntarySwitches] += status.nonvoluntary_ctxt_switches.unwrap_or(0);
        }
        if let Ok(children) = task.children() {
            let children = children.into_iter().filter_map(|child| i32::try_from(child).ok());
            figures.children.get_or_insert_default().extend(children);
        }
    }
    Some(figures)
}

fn from_stat(stat: &Stat) -> Figures {
    let own =
        Counters([microseconds(stat.utime), microseconds(stat.stime), stat.minflt, stat.majflt, 0, 0, 0, 0]);
    let reaped = Counters([
        microseconds(stat.cutime.try_into().unwrap_or(0)),
        microseconds(stat.cstime.try_into().unwrap_or(0)),
        stat.cminflt,
        stat.cmajflt,
        0,
        0,
        0,
        0,
    ]);
    let mut total = own;
    for counter in Counter::ALL {
        total[counter] = total[counter].saturating_add(reaped[counter]);
    }
    Figures {
        parent: stat.ppid,
        start: stat.starttime,
        zombie: matches!(stat.state, 'Z' | 'X'),
        total,
        reaped,
        resident: stat.rss.saturating_mul(procfs::page_size()),
        virtual_size: stat.vsize,
        threads: stat.num_threads.try_into().unwrap_or(0),
        ..Figures::default()
    }
}

fn microseconds(ticks: u64) -> u64 {
    ticks.saturating_mul(1_000_000) / procfs::ticks_per_second().max(1)
}

/// The children of every process that can be seen: a walk over the whole machine.
pub(super) fn children_of_all() -> HashMap<i32, Vec<i32>> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        if let Ok(stat) = process.stat() {
            children.entry(stat.ppid).or_default().push(stat.pid);
        }
    }
    children
}

/// Bytes that no other process shares. The kernel walks the page tables for it: not for
/// every day.
pub(super) fn private_bytes(pid: i32) -> ProcResult<u64> {
    let rollup = Process::new(pid)?.smaps_rollup()?.memory_map_rollup;
    let sum = |name: &str| -> u64 {
        let rows = rollup.0.iter().filter(|map| map.pathname == MMapPath::Rollup);
        rows.filter_map(|map| map.extension.map.get(name)).sum()
    };
    Ok(sum("Private_Clean").saturating_add(sum("Private_Dirty")))
}
