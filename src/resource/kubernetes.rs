//! The pod in which we are (`k8s.*`), without its cluster's help: variables that manifests set from the
//! downward API, the service account, the paths of control groups and mounts.

use super::{Surroundings, Told};

/// Where a pod finds the name of its namespace.
pub(super) const NAMESPACE: &str = "var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Names of variables have no standard; these are what manifests, charts and operators write.
const GIVEN: [(&str, &[&str]); 12] = [
    ("k8s.pod.name", &["K8S_POD_NAME", "POD_NAME", "MY_POD_NAME", "OTEL_RESOURCE_ATTRIBUTES_POD_NAME"]),
    ("k8s.pod.uid", &["K8S_POD_UID", "POD_UID", "MY_POD_UID", "OTEL_RESOURCE_ATTRIBUTES_POD_UID"]),
    ("k8s.pod.ip", &["K8S_POD_IP", "POD_IP", "MY_POD_IP"]),
    (
        "k8s.namespace.name",
        &["K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "K8S_POD_NAMESPACE", "POD_NAMESPACE", "MY_POD_NAMESPACE"],
    ),
    ("k8s.node.name", &["K8S_NODE_NAME", "NODE_NAME", "MY_NODE_NAME", "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME"]),
    ("k8s.container.name", &["K8S_CONTAINER_NAME", "CONTAINER_NAME"]),
    ("k8s.cluster.name", &["K8S_CLUSTER_NAME", "CLUSTER_NAME"]),
    ("k8s.deployment.name", &["K8S_DEPLOYMENT_NAME"]),
    ("k8s.statefulset.name", &["K8S_STATEFULSET_NAME"]),
    ("k8s.daemonset.name", &["K8S_DAEMONSET_NAME"]),
    ("k8s.job.name", &["K8S_JOB_NAME"]),
    ("k8s.cronjob.name", &["K8S_CRONJOB_NAME"]),
];

pub(super) fn at_hand(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    if !surroundings.in_kubernetes() {
        return told;
    }
    for (key, names) in GIVEN {
        told.text(key, surroundings.first_of(names));
    }
    let given = |key: &str| told.0.iter().any(|(known, _)| *known == key);
    let (namespace, uid, pod) = (given("k8s.namespace.name"), given("k8s.pod.uid"), given("k8s.pod.name"));
    if !namespace {
        told.text("k8s.namespace.name", surroundings.read(NAMESPACE));
    }
    let mounts = surroundings.read("proc/self/mountinfo").unwrap_or_default();
    if !uid {
        let groups = surroundings.read("proc/self/cgroup").unwrap_or_default();
        told.text("k8s.pod.uid", uid_in(&groups, &mounts));
    }
    if !given_container(&told) {
        told.text("k8s.container.name", container_in(&mounts));
    }
    let name = match pod {
        true => surroundings.first_of(GIVEN[0].1).map(str::to_owned),
        // A pod on its node's network has the node's name.
        false if surroundings.read("etc/hosts").is_some_and(|hosts| hosts.contains("(host network)")) => None,
        false => {
            told.text("k8s.pod.name", Some(surroundings.host_name.as_str()));
            Some(surroundings.host_name.clone())
        }
    };
    if let Some((deployment, set)) = name.as_deref().and_then(deployment_of) {
        told.text("k8s.replicaset.name", Some(set));
        told.text("k8s.deployment.name", Some(deployment));
    }
    told
}

fn given_container(told: &Told) -> bool {
    told.0.iter().any(|(key, _)| *key == "k8s.container.name")
}

/// `pod` and a UUID in the path of a control group (systemd writes `_` for `-`), or the folder that the
/// kubelet keeps for the pod.
fn uid_in(groups: &str, mounts: &str) -> Option<String> {
    let of_group = groups.split(['/', '\n']).find_map(|part| {
        let start = part.rfind("pod")? + 3;
        let uid = part.get(start..start + 36)?.replace('_', "-");
        is_uuid(&uid).then_some(uid)
    });
    of_group.or_else(|| {
        let mut roots = mounts.lines().filter_map(|line| line.split(' ').nth(3));
        roots.find_map(|root| {
            let uid = root.split("/pods/").nth(1)?.split('/').next()?;
            is_uuid(uid).then(|| uid.to_owned())
        })
    })
}

/// The kubelet mounts a file for last words: `…/pods/UID/containers/NAME/ID`.
fn container_in(mounts: &str) -> Option<&str> {
    let mut fields = mounts.lines().map(|line| line.split(' '));
    fields.find_map(|mut fields| {
        let (root, place) = (fields.nth(3)?, fields.next()?);
        let inside = root.split("/pods/").nth(1)?;
        let mut parts = inside.split('/').skip(1);
        (place == "/dev/termination-log" && parts.next() == Some("containers")).then(|| parts.next())?
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// What Kubernetes makes random names of: no vowels, and no digits that look like letters.
fn is_random(text: &str) -> bool {
    text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

/// Deployment and replica set of a pod that is called `DEPLOYMENT-HASH-RANDOM`.
fn deployment_of(pod: &str) -> Option<(&str, &str)> {
    let (set, random) = pod.rsplit_once('-')?;
    let (deployment, hash) = set.rsplit_once('-')?;
    let hashed = (8..=10).contains(&hash.len()) && is_random(hash);
    // Of a cron job's pod the middle is a time.
    let letters = hash.bytes().any(|byte| byte.is_ascii_alphabetic());
    (random.len() == 5 && is_random(random) && hashed && letters && !deployment.is_empty())
        .then_some((deployment, set))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "8f3a6f0e-6f0d-4d7a-9a55-0f3b1c2d4e5f";

    #[test]
    fn uids_of_pods() {
        let id = "ab".repeat(32);
        let systemd = UID.replace('-', "_");
        for groups in [
            format!("4:memory:/kubepods/burstable/pod{UID}/{id}\n"),
            format!(
                "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{systemd}.slice/cri-containerd-{id}.scope\n"
            ),
        ] {
            assert_eq!(uid_in(&groups, "").as_deref(), Some(UID), "{groups}");
        }
        let mounts = format!(
            "900 800 8:1 /var/lib/kubelet/pods/{UID}/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n\
             901 800 8:1 /var/lib/kubelet/pods/{UID}/containers/web/7f0c1b2a /dev/termination-log rw - ext4 /dev/sda1 rw\n"
        );
        assert_eq!(uid_in("0::/\n", &mounts).as_deref(), Some(UID));
        assert_eq!(container_in(&mounts), Some("web"));
        assert_eq!(uid_in("0::/podman\n1:cpu:/pod\n", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"), None);
        assert_eq!(container_in("1 2\nshort /pods/\n"), None);
    }

    #[test]
    fn deployments_are_told_by_the_names_of_their_pods() {
        for (pod, expected) in [
            ("shop-api-6b7f9d4c58-x2x7k", Some(("shop-api", "shop-api-6b7f9d4c58"))),
            ("api-7d9c8b5f6-zzzzz", Some(("api", "api-7d9c8b5f6"))),
            ("db-0", None),
            ("agent-x2x7k", None),
            // A cron job's.
            ("report-28549265-x2x7k", None),
            // Vowels are nobody's chance.
            ("shop-frontend-x2x7k", None),
            ("-6b7f9d4c58-x2x7k", None),
            ("plain", None),
        ] {
            assert_eq!(deployment_of(pod), expected, "{pod}");
        }
    }
}
