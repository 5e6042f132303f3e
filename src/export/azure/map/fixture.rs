//! Envelopes of requests that are written as OTLP/JSON, for tests.

use super::{Mapper, Sink};
use crate::account::Loss;
use crate::otlp::{Batch, Signal, json};
use crate::settings::{AzureSettings, ConnectionString, Secret};
use serde_json::Value;

/// Settings with nothing but a key.
pub(in crate::export::azure) fn settings() -> AzureSettings {
    AzureSettings::new(ConnectionString {
        instrumentation_key: Secret::new("key"),
        ingestion_endpoint: String::new(),
        live_endpoint: String::new(),
        audience: String::new(),
        application_id: None,
    })
}

/// What came out.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Collected {
    pub(in crate::export::azure) envelopes: Vec<Value>,
    /// How many items of the batch each of them stands for.
    pub(in crate::export::azure) items: Vec<u64>,
    pub(in crate::export::azure) left_out: Vec<(Loss, u64)>,
}

impl Sink for Collected {
    fn envelope(&mut self, json: &[u8], items: u64) {
        self.envelopes.push(serde_json::from_slice(json).expect("an envelope is JSON"));
        self.items.push(items);
    }

    fn left_out(&mut self, loss: Loss, items: u64) {
        self.left_out.push((loss, items));
    }
}

pub(in crate::export::azure) fn batch(signal: Signal, request: &Value) -> Batch {
    let bytes = json::decode(signal, request.to_string().as_bytes()).expect("OTLP/JSON");
    Batch::from_protobuf(signal, bytes).expect("a request")
}

pub(in crate::export::azure) fn mapped(
    settings: AzureSettings,
    signal: Signal,
    request: &Value,
) -> Collected {
    let mut collected = Collected::default();
    Mapper::new(settings).map(&batch(signal, request), &mut collected);
    collected
}

/// `{"key": ..., "value": ...}` of each member of a JSON object, as OTLP/JSON has attributes.
pub(in crate::export::azure) fn attributes(object: Value) -> Value {
    let Value::Object(members) = object else { panic!("an object") };
    members.into_iter().map(|(key, value)| serde_json::json!({"key": key, "value": any(value)})).collect()
}

fn any(value: Value) -> Value {
    use serde_json::json;
    match value {
        Value::Null => json!({}),
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(values) => {
            json!({"arrayValue": {"values": values.into_iter().map(any).collect::<Vec<_>>()}})
        }
        object @ Value::Object(_) => json!({"kvlistValue": {"values": attributes(object)}}),
    }
}
