//! What is measured: one row for each metric, with the names and units of OpenTelemetry's
//! semantic conventions (system, process and container metrics), and the observable
//! instruments made from the rows.

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use std::sync::Arc;

/// A metric of ours; the row of the same place in [`ROWS`] describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    SystemUptime,
    SystemCpuPhysicalCount,
    SystemCpuLogicalCount,
    SystemCpuTime,
    SystemCpuUtilization,
    SystemLoad1,
    SystemLoad5,
    SystemLoad15,
    SystemMemoryUsage,
    SystemMemoryUtilization,
    SystemMemoryLimit,
    SystemMemoryAvailable,
    SystemPagingUsage,
    SystemPagingUtilization,
    SystemPagingFaults,
    SystemPagingOperations,
    SystemDiskIo,
    SystemDiskOperations,
    SystemDiskIoTime,
    SystemDiskOperationTime,
    SystemDiskMerged,
    SystemFilesystemUsage,
    SystemFilesystemUtilization,
    SystemFilesystemLimit,
    SystemNetworkIo,
    SystemNetworkPackets,
    SystemNetworkErrors,
    SystemNetworkDropped,
    ContainerCpuLimit,
    ContainerMemoryLimit,
    ContainerMemoryUsage,
    ProcessCpuTime,
    ProcessCpuUtilization,
    ProcessMemoryUsage,
    ProcessMemoryUtilization,
    ProcessMemoryVirtual,
    ProcessMemoryPrivate,
    ProcessThreads,
    ProcessDescriptors,
    ProcessDiskIo,
    ProcessContextSwitches,
    ProcessFaults,
    ProcessUptime,
    TargetProcesses,
}

/// Instrument and number type.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Counter of whole things.
    Count,
    /// Counter of seconds.
    Time,
    /// Up-down counter: adds up over processes, disks and hosts.
    Level,
    /// Gauge: does not add up.
    Gauge,
}

