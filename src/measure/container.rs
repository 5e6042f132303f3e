//! The control group of the target (cgroup version 1 and 2): limits of memory and
//! processors.

use super::host;
use procfs::FromRead;
use procfs::ProcessCGroups;
use procfs::process::MountInfos;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Control groups of one process: its own folder first, then each one above, as far as
/// they can be seen from here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Container {
    memory: Vec<PathBuf>,
    cpu: Vec<PathBuf>,
}

impl Container {
    /// Of process `pid`, or of this one when that cannot be read.
    pub(super) fn of(pid: i32) -> Container {
        let read = |pid: &str| {
            let groups = ProcessCGroups::from_read(File::open(format!("/proc/{pid}/cgroup")).ok()?).ok()?;
            let mounts = MountInfos::from_read(File::open("/proc/self/mountinfo").ok()?).ok()?;
            Some(Container {
                memory: folders(&groups, &mounts, "memory"),
                cpu: folders(&groups, &mounts, "cpu"),
            })
        };
        read(&pid.to_string()).or_else(|| read("self")).unwrap_or_default()
    }

    /// The least limit on the way up, in bytes.
    pub(super) fn memory_limit(&self) -> Option<u64> {
        self.memory.iter().filter_map(|folder| limit(folder)).min()
    }

    /// Bytes in use by the group in which the target is.
    pub(super) fn memory_usage(&self) -> Option<u64> {
        usage(self.memory.first()?)
    }

    /// The least quota on the way up, in processors.
    pub(super) fn cpu_limit(&self) -> Option<f64> {
        self.cpu.iter().filter_map(|folder| quota(folder)).min_by(f64::total_cmp)
    }

    /// The least quota on the way up, in processors, and the processor time of all that it holds for,
    /// in seconds.
    pub(super) fn cpu_spent(&self) -> Option<(f64, f64)> {
        let quotas = self.cpu.iter().filter_map(|folder| Some((quota(folder)?, folder)));
        let (quota, folder) = quotas.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let spent = match entry(&folder.join("cpu.stat"), "usage_usec") {
            Some(micros) => micros as f64 / 1e6,
            None => number(&folder.join("cpuacct.usage"))? as f64 / 1e9,
        };
        Some((quota, spent))
    }

    /// Bytes that may still be used before a limit on the way up is reached, when all is given back
    /// that the kernel can do without.
    pub(super) fn memory_available(&self) -> Option<u64> {
        let available = |folder: &PathBuf| {
            let limit = limit(folder)?;
            let used = usage(folder)?;
            let stat = folder.join("memory.stat");
            // Version 1 has one for the group alone, and one for all below it.
            let spare = entry(&stat, "total_inactive_file").or_else(|| entry(&stat, "inactive_file"));
            Some(limit.saturating_sub(used.saturating_sub(spare.unwrap_or(0))))
        };
        self.memory.iter().filter_map(available).min()
    }

    /// Processors that process `pid` may use: by the control group, by its affinity, by their number.
    pub(super) fn available_cpus(&self, pid: i32) -> Option<f64> {
        let affinity = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(pid)).ok();
        let allowed = affinity.map(|set| {
            (0..nix::sched::CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).count() as f64
        });
        [self.cpu_limit(), allowed, host::logical_cpus()].into_iter().flatten().min_by(f64::total_cmp)
    }
}

/// Folders of `controller`, the process's own first. A container sees its own group as the
/// root of the mount, whatever its path says.
fn folders(groups: &ProcessCGroups, mounts: &MountInfos, controller: &str) -> Vec<PathBuf> {
    let v1 = groups.0.iter().find(|group| group.controllers.iter().any(|name| name == controller));
    let Some(group) = v1.or_else(|| groups.0.iter().find(|group| group.hierarchy == 0)) else {
        return Vec::new();
    };
    let mount = mounts.0.iter().find(|mount| match mount.fs_type.as_str() {
        "cgroup" => v1.is_some() && mount.super_options.contains_key(controller),
        "cgroup2" => v1.is_none(),
        _ => false,
    });
    let Some(mount) = mount else { return Vec::new() };
    let path = Path::new(&group.pathname);
    let below = path.strip_prefix(&mount.root).or_else(|_| path.strip_prefix("/")).unwrap_or(Path::new(""));
    let mut folders = vec![mount.mount_point.join(below)];
    if !folders[0].is_dir() {
        folders[0] = mount.mount_point.clone();
    }
    while let Some(above) = folders.last().and_then(|folder| folder.parent()) {
        if !above.starts_with(&mount.mount_point) {
            break;
        }
        folders.push(above.to_owned());
    }
    folders
}

