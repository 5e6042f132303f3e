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

/// SDKs make a new `service.instance.id` for every process that they start in, so that the pod
/// is the better name of an instance, unless the user chose the former.
pub(super) fn instance(resource: &Resource<'_>, given: bool, place: &Place) -> String {
    let (instance, pod) = (text(resource, "service.instance.id"), text(resource, "k8s.pod.name"));
    let ranked = if given { [instance, pod] } else { [pod, instance] };
    let known = ranked.into_iter().find(|name| !name.is_empty());
    known.map_or_else(|| place.instance.clone(), str::to_owned)
}