struct Row(Metric, Kind, &'static str, &'static str, &'static str);

use Kind::{Count, Gauge, Level, Time};
use Metric::*;

/// Four names are not in the conventions: the load averages carry the Collector's names,
/// limits of a container follow the pattern of the others, private memory and the number
/// of processes have no name anywhere.
const ROWS: [Row; 44] = [
    Row(SystemUptime, Gauge, "system.uptime", "s", "The time the system has been running"),
    Row(SystemCpuPhysicalCount, Level, "system.cpu.physical.count", "{cpu}", "Physical processor cores"),
    Row(SystemCpuLogicalCount, Level, "system.cpu.logical.count", "{cpu}", "Logical processor cores"),
    Row(SystemCpuTime, Time, "system.cpu.time", "s", "Time all processors spent in each mode"),
    Row(SystemCpuUtilization, Gauge, "system.cpu.utilization", "1", "Share of each mode since the last time"),
    Row(SystemLoad1, Gauge, "system.cpu.load_average.1m", "{thread}", "Load average over one minute"),
    Row(SystemLoad5, Gauge, "system.cpu.load_average.5m", "{thread}", "Load average over five minutes"),
    Row(SystemLoad15, Gauge, "system.cpu.load_average.15m", "{thread}", "Load average over fifteen minutes"),
    Row(SystemMemoryUsage, Level, "system.memory.usage", "By", "Memory by state"),
    Row(SystemMemoryUtilization, Gauge, "system.memory.utilization", "1", "Share of memory by state"),
    Row(SystemMemoryLimit, Level, "system.memory.limit", "By", "Total memory of the system"),
    Row(
        SystemMemoryAvailable,
        Level,
        "system.memory.linux.available",
        "By",
        "Memory available without swapping",
    ),
    Row(SystemPagingUsage, Level, "system.paging.usage", "By", "Swap by state"),
    Row(SystemPagingUtilization, Gauge, "system.paging.utilization", "1", "Share of swap by state"),
    Row(SystemPagingFaults, Count, "system.paging.faults", "{fault}", "Page faults"),
    Row(SystemPagingOperations, Count, "system.paging.operations", "{operation}", "Pages swapped in and out"),
    Row(SystemDiskIo, Count, "system.disk.io", "By", "Disk bytes transferred"),
    Row(SystemDiskOperations, Count, "system.disk.operations", "{operation}", "Disk operations"),
    Row(SystemDiskIoTime, Time, "system.disk.io_time", "s", "Time the disk was active"),
    Row(
        SystemDiskOperationTime,
        Time,
        "system.disk.operation_time",
        "s",
        "Sum of the time of each operation",
    ),
    Row(SystemDiskMerged, Count, "system.disk.merged", "{operation}", "Operations merged into one access"),
    Row(SystemFilesystemUsage, Level, "system.filesystem.usage", "By", "Filesystem space by state"),
    Row(
        SystemFilesystemUtilization,
        Gauge,
        "system.filesystem.utilization",
        "1",
        "Share of filesystem bytes used",
    ),
    Row(SystemFilesystemLimit, Level, "system.filesystem.limit", "By", "Storage capacity of the filesystem"),
    Row(SystemNetworkIo, Count, "system.network.io", "By", "Bytes received and transmitted"),
    Row(SystemNetworkPackets, Count, "system.network.packet.count", "{packet}", "Packets transferred"),
    Row(SystemNetworkErrors, Count, "system.network.errors", "{error}", "Network errors"),
    Row(
        SystemNetworkDropped,
        Count,
        "system.network.packet.dropped",
        "{packet}",
        "Packets dropped without an error",
    ),
    Row(ContainerCpuLimit, Gauge, "container.cpu.limit", "{cpu}", "Processors the control group allows"),
    Row(ContainerMemoryLimit, Level, "container.memory.limit", "By", "Memory the control group allows"),
    Row(ContainerMemoryUsage, Level, "container.memory.usage", "By", "Memory usage of the control group"),
    Row(
        ProcessCpuTime,
        Time,
        "process.cpu.time",
        "s",
        "CPU time of the target's processes, ended ones included",
    ),
    Row(
        ProcessCpuUtilization,
        Gauge,
        "process.cpu.utilization",
        "1",
        "CPU time by elapsed time and available CPUs",
    ),
    Row(
        ProcessMemoryUsage,
        Level,
        "process.memory.usage",
        "By",
        "Physical memory in use by the target's processes",
    ),
    Row(
        ProcessMemoryUtilization,
        Gauge,
        "process.memory.utilization",
        "1",
        "Share of the physical memory, or of the limit",
    ),
    Row(ProcessMemoryVirtual, Level, "process.memory.virtual", "By", "Committed virtual memory"),
    Row(
        ProcessMemoryPrivate,
        Level,
        "process.memory.private",
        "By",
        "Physical memory shared with no other process",
    ),
    Row(ProcessThreads, Level, "process.thread.count", "{thread}", "Threads of the target's processes"),
    Row(
        ProcessDescriptors,
        Level,
        "process.unix.file_descriptor.count",
        "{file_descriptor}",
        "Open file descriptors",
    ),
    Row(ProcessDiskIo, Count, "process.disk.io", "By", "Disk bytes transferred by the target's processes"),
    Row(ProcessContextSwitches, Count, "process.context_switches", "{context_switch}", "Context switches"),
    Row(ProcessFaults, Count, "process.paging.faults", "{fault}", "Page faults of the target's processes"),
    Row(ProcessUptime, Gauge, "process.uptime", "s", "The time the target has been running"),
    Row(
        TargetProcesses,
        Level,
        "otel_run.target.process.count",
        "{process}",
        "Processes of the target's tree",
    ),
];

/// One value with its attributes.
struct Reading(f64, Vec<KeyValue>);

/// All values of one collection. A metric that cannot be read here has none.
pub(super) struct Readings([Vec<Reading>; ROWS.len()]);

impl Default for Readings {
    fn default() -> Self {
        Readings([const { Vec::new() }; ROWS.len()])
    }
}

impl Readings {
    /// Bytes and counts are exact up to 2^53.
    pub(super) fn add(&mut self, metric: Metric, value: f64, attributes: impl Into<Vec<KeyValue>>) {
        self.0[metric as usize].push(Reading(value, attributes.into()));
    }

    #[cfg(test)]
    pub(super) fn get(&self, metric: Metric) -> Vec<(f64, &[KeyValue])> {
        self.0[metric as usize].iter().map(|Reading(value, attributes)| (*value, &attributes[..])).collect()
    }
}

/// Makes one observable instrument for each row. `latest` is called by each of them in
/// every collection and must answer with the same readings.
pub(super) fn register(meter: &Meter, latest: impl Fn() -> Arc<Readings> + Clone + Send + Sync + 'static) {
    for Row(metric, kind, name, unit, description) in ROWS {
        let latest = latest.clone();
        let each = move |observe: &dyn Fn(f64, &[KeyValue])| {
            for Reading(value, attributes) in &latest().0[metric as usize] {
                observe(*value, attributes);
            }
        };
        macro_rules! observe {
            ($instrument:ident, $number:ty) => {
                drop(
                    meter
                        .$instrument(name)
                        .with_unit(unit)
                        .with_description(description)
                        .with_callback(move |to| {
                            each(&|value, attributes| to.observe(value as $number, attributes))
                        })
                        .build(),
                )
            };
        }
        match kind {
            Count => observe!(u64_observable_counter, u64),
            Time => observe!(f64_observable_counter, f64),
            Level => observe!(i64_observable_up_down_counter, i64),
            Gauge => observe!(f64_observable_gauge, f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_stand_at_their_metrics_place_and_names_are_unique() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.0 as usize, place, "{}", row.2);
        }
        let names: HashSet<&str> = ROWS.iter().map(|row| row.2).collect();
        assert_eq!(names.len(), ROWS.len());
    }
}