/// `memory.max` and its like: a number, or nothing when it is `max` or not there.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The value of `name` in a file of lines that are a name and a number.
fn entry(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

fn limit(folder: &Path) -> Option<u64> {
    let limit =
        number(&folder.join("memory.max")).or_else(|| number(&folder.join("memory.limit_in_bytes")))?;
    // Version 1 says "no limit" with the largest number of whole pages.
    (limit < i64::MAX as u64 / 2).then_some(limit)
}

fn usage(folder: &Path) -> Option<u64> {
    number(&folder.join("memory.current")).or_else(|| number(&folder.join("memory.usage_in_bytes")))
}

fn quota(folder: &Path) -> Option<f64> {
    let (quota, period) = match fs::read_to_string(folder.join("cpu.max")) {
        Ok(text) => {
            let (quota, period) = text.trim().split_once(' ')?;
            (quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?)
        }
        Err(_) => {
            let read = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse::<f64>().ok();
            (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?)
        }
    };
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn write(folder: &Path, file: &str, text: &str) {
        fs::create_dir_all(folder)
            .and_then(|()| File::create(folder.join(file))?.write_all(text.as_bytes()))
            .unwrap();
    }

    #[test]
    fn version_2_the_least_limit_of_the_way_up_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("pod/app");
        write(&own, "memory.max", "max\n");
        write(&root.path().join("pod"), "memory.max", "536870912\n");
        write(&own, "cpu.max", "max 100000\n");
        write(&root.path().join("pod"), "cpu.max", "150000 100000\n");
        write(&own, "memory.current", "1048576\n");
        let folders: Vec<PathBuf> = [own.clone(), root.path().join("pod"), root.path().to_owned()].into();
        let container = Container { memory: folders.clone(), cpu: folders };
        assert_eq!(container.memory_limit(), Some(536_870_912));
        assert_eq!(container.cpu_limit(), Some(1.5));
        assert_eq!(container.memory_usage(), Some(1_048_576));
        // What counts against a limit is what is used where it holds.
        write(&root.path().join("pod"), "memory.current", "236870912\n");
        write(&root.path().join("pod"), "memory.stat", "anon 1\ninactive_file 100000000\n");
        write(&root.path().join("pod"), "cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
        assert_eq!(container.memory_available(), Some(400_000_000));
        assert_eq!(container.cpu_spent(), Some((1.5, 2.5)));
    }

    #[test]
    fn version_1_without_limits() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "memory.limit_in_bytes", "9223372036854771712\n");
        write(root.path(), "cpu.cfs_quota_us", "-1\n");
        write(root.path(), "cpu.cfs_period_us", "100000\n");
        let folders = vec![root.path().to_owned()];
        let container = Container { memory: folders.clone(), cpu: folders };
        assert_eq!(container.memory_limit(), None);
        assert_eq!(container.cpu_limit(), None);
        assert_eq!((container.memory_available(), container.cpu_spent()), (None, None));
        write(root.path(), "memory.limit_in_bytes", "1000000\n");
        write(root.path(), "memory.usage_in_bytes", "600000\n");
        write(root.path(), "memory.stat", "inactive_file 1\ntotal_inactive_file 200000\n");
        write(root.path(), "cpu.cfs_quota_us", "50000\n");
        write(root.path(), "cpuacct.usage", "3000000000\n");
        assert_eq!(container.memory_available(), Some(600_000));
        assert_eq!(container.cpu_spent(), Some((0.5, 3.0)));
    }

    #[test]
    fn a_container_sees_its_group_as_the_root_of_the_mount() {
        let root = tempfile::tempdir().unwrap();
        let groups = ProcessCGroups::from_read("0::/docker/abc\n".as_bytes()).unwrap();
        let mount = format!("31 23 0:28 / {} rw,relatime - cgroup2 cgroup rw\n", root.path().display());
        let mounts = MountInfos::from_read(mount.as_bytes()).unwrap();
        assert_eq!(folders(&groups, &mounts, "memory"), [root.path()]);
        fs::create_dir_all(root.path().join("docker/abc")).unwrap();
        let all = ["docker/abc", "docker", ""].map(|folder| root.path().join(folder));
        assert_eq!(folders(&groups, &mounts, "memory").len(), 3);
        assert_eq!(folders(&groups, &mounts, "memory")[0], all[0]);
    }

    #[test]
    fn nothing_to_read_is_nothing_known() {
        let container = Container::default();
        assert_eq!((container.memory_limit(), container.cpu_limit()), (None, None));
    }
}
