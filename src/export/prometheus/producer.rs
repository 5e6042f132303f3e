//! Who reports: one producer for each resource, which is one for each process.

use super::STALE;
use super::labels;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

/// More processes than this are not told apart, their data points are refused.
const MAX: usize = 1_000;

pub(super) type Id = u32;

#[derive(Debug)]
pub(super) struct Producer {
    attributes: BTreeMap<String, String>,
    /// `service.namespace` and `service.name`.
    service: Arc<str>,
    /// Tells this process from others of the same service: name and value of a label.
    pub(super) label: Option<(&'static str, String)>,
    /// `Some` when the process was there when it was first seen: then it can be asked for.
    /// The resource of a process in another PID namespace may name a process that is not ours.
    pid: Option<Pid>,
    seen: Instant,
}

impl Producer {
    fn new(attributes: &[KeyValue], now: Instant) -> Self {
        let attributes: BTreeMap<String, String> = attributes
            .iter()
            .map(|attribute| (attribute.key.clone(), labels::text(attribute.value.as_ref())))
            .collect();
        let label = [("service.instance.id", "service_instance_id"), ("process.pid", "process_pid")]
            .into_iter()
            .find_map(|(key, label)| Some((label, attributes.get(key)?.clone())));
        let pid = attributes.get("process.pid").and_then(|pid| pid.parse().ok()).filter(|pid| *pid > 0);
        let pid = pid.map(Pid::from_raw).filter(|pid| exists(*pid));
        let get = |key| attributes.get(key).map(String::as_str).unwrap_or_default();
        let service = match get("service.namespace") {
            "" => get("service.name").into(),
            namespace => format!("{namespace}/{}", get("service.name")).into(),
        };
        Producer { attributes, service, label, pid, seen: now }
    }

    pub(super) fn ended(&self) -> bool {
        self.pid.is_some_and(|pid| !exists(pid))
    }

    pub(super) fn alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < STALE && !self.ended()
    }
}

fn exists(pid: Pid) -> bool {
    kill(pid, None) != Err(Errno::ESRCH)
}

#[derive(Debug, Default)]
pub(super) struct Producers {
    known: HashMap<Id, Producer>,
    /// By resource: its pairs, sorted.
    ids: HashMap<BTreeMap<String, String>, Id>,
    next: Id,
}

impl Producers {
    /// The producer of a resource, and its service. `None`: there are too many.
    pub(super) fn identify(&mut self, attributes: &[KeyValue], now: Instant) -> Option<(Id, Arc<str>)> {
        let new = Producer::new(attributes, now);
        let id = match self.ids.get(&new.attributes) {
            Some(id) => *id,
            None if self.known.len() >= MAX => return None,
            None => {
                self.next = self.next.wrapping_add(1);
                self.ids.insert(new.attributes.clone(), self.next);
                self.known.insert(self.next, new);
                self.next
            }
        };
        let producer = self.known.get_mut(&id)?;
        producer.seen = now;
        Some((id, producer.service.clone()))
    }

    pub(super) fn get(&self, id: Id) -> Option<&Producer> {
        self.known.get(&id)
    }

    pub(super) fn alive(&self, id: Id, now: Instant) -> bool {
        self.get(id).is_some_and(|producer| producer.alive(now))
    }

    /// Forgets those that are neither alive nor needed.
    pub(super) fn retain(&mut self, needed: &HashSet<Id>, now: Instant) {
        self.known.retain(|id, producer| needed.contains(id) || producer.alive(now));
        self.ids.retain(|_, id| self.known.contains_key(id));
    }

    /// The attributes in which all that are alive agree, as far as they have them.
    pub(super) fn common(&self, now: Instant) -> BTreeMap<&str, &str> {
        let mut common: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for producer in self.known.values().filter(|producer| producer.alive(now)) {
            for (key, value) in &producer.attributes {
                let agreed = common.entry(key).or_insert(Some(value));
                *agreed = agreed.filter(|agreed| agreed == value);
            }
        }
        common.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    fn resource(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
        let value = |text: &str| Some(AnyValue { value: Some(Value::StringValue(text.into())) });
        pairs
            .iter()
            .map(|(key, text)| KeyValue { key: (*key).into(), value: value(text), ..Default::default() })
            .collect()
    }

    #[test]
    fn one_for_each_resource() {
        let (mut producers, now) = (Producers::default(), Instant::now());
        let one = resource(&[("service.name", "a"), ("service.instance.id", "1")]);
        let reordered = resource(&[("service.instance.id", "1"), ("service.name", "a")]);
        let two = resource(&[("service.name", "a"), ("service.instance.id", "2")]);
        let other = resource(&[("service.name", "b"), ("service.namespace", "n")]);
        let (first, service) = producers.identify(&one, now).expect("room");
        assert_eq!(&*service, "a");
        assert_eq!(producers.identify(&reordered, now), Some((first, "a".into())));
        assert_ne!(producers.identify(&two, now).expect("room").0, first);
        assert_eq!(&*producers.identify(&other, now).expect("room").1, "n/b");
        assert_eq!(producers.common(now), BTreeMap::from([("service.namespace", "n")]));
        let later = now + STALE;
        producers.identify(&two, later);
        assert_eq!(
            producers.common(later),
            BTreeMap::from([("service.name", "a"), ("service.instance.id", "2")])
        );
        producers.retain(&HashSet::new(), later);
        assert!(producers.get(first).is_none());
    }

    #[test]
    fn a_process_that_ended_is_not_alive() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep");
        let (mut producers, now) = (Producers::default(), Instant::now());
        let pid = child.id().to_string();
        let (id, _) = producers.identify(&resource(&[("process.pid", &pid)]), now).expect("room");
        assert!(producers.alive(id, now));
        child.kill().and_then(|()| child.wait()).expect("killed");
        assert!(!producers.alive(id, now));

        // It was not there in the first place, so it cannot be asked for.
        let (id, _) = producers.identify(&resource(&[("process.pid", &pid), ("a", "b")]), now).expect("room");
        assert!(producers.alive(id, now));
    }

    #[test]
    fn bounded() {
        let (mut producers, now) = (Producers::default(), Instant::now());
        for index in 0..MAX {
            assert!(producers.identify(&resource(&[("id", &index.to_string())]), now).is_some());
        }
        assert!(producers.identify(&resource(&[("id", "one more")]), now).is_none());
    }
}
