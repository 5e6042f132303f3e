//! What the kernel says of a process.

use crate::Done;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use procfs::process::Process;
use std::time::Duration;

/// CPU time of a process so far, threads that ended included.
pub(crate) fn cpu(pid: i32) -> Done<Duration> {
    let now = clock_getcpuclockid(Pid::from_raw(pid))?.now()?;
    Ok(Duration::from(now))
}

/// The clock that all processes share.
pub(crate) fn monotonic() -> Done<Duration> {
    Ok(Duration::from(ClockId::CLOCK_MONOTONIC.now()?))
}

/// Memory in KiB.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident, shared pages included.
    pub(crate) resident: u64,
    /// Resident, each shared page divided by the number of those who share it.
    pub(crate) proportional: u64,
    /// Resident and backed by no file.
    pub(crate) anonymous: u64,
    /// The largest that `resident` has been.
    pub(crate) peak: u64,
}

pub(crate) fn memory(pid: i32) -> Done<Memory> {
    let process = Process::new(pid)?;
    let status = process.status()?;
    let rollup = process.smaps_rollup()?.memory_map_rollup;
    let proportional = rollup.0.iter().filter_map(|map| map.extension.map.get("Pss")).sum::<u64>() / 1024;
    Ok(Memory {
        resident: status.vmrss.unwrap_or(0),
        proportional,
        anonymous: status.rssanon.unwrap_or(0),
        peak: status.vmhwm.unwrap_or(0),
    })
}

/// How often the threads of a process have gone to sleep and were woken up.
pub(crate) fn wakeups(pid: i32) -> Done<u64> {
    let tasks = Process::new(pid)?.tasks()?;
    Ok(tasks.flatten().filter_map(|task| task.status().ok()?.voluntary_ctxt_switches).sum())
}

/// Children of a process.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = Process::new(pid).and_then(|process| process.tasks()) else { return Vec::new() };
    let children = tasks.flatten().filter_map(|task| task.children().ok()).flatten();
    children.filter_map(|child| i32::try_from(child).ok()).collect()
}

/// A process and all its descendants.
pub(crate) fn tree(pid: i32) -> Vec<i32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(children(pid));
        next += 1;
    }
    found
}
