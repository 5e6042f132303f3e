//! The container in which we are (`container.*`).

use super::{Surroundings, Told};

pub(super) fn at_hand(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    told.text("container.id", id(surroundings));
    // Podman writes what it knows.
    let written = surroundings.read("run/.containerenv").unwrap_or_default();
    let said = |name: &str| {
        let value = written.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"').to_owned())
    };
    told.text("container.name", said("name"));
    told.text("container.image.name", said("image"));
    told
}

/// The id that Docker, containerd, CRI-O or Podman gave the container.
pub(super) fn id(surroundings: &Surroundings) -> Option<String> {
    let read = |file: &str| surroundings.read(file).unwrap_or_default();
    id_in(&read("proc/self/cgroup"), &read("proc/self/mountinfo"))
}

/// 64 hexadecimal digits in the path of the control group, or of the file that was mounted for the
/// host's name. Other mounts may be those of other containers, and a sandbox is that of a whole pod.
fn id_in(groups: &str, mounts: &str) -> Option<String> {
    let mounts =
        mounts.lines().filter(|line| line.contains(" /etc/hostname ") && !line.contains("/sandboxes/"));
    let mut parts =
        groups.lines().chain(mounts).flat_map(|line| line.split(|c: char| !c.is_ascii_hexdigit()));
    parts.find(|part| part.len() == 64).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_containers() {
        let id = "3f9d2c8a1b".repeat(6) + "e4d5";
        let docker = format!("0::/system.slice/docker-{id}.scope\n");
        let pod = format!("5:cpu:/\n4:memory:/kubepods/burstable/pod8f3a/{id}\n");
        assert_eq!(id_in(&docker, ""), Some(id.clone()));
        assert_eq!(id_in(&pod, ""), Some(id.clone()));
        let podman =
            format!("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{id}.scope\n");
        assert_eq!(id_in(&podman, ""), Some(id.clone()));
        let mount = |from: &str, to: &str| format!("700 690 8:1 {from} {to} rw - ext4 /dev/sda1 rw\n");
        let name = format!("/var/lib/docker/containers/{id}/hostname");
        assert_eq!(id_in("0::/\n", &mount(&name, "/etc/hostname")), Some(id.clone()));
        // The host, which sees the mounts of its containers, and a pod's sandbox.
        let shm = format!("/var/lib/docker/containers/{id}/mounts/shm");
        assert_eq!(id_in("0::/user.slice/session-3.scope\n", &mount("/", &shm)), None);
        let sandbox = format!("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{id}/hostname");
        assert_eq!(id_in("0::/\n", &mount(&sandbox, "/etc/hostname")), None);
    }
}
