//! Figures of the host: processors, load, memory, swap. Each part that cannot be read is
//! left out.

use super::instruments::{Metric, Readings};
use opentelemetry::KeyValue;
use procfs::{Current, CurrentSI};
use sysinfo::{MemoryRefreshKind, System};

const MODES: [&str; 7] = ["user", "nice", "system", "idle", "iowait", "interrupt", "steal"];

/// Keeps what the next reading is compared with.
pub(super) struct Host {
    system: Option<System>,
    cpu: Option<[u64; MODES.len()]>,
    physical_cores: Option<usize>,
}

impl Host {
    /// Takes the processors' first reading, so that the first collection has a utilization.
    pub(super) fn new() -> Host {
        Host {
            system: System::new().ok(),
            cpu: cpu_ticks(),
            physical_cores: System::physical_core_count().ok(),
        }
    }

    pub(super) fn read(&mut self, readings: &mut Readings) {
        if let Ok(uptime) = procfs::Uptime::current() {
            readings.add(Metric::SystemUptime, uptime.uptime, []);
        }
        self.processors(readings);
        self.memory(readings);
        paging(readings);
    }

    fn processors(&mut self, readings: &mut Readings) {
        if let Ok(load) = System::load_average() {
            readings.add(Metric::SystemLoad1, load.one, []);
            readings.add(Metric::SystemLoad5, load.five, []);
            readings.add(Metric::SystemLoad15, load.fifteen, []);
        }
        if let Some(cores) = self.physical_cores {
            readings.add(Metric::SystemCpuPhysicalCount, cores as f64, []);
        }
        if let Some(count) = logical_cpus() {
            readings.add(Metric::SystemCpuLogicalCount, count, []);
        }
        let Some(mut ticks) = cpu_ticks() else { return };
        let before = self.cpu.unwrap_or(ticks);
        for (now, before) in ticks.iter_mut().zip(before) {
            // The kernel lets idle and iowait fall now and then; a counter must not.
            *now = before.max(*now);
        }
        let spent: u64 = ticks.iter().zip(before).map(|(now, before)| now - before).sum();
        for ((mode, now), before) in MODES.into_iter().zip(ticks).zip(before) {
            let mode = [KeyValue::new("cpu.mode", mode)];
            readings.add(Metric::SystemCpuTime, seconds(now), mode.clone());
            if spent > 0 {
                readings.add(Metric::SystemCpuUtilization, (now - before) as f64 / spent as f64, mode);
            }
        }
        self.cpu = Some(ticks);
    }

    fn memory(&mut self, readings: &mut Readings) {
        let Some(system) = &mut self.system else { return };
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram().with_swap());
        let total = system.total_memory() as f64;
        if total == 0.0 {
            return;
        }
        let available = system.available_memory() as f64;
        readings.add(Metric::SystemMemoryLimit, total, []);
        readings.add(Metric::SystemMemoryAvailable, available, []);
        let mut state = |name: &'static str, bytes: f64| {
            let state = [KeyValue::new("system.memory.state", name)];
            readings.add(Metric::SystemMemoryUsage, bytes, state.clone());
            readings.add(Metric::SystemMemoryUtilization, bytes / total, state);
        };
        state("used", total - available);
        state("free", system.free_memory() as f64);
        if let Ok(memory) = procfs::Meminfo::current() {
            state("buffers", memory.buffers as f64);
            state("cached", memory.cached.saturating_add(memory.s_reclaimable.unwrap_or(0)) as f64);
        }
        let swap = system.total_swap() as f64;
        for (name, bytes) in [("used", system.used_swap() as f64), ("free", system.free_swap() as f64)] {
            let state = [KeyValue::new("system.paging.state", name)];
            readings.add(Metric::SystemPagingUsage, bytes, state.clone());
            if swap > 0.0 {
                readings.add(Metric::SystemPagingUtilization, bytes / swap, state);
            }
        }
    }

    /// Bytes of memory that the machine has.
    pub(super) fn total_memory(&self) -> Option<u64> {
        self.system.as_ref().map(System::total_memory).filter(|bytes| *bytes > 0)
    }
}

fn paging(readings: &mut Readings) {
    let Ok(counters) = procfs::vmstat() else { return };
    let counter = |name: &str| counters.get(name).map(|value| *value as f64);
    if let (Some(all), Some(major)) = (counter("pgfault"), counter("pgmajfault")) {
        let fault = |name: &'static str| [KeyValue::new("system.paging.fault.type", name)];
        readings.add(Metric::SystemPagingFaults, major, fault("major"));
        readings.add(Metric::SystemPagingFaults, (all - major).max(0.0), fault("minor"));
    }
    for (name, direction) in [("pswpin", "in"), ("pswpout", "out")] {
        if let Some(pages) = counter(name) {
            let attributes = [
                KeyValue::new("system.paging.direction", direction),
                KeyValue::new("system.paging.fault.type", "major"),
            ];
            readings.add(Metric::SystemPagingOperations, pages, attributes);
        }
    }
}

/// Ticks of all processors that were spent, and all that there were. Who waits for storage spends none.
pub(super) fn busy_ticks() -> Option<(u64, u64)> {
    let ticks = cpu_ticks()?;
    let all: u64 = ticks.iter().sum();
    let unused = |name: &&str| matches!(*name, "idle" | "iowait");
    let idle: u64 = MODES.iter().zip(ticks).filter(|(name, _)| unused(name)).map(|(_, ticks)| ticks).sum();
    Some((all - idle, all))
}

/// Bytes that new programs could have without swapping.
pub(super) fn available_memory() -> Option<u64> {
    procfs::Meminfo::current().ok()?.mem_available
}

/// Processors that are online.
pub(super) fn logical_cpus() -> Option<f64> {
    nix::unistd::sysconf(nix::unistd::SysconfVar::_NPROCESSORS_ONLN).ok().flatten().map(|count| count as f64)
}

/// Seconds in ticks of the kernel's user clock.
pub(super) fn seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}

/// Ticks of all processors in the order of [`MODES`].
fn cpu_ticks() -> Option<[u64; MODES.len()]> {
    let cpu = procfs::KernelStats::current().ok()?.total;
    let interrupt = cpu.irq.unwrap_or(0).saturating_add(cpu.softirq.unwrap_or(0));
    let (iowait, steal) = (cpu.iowait.unwrap_or(0), cpu.steal.unwrap_or(0));
    Some([cpu.user, cpu.nice, cpu.system, cpu.idle, iowait, interrupt, steal])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_processors_add_up_to_one() {
        let mut host = Host::new();
        let before = cpu_ticks();
        // Until the kernel's clock has ticked.
        while cpu_ticks() == before {
            std::thread::yield_now();
        }
        let mut readings = Readings::default();
        host.read(&mut readings);
        let sum: f64 = readings.get(Metric::SystemCpuUtilization).iter().map(|(value, _)| value).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn memory_in_use_is_less_than_all_of_it() {
        let mut readings = Readings::default();
        Host::new().read(&mut readings);
        let total = readings.get(Metric::SystemMemoryLimit)[0].0;
        let usage = readings.get(Metric::SystemMemoryUsage);
        assert_eq!(usage.len(), 4);
        assert!(usage.iter().all(|(bytes, _)| *bytes >= 0.0 && *bytes < total));
    }
}
