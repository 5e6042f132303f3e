//! Figures of disks, network interfaces and file systems; at most [`MOST`] of each.

use super::instruments::{Metric, Readings};
use nix::sys::statvfs::statvfs;
use opentelemetry::KeyValue;
use procfs::FromRead;
use procfs::process::MountInfos;
use std::collections::HashSet;
use std::path::Path;

/// Machines that run many containers have thousands of interfaces and mounts.
const MOST: usize = 32;

const SECTOR: f64 = 512.0;

pub(super) fn read(readings: &mut Readings) {
    disks(readings);
    interfaces(readings);
    filesystems(readings);
}

fn disks(readings: &mut Readings) {
    let Ok(mut disks) = procfs::diskstats() else { return };
    disks.retain(|disk| is_disk(&disk.name) && disk.reads.saturating_add(disk.writes) > 0);
    for disk in disks.into_iter().take(MOST) {
        let device = KeyValue::new("system.device", disk.name);
        let directions = [
            ("read", disk.sectors_read, disk.reads, disk.time_reading, disk.merged),
            ("write", disk.sectors_written, disk.writes, disk.time_writing, disk.writes_merged),
        ];
        for (name, sectors, operations, milliseconds, merged) in directions {
            let attributes = [device.clone(), KeyValue::new("disk.io.direction", name)];
            readings.add(Metric::SystemDiskIo, sectors as f64 * SECTOR, attributes.clone());
            readings.add(Metric::SystemDiskOperations, operations as f64, attributes.clone());
            readings.add(Metric::SystemDiskOperationTime, milliseconds as f64 / 1e3, attributes.clone());
            readings.add(Metric::SystemDiskMerged, merged as f64, attributes);
        }
        readings.add(Metric::SystemDiskIoTime, disk.time_in_progress as f64 / 1e3, [device]);
    }
}

/// A whole disk, not a partition of it (whose figures are within the disk's), and none that
/// lives in memory or in a file of another one.
fn is_disk(name: &str) -> bool {
    let pseudo = ["loop", "ram", "zram", "fd", "sr"];
    let numbered = |prefix: &&str| {
        name.strip_prefix(*prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    // A slash in a name stands as an exclamation mark in /sys.
    !pseudo.iter().any(numbered) && Path::new("/sys/block").join(name.replace('/', "!")).exists()
}

fn interfaces(readings: &mut Readings) {
    let Ok(devices) = procfs::net::dev_status() else { return };
    let mut devices: Vec<_> = devices.into_values().collect();
    devices.retain(|device| device.recv_packets.saturating_add(device.sent_packets) > 0);
    // Those that matter most, should there be too many, in an order that stays.
    devices.sort_by(|a, b| is_virtual(&a.name).cmp(&is_virtual(&b.name)).then_with(|| a.name.cmp(&b.name)));
    for device in devices.into_iter().take(MOST) {
        let directions = [
            ("receive", device.recv_bytes, device.recv_packets, device.recv_errs, device.recv_drop),
            ("transmit", device.sent_bytes, device.sent_packets, device.sent_errs, device.sent_drop),
        ];
        for (name, bytes, packets, errors, dropped) in directions {
            let direction = KeyValue::new("network.io.direction", name);
            let attributes =
                [KeyValue::new("network.interface.name", device.name.clone()), direction.clone()];
            readings.add(Metric::SystemNetworkIo, bytes as f64, attributes.clone());
            readings.add(Metric::SystemNetworkErrors, errors as f64, attributes.clone());
            readings.add(Metric::SystemNetworkDropped, dropped as f64, attributes);
            // The conventions name the interface differently for this one.
            let attributes = [KeyValue::new("system.device", device.name.clone()), direction];
            readings.add(Metric::SystemNetworkPackets, packets as f64, attributes);
        }
    }
}

fn is_virtual(interface: &str) -> bool {
    interface.starts_with("veth") || interface.starts_with("cali") || interface.starts_with("lxc")
}

fn filesystems(readings: &mut Readings) {
    let Ok(file) = std::fs::File::open("/proc/self/mountinfo") else { return };
    let Ok(MountInfos(mounts)) = MountInfos::from_read(file) else { return };
    let mut seen = HashSet::new();
    for mount in mounts {
        if seen.len() == MOST {
            return;
        }
        if !has_storage(&mount.fs_type, &mount.mount_point) || seen.contains(&mount.majmin) {
            continue;
        }
        let Ok(space) = statvfs(&mount.mount_point) else { continue };
        seen.insert(mount.majmin);
        let block = space.fragment_size() as f64;
        let (blocks, free, available) =
            (space.blocks() as f64, space.blocks_free() as f64, space.blocks_available() as f64);
        if blocks == 0.0 {
            continue;
        }
        let mode = if mount.mount_options.contains_key("ro") { "ro" } else { "rw" };
        let attributes = vec![
            KeyValue::new("system.device", mount.mount_source.unwrap_or_default()),
            KeyValue::new("system.filesystem.type", mount.fs_type),
            KeyValue::new("system.filesystem.mode", mode),
            KeyValue::new("system.filesystem.mountpoint", mount.mount_point.to_string_lossy().into_owned()),
        ];
        let states = [("used", blocks - free), ("free", available), ("reserved", free - available)];
        for (state, count) in states {
            let mut attributes = attributes.clone();
            attributes.push(KeyValue::new("system.filesystem.state", state));
            readings.add(Metric::SystemFilesystemUsage, count * block, attributes.clone());
            readings.add(Metric::SystemFilesystemUtilization, count / blocks, attributes);
        }
        readings.add(Metric::SystemFilesystemLimit, blocks * block, attributes);
    }
}

/// Whether a mount is storage of this machine. Named types only: to ask one that lives on a
/// network or in a user's process can block for ever.
fn has_storage(kind: &str, mount_point: &Path) -> bool {
    const LOCAL: [&str; 12] = [
        "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "reiserfs", "vfat", "xfs", "zfs",
    ];
    // An overlay is a container's root; those of other containers repeat their disk's figures.
    LOCAL.contains(&kind) || (kind == "overlay" && mount_point == Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_disks_and_partitions_are_not_disks() {
        for name in ["loop0", "ram3", "zram0", "sr0", "no-such-disk", "../block"] {
            assert!(!is_disk(name), "{name}");
        }
    }

    #[test]
    fn storage_of_this_machine_only() {
        assert!(has_storage("ext4", Path::new("/data")));
        assert!(has_storage("overlay", Path::new("/")));
        for kind in ["overlay", "proc", "tmpfs", "squashfs", "nfs4", "fuse.sshfs", "cgroup2"] {
            assert!(!has_storage(kind, Path::new("/mnt")), "{kind}");
        }
    }

    #[test]
    fn states_of_a_filesystem_add_up_to_its_limit() {
        let mut readings = Readings::default();
        filesystems(&mut readings);
        let limits: f64 = readings.get(Metric::SystemFilesystemLimit).iter().map(|(bytes, _)| bytes).sum();
        let usage: f64 = readings.get(Metric::SystemFilesystemUsage).iter().map(|(bytes, _)| bytes).sum();
        assert!((limits - usage).abs() < 1.0, "{limits} {usage}");
    }
}
