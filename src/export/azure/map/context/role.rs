//! Which circle of the Application Map an item belongs to, and which instance of it.

use super::{Place, text};
use crate::otlp::view::Resource;

/// What runs it in Kubernetes, strongest first.
const WORKLOADS: [&str; 6] = [
    "k8s.deployment.name",
    "k8s.replicaset.name",
    "k8s.statefulset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    "k8s.daemonset.name",
];

/// `service.namespace.service.name`. A service that has no name, or only the one that an SDK gives to
/// unknown ones, is called after its workload or its site, if it has one.
pub(super) fn name(resource: &Resource<'_>, place: &Place) -> String {
    let service = text(resource, "service.name");
    if service.is_empty() || service.starts_with("unknown_service") {
        let workload = WORKLOADS.iter().map(|key| text(resource, key)).find(|name| !name.is_empty());
        if let Some(name) = workload.or(Some(&*place.site)).filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
    }
    match text(resource, "service.namespace") {
        "" => service.to_owned(),
        _ if service.is_empty() => String::new(),
        namespace => format!("{namespace}.{service}"),
    }
}

/// SDKs make a new `service.instance.id` for every process that they start in, so that the pod is
/// the better name of an instance, and the machine a better one than a random number: an id is
/// shown where the user chose it, or the program has one that tells something.
pub(super) fn instance(resource: &Resource<'_>, given: bool, place: &Place) -> String {
    let (instance, pod) = (text(resource, "service.instance.id"), text(resource, "k8s.pod.name"));
    let ranked = match given {
        true => [instance, pod],
        false if is_random(instance) => [pod, ""],
        false => [pod, instance],
    };
    let named = ranked.into_iter().chain([&*place.instance, text(resource, "host.name"), &place.machine]);
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

/// A UUID of random numbers (RFC 9562, version 4).
fn is_random(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            _ => byte.is_ascii_hexdigit(),
        })
}
