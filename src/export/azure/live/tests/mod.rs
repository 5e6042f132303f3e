//! The whole without a network: items in, data points out, the clock under our hand.

mod course;
mod items;
mod point;
mod wishes;

use super::configuration::{Complaint, Configuration};
use super::filter::Filter;
use super::identity::Identity;
use super::item::{Field, Item, Kind};
use super::run::{Failure, Reply, Service, run};
use super::state::Mode;
use super::{Live, Vitals};
use crate::export::azure::map::meaning::{Known, Meaning};
use crate::otlp::view::{LogRecord, Span, groups};
use crate::settings;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// An item of a test: its fields, and its attributes as OTLP's JSON.
#[derive(Clone)]
struct Sample {
    kind: Kind,
    weight: f64,
    milliseconds: f64,
    success: bool,
    texts: Vec<(Field, String)>,
    attributes: Vec<(String, Value)>,
}

impl Sample {
    fn new(kind: Kind) -> Sample {
        let texts = Vec::new();
        Sample { kind, weight: 1.0, milliseconds: 0.0, success: true, texts, attributes: Vec::new() }
    }

    fn request(name: &str, milliseconds: f64, code: u16) -> Sample {
        let mut sample = Sample::new(Kind::Request).text(Field::Name, name);
        sample = sample.text(Field::Code, &code.to_string()).text(Field::Url, "http://shop.example/a?b=c");
        Sample { milliseconds, success: code < 400, ..sample }
    }

    fn text(mut self, field: Field, text: &str) -> Sample {
        self.texts.push((field, text.to_owned()));
        self
    }

    fn attribute(mut self, key: &str, value: Value) -> Sample {
        self.attributes.push((key.to_owned(), value));
        self
    }

    /// Does something with the item, which borrows its attributes from encoded bytes.
    fn with<T>(&self, act: impl FnOnce(&Item<'_>) -> T) -> T {
        let attributes: Vec<Value> =
            self.attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let request: ExportLogsServiceRequest = serde_json::from_value(json!({
            "resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": attributes}]}]}]
        }))
        .unwrap();
        let bytes = request.encode_to_vec();
        let message = groups(&bytes).next().unwrap().scopes().next().unwrap().items().next().unwrap();
        let record = LogRecord::read(message).unwrap();
        let text = |wanted: Field| {
            let found = self.texts.iter().find(|(field, _)| *field == wanted);
            found.map(|(_, text)| Cow::Borrowed(text.as_str()))
        };
        act(&Item {
            kind: self.kind,
            weight: self.weight,
            duration: (self.milliseconds * 1e6) as u64,
            success: self.success,
            text: &text,
            attributes: &record.attributes,
            told: &|key| key == "http.route",
        })
    }
}

/// Feeds spans and log records, given as OTLP's JSON.
fn feed(live: &Live, spans: &Value, records: &Value) {
    let settings = settings::fixture::settings(&[(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "InstrumentationKey=11111111-2222-3333-4444-555555555555",
    )]);
    let azure = settings.azure.unwrap();
    let request: ExportTraceServiceRequest =
        serde_json::from_value(json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})).unwrap();
    let bytes = request.encode_to_vec();
    for message in groups(&bytes).flat_map(|group| group.scopes()).flat_map(|scope| scope.items()) {
        let span = Span::read(message).unwrap();
        let known = Known::of(&span.attributes);
        live.span(&span, &known, &Meaning::of(&span, &known, &azure), 1.0);
    }
    let request: ExportLogsServiceRequest =
        serde_json::from_value(json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})).unwrap();
    let bytes = request.encode_to_vec();
    for message in groups(&bytes).flat_map(|group| group.scopes()).flat_map(|scope| scope.items()) {
        live.log(&LogRecord::read(message).unwrap(), &azure, 1.0);
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}
fn live() -> Arc<Live> {
    Live::new(Identity {
        version: "otelrun0".to_owned(),
        instance: "one".to_owned(),
        role: "shop".to_owned(),
        machine: "host".to_owned(),
        stream: "0123456789abcdef0123456789abcdef".to_owned(),
        web_app: false,
    })
}

fn see(live: &Live, samples: &[Sample]) {
    samples.iter().for_each(|sample| sample.with(|item| live.observe(item)));
}

fn take(live: &Live, vitals: Option<&Vitals>) -> Value {
    let mut points: Vec<Value> = serde_json::from_slice(&live.take(0, vitals)).unwrap();
    assert_eq!(points.len(), 1);
    points.remove(0)
}

/// Value and weight of a metric.
fn metric(point: &Value, name: &str) -> Option<(f64, i64)> {
    let metrics = point["Metrics"].as_array().unwrap();
    let found = metrics.iter().find(|metric| metric["Name"] == name)?;
    Some((found["Value"].as_f64().unwrap(), found["Weight"].as_i64().unwrap()))
}
fn filter(field: &str, predicate: &str, comparand: &str) -> Value {
    json!({"FieldName": field, "Predicate": predicate, "Comparand": comparand})
}

fn derived(id: &str, kind: &str, groups: &Value, projection: &str, aggregation: &str) -> Value {
    json!({"Id": id, "TelemetryType": kind, "FilterGroups": groups, "Projection": projection,
        "Aggregation": aggregation, "BackEndAggregation": aggregation})
}

fn configure(live: &Live, etag: &str, configuration: &Value) {
    live.configure(etag, configuration.to_string().as_bytes());
}
