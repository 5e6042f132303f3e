//! `_OTELRESOURCE_`: a metric of no value whose properties are the attributes of a resource.

use super::context::Context;
use super::{Sink, value};
use crate::clock::unix_nano;
use crate::export::azure::envelope::{Envelope, Type};
use crate::otlp::view::Group;
use crate::settings::AzureSettings;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// How often a resource is told. Nanoseconds.
const DAILY: u64 = 24 * 3600 * 1_000_000_000;
/// Most resources that are remembered; when there are more, all are told anew.
const MOST: usize = 1000;

/// When each resource was told last, by whichever mapper, in nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Resources {
    hasher: RandomState,
    told: Mutex<HashMap<u64, u64>>,
}

impl Resources {
    fn is_due(&self, resource: &[u8], now: u64) -> bool {
        let hash = self.hasher.hash_one(resource);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&hash).is_some_and(|last| now.saturating_sub(*last) < DAILY) {
            return false;
        }
        if told.len() >= MOST {
            told.clear();
        }
        told.insert(hash, now);
        true
    }

    /// Writes the metric of a resource that has not been told today.
    pub(super) fn write(
        &self,
        group: &Group<'_>,
        context: &Context,
        settings: &AzureSettings,
        line: &mut Vec<u8>,
        sink: &mut impl Sink,
    ) {
        let (now, key) = (unix_nano(), settings.connection.instrumentation_key.reveal());
        if !self.is_due(group.resource_bytes(), now) {
            return;
        }
        line.clear();
        let mut envelope = Envelope::begin(line, Type::Metric, now, 100.0, key, &context.tags);
        envelope.data();
        envelope.json("metrics", |out| out.extend_from_slice(br#"[{"name":"_OTELRESOURCE_","value":0}]"#));
        envelope.object("properties");
        for (key, attribute) in group.resource().unwrap_or_default().attributes.iter() {
            value::property(&mut envelope, key, attribute);
        }
        if let Some(id) = &settings.connection.application_id {
            envelope.property("microsoft.applicationId", id);
        }
        envelope.end_object();
        envelope.end();
        sink.envelope(line, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::azure::map::fixture::{self, Collected, settings};
    use crate::export::azure::map::{Common, Mapper};
    use crate::otlp::Signal;
    use serde_json::json;

    #[test]
    fn each_resource_once_a_day() {
        let resources = Resources::default();
        assert!(resources.is_due(b"a", 1));
        assert!(!resources.is_due(b"a", DAILY));
        assert!(resources.is_due(b"b", DAILY));
        assert!(resources.is_due(b"a", DAILY + 1));
    }

    #[test]
    fn all_attributes_whoever_is_first() {
        let settings = AzureSettings { resource_metric: true, ..settings() };
        let common = Common::new(&settings);
        let attributes = fixture::attributes(json!({"service.name": "shop", "host.cpu.count": 4}));
        let mut collected = Collected::default();
        for (signal, request) in [
            (Signal::Traces, json!({"resourceSpans": [{"resource": {"attributes": attributes}}]})),
            (Signal::Metrics, json!({"resourceMetrics": [{"resource": {"attributes": attributes}}]})),
        ] {
            let mut mapper = Mapper::new(settings.clone()).sharing(common.clone());
            mapper.map(&fixture::batch(signal, &request), &mut collected);
        }
        assert_eq!(collected.items, [0]);
        let data = &collected.envelopes[0]["data"]["baseData"];
        assert_eq!(data["metrics"], json!([{"name": "_OTELRESOURCE_", "value": 0}]));
        assert_eq!(data["properties"], json!({"service.name": "shop", "host.cpu.count": "4"}));
    }
}
