//! How often the kernel killed a process of our control group because memory ran out.

use std::fs::read_to_string;

/// The counter of our memory control group, version 2 or 1. `None` where there is none.
pub(super) fn kills() -> Option<u64> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    files(&groups).iter().find_map(|file| counter(&read_to_string(file).ok()?))
}

/// Where the counter may be, given `/proc/self/cgroup`. In a container the path that stands
/// there may not be visible; then the mount point itself is our group.
fn files(groups: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.events"),
            _ if controllers.split(',').any(|c| c == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.oom_control")
            }
            _ => continue,
        };
        files.push(format!("{root}{}/{name}", path.trim_end_matches('/')));
        files.push(format!("{root}/{name}"));
    }
    files
}

/// The line `oom_kill N`.
fn counter(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_looked_for() {
        assert_eq!(
            files("4:memory:/docker/a\n2:cpu:/x\n0::/user.slice\n"),
            [
                "/sys/fs/cgroup/memory/docker/a/memory.oom_control",
                "/sys/fs/cgroup/memory/memory.oom_control",
                "/sys/fs/cgroup/user.slice/memory.events",
                "/sys/fs/cgroup/memory.events",
            ]
        );
        assert!(files("").is_empty());
        assert!(files("nonsense\n::\n1:name=systemd:/\n").iter().all(|file| file.contains("memory.events")));
    }

    #[test]
    fn the_counter_is_found_by_name() {
        assert_eq!(counter("low 0\noom 3\noom_kill 2\noom_group_kill 1\n"), Some(2));
        assert_eq!(counter("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"), Some(7));
        assert_eq!(counter("oom_kill many\n"), None);
    }
}
