//! One look at the machine for each collection.

use super::container::Container;
use super::devices;
use super::host::Host;
use super::instruments::{Metric, Readings};
use super::process::{Counter, Counters, Detail};
use super::tree::Tree;
use crate::link::{Ended, Target};
use crate::notice;
use opentelemetry::KeyValue;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Instruments that ask within this time are of the same collection.
const SAME: Duration = Duration::from_millis(50);

/// Looks at the host, the control group and the target's processes.
pub(super) struct Sampler {
    state: Mutex<State>,
    /// Apart from the state, so that nobody who tells it waits for a sample.
    ended: Mutex<Option<Ended>>,
}

struct State {
    host: Host,
    container: Container,
    tree: Tree,
    pid: i32,
    started: SystemTime,
    /// CPU time and moment of the last sample.
    before: (Counters, Instant),
    latest: Option<(Instant, bool, Arc<Readings>)>,
}

impl Sampler {
    pub(super) fn new(target: &Target) -> Sampler {
        Sampler {
            state: Mutex::new(State {
                host: Host::new(),
                container: Container::of(target.pid),
                tree: Tree::new(target.pid, Detail::Full),
                pid: target.pid,
                started: SystemTime::UNIX_EPOCH + Duration::from_nanos(target.started_unix_nano),
                before: (Counters::default(), Instant::now()),
                latest: None,
            }),
            ended: Mutex::new(None),
        }
    }

    /// The target has ended; the next sample takes that into account.
    pub(super) fn ended(&self, ended: Ended) {
        *lock(&self.ended) = Some(ended);
    }

    /// The sample of this collection.
    pub(super) fn latest(&self) -> Arc<Readings> {
        let ended = lock(&self.ended).clone();
        let mut state = lock(&self.state);
        if let Some((at, after_end, readings)) = &state.latest
            && at.elapsed() < SAME
            && *after_end == ended.is_some()
        {
            return readings.clone();
        }
        // The SDK's reader would end for good with a panic of ours.
        let mut readings = Readings::default();
        let sampled = catch_unwind(AssertUnwindSafe(|| state.sample(ended.as_ref(), &mut readings)));
        if sampled.is_err() {
            notice::warn("measure", "some host and process metrics could not be read");
        }
        let readings = Arc::new(readings);
        state.latest = Some((Instant::now(), ended.is_some(), readings.clone()));
        readings
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn sample(&mut self, ended: Option<&Ended>, readings: &mut Readings) {
        self.host.read(readings);
        devices::read(readings);
        self.target(ended, readings);
        if let Some(limit) = self.container.cpu_limit() {
            readings.add(Metric::ContainerCpuLimit, limit, []);
        }
        if let Some(limit) = self.container.memory_limit() {
            readings.add(Metric::ContainerMemoryLimit, limit as f64, []);
            if let Some(usage) = self.container.memory_usage() {
                readings.add(Metric::ContainerMemoryUsage, usage as f64, []);
            }
        }
    }

    fn target(&mut self, ended: Option<&Ended>, readings: &mut Readings) {
        let (sums, now) = (self.tree.sample(ended).clone(), Instant::now());
        let uptime = ended.map_or_else(|| self.started.elapsed().unwrap_or_default(), |ended| ended.run_time);
        readings.add(Metric::ProcessUptime, uptime.as_secs_f64(), []);
        if let Some(counters) = sums.counters {
            tell(&counters, sums.has_io, readings);
            self.utilization(&counters, now, readings);
            self.before = (counters, now);
        }
        let Some(levels) = sums.levels else { return };
        readings.add(Metric::TargetProcesses, levels.processes as f64, []);
        readings.add(Metric::ProcessMemoryUsage, levels.resident as f64, []);
        readings.add(Metric::ProcessMemoryVirtual, levels.virtual_size as f64, []);
        readings.add(Metric::ProcessThreads, levels.threads as f64, []);
        let limit = [self.container.memory_limit(), self.host.total_memory()].into_iter().flatten().min();
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            readings.add(Metric::ProcessMemoryUtilization, levels.resident as f64 / limit as f64, []);
        }
        if let Some(private) = levels.private {
            readings.add(Metric::ProcessMemoryPrivate, private as f64, []);
        }
        if let Some(descriptors) = levels.descriptors {
            readings.add(Metric::ProcessDescriptors, descriptors as f64, []);
        }
    }

    fn utilization(&self, counters: &Counters, now: Instant, readings: &mut Readings) {
        let (before, since) = &self.before;
        let elapsed = now.duration_since(*since).as_secs_f64();
        let Some(cpus) = self.container.available_cpus(self.pid).filter(|cpus| *cpus > 0.0 && elapsed > 0.0)
        else {
            return;
        };
        for (counter, mode) in [(Counter::UserTime, "user"), (Counter::SystemTime, "system")] {
            let spent = counters[counter].saturating_sub(before[counter]) as f64 / 1e6;
            readings.add(
                Metric::ProcessCpuUtilization,
                spent / elapsed / cpus,
                [KeyValue::new("cpu.mode", mode)],
            );
        }
    }
}

fn tell(counters: &Counters, has_io: bool, readings: &mut Readings) {
    let mut add = |metric, counter, unit, attribute: &'static str, value: &'static str| {
        readings.add(metric, counters[counter] as f64 * unit, [KeyValue::new(attribute, value)]);
    };
    add(Metric::ProcessCpuTime, Counter::UserTime, 1e-6, "cpu.mode", "user");
    add(Metric::ProcessCpuTime, Counter::SystemTime, 1e-6, "cpu.mode", "system");
    let attribute = "system.paging.fault.type";
    add(Metric::ProcessFaults, Counter::MinorFaults, 1.0, attribute, "minor");
    add(Metric::ProcessFaults, Counter::MajorFaults, 1.0, attribute, "major");
    let attribute = "process.context_switch.type";
    add(Metric::ProcessContextSwitches, Counter::VoluntarySwitches, 1.0, attribute, "voluntary");
    add(Metric::ProcessContextSwitches, Counter::InvoluntarySwitches, 1.0, attribute, "involuntary");
    if has_io {
        add(Metric::ProcessDiskIo, Counter::Read, 1.0, "disk.io.direction", "read");
        add(Metric::ProcessDiskIo, Counter::Written, 1.0, "disk.io.direction", "write");
    }
}
