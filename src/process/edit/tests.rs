mod actions;
mod bounds;
mod items;
mod naming;
mod random;
mod selecting;
mod trees;

use super::*;
use crate::otlp::json;
use crate::settings::shape::{
    AttributeAction, AttributeMatch, Change, Keys, Naming, Processor, Scalar, Selector, Source, Text,
};
use serde_json::{Map, Value as Json, json};

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn exact(key: &str, change: Change) -> AttributeAction {
    AttributeAction { keys: Keys::Exact(key.to_owned()), change }
}

fn attribute(key: &str, value: Option<Text>) -> AttributeMatch {
    AttributeMatch { key: key.to_owned(), value }
}

fn pattern(text: &str) -> Text {
    Text::Pattern(text.to_owned())
}

fn is(text: &str) -> Text {
    Text::Exact(text.to_owned())
}

fn processor(items: &[Item], work: Work) -> Processor {
    Processor { name: "test".into(), items: items.to_vec(), include: None, exclude: None, work }
}

fn editor(processors: &[Processor]) -> Editor {
    let shape = Shape { processors: processors.to_vec(), ..Shape::default() };
    Editor::new(&shape).expect("patterns").expect("something to do")
}

fn value(value: &Json) -> Json {
    match value {
        Json::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Json::Number(number) => json!({"intValue": number}),
        Json::Bool(truth) => json!({"boolValue": truth}),
        Json::Array(values) => {
            json!({"arrayValue": {"values": values.iter().map(self::value).collect::<Vec<_>>()}})
        }
        Json::Object(map) => json!({"kvlistValue": {"values": attributes(&Json::Object(map.clone()))}}),
        text => json!({"stringValue": text}),
    }
}

/// `repeated KeyValue` of a map.
fn attributes(map: &Json) -> Json {
    let pairs = map.as_object().into_iter().flatten();
    pairs.map(|(key, of)| json!({"key": key, "value": value(of)})).collect()
}

/// The map of `repeated KeyValue`.
fn map(attributes: &Json) -> Json {
    let pairs = attributes.as_array().into_iter().flatten();
    let pairs = pairs.map(|pair| (pair["key"].as_str().expect("a key").to_owned(), plain(&pair["value"])));
    let pairs: Vec<_> = pairs.collect();
    let map: Map<String, Json> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no key comes twice: {pairs:?}");
    Json::Object(map)
}

fn plain(value: &Json) -> Json {
    let Some((kind, of)) = value.as_object().and_then(|value| value.iter().next()) else {
        return json!(null);
    };
    match kind.as_str() {
        "intValue" => json!(of.as_str().and_then(|text| text.parse::<i64>().ok())),
        "arrayValue" => of["values"].as_array().into_iter().flatten().map(plain).collect(),
        "kvlistValue" => map(&of["values"]),
        _ => of.clone(),
    }
}

fn batch(signal: Signal, request: &Json) -> Batch {
    let bytes = json::decode(signal, request.to_string().as_bytes()).expect("OTLP/JSON");
    Batch::from_protobuf(signal, bytes).expect("a request")
}

fn as_json(batch: &Batch) -> Json {
    let mut text = Vec::new();
    json::encode(batch.signal(), batch.bytes(), &mut text).expect("OTLP");
    serde_json::from_slice(&text).expect("JSON")
}

/// A request of spans: what `each` says over what they all have.
fn spans(each: &[Json]) -> Batch {
    let spans: Vec<Json> = (each.iter().enumerate())
        .map(|(at, said)| {
            let mut span = json!({
                "traceId": format!("{:032x}", at + 1), "spanId": format!("{:016x}", at + 1), "name": "GET /x", "kind": 2,
                "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1250000000",
            });
            for (key, said) in said.as_object().expect("a map") {
                let said = if key == "attributes" { attributes(said) } else { said.clone() };
                span[key] = said;
            }
            span
        })
        .collect();
    let resource = json!({"attributes": attributes(&json!({"service.name": "shop", "host.name": "h1"}))});
    let scopes = json!([{"scope": {"name": "asgi", "version": "1"}, "spans": spans}]);
    batch(Signal::Traces, &json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}))
}

fn logs(each: &[Json]) -> Batch {
    let records: Vec<Json> = (each.iter())
        .map(|said| {
            let mut record = json!({"timeUnixNano": "1", "severityNumber": 9});
            for (key, said) in said.as_object().expect("a map") {
                record[key] = match key.as_str() {
                    "attributes" => attributes(said),
                    "body" => value(said),
                    _ => said.clone(),
                };
            }
            record
        })
        .collect();
    let resource = json!({"attributes": attributes(&json!({"service.name": "shop"}))});
    let scopes = json!([{"scope": {"name": "shop.orders"}, "logRecords": records}]);
    batch(Signal::Logs, &json!({"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}))
}

/// Metrics by name, each with points of these attributes.
fn metrics(each: &[(&str, Vec<Json>)]) -> Batch {
    let metrics: Vec<Json> = (each.iter())
        .map(|(name, points)| {
            let points: Vec<Json> = (points.iter())
                .map(|map| json!({"asInt": "3", "timeUnixNano": "9", "attributes": attributes(map)}))
                .collect();
            json!({"name": name, "unit": "1", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": points}})
        })
        .collect();
    let resource = json!({"attributes": attributes(&json!({"service.name": "shop"}))});
    let scopes = json!([{"scope": {"name": "meter"}, "metrics": metrics}]);
    batch(Signal::Metrics, &json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": scopes}]}))
}

/// All items of a batch, as JSON.
fn items(batch: &Batch) -> Vec<Json> {
    let (groups, scopes, items) = match batch.signal() {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
    };
    let list = |of: &Json, key: &str| of[key].as_array().cloned().unwrap_or_default();
    let groups = list(&as_json(batch), groups);
    let scopes = groups.iter().flat_map(|group| list(group, scopes));
    scopes.flat_map(|scope| list(&scope, items)).collect()
}

/// What becomes of a span with these attributes: its name and its attributes.
fn edited(processors: &[Processor], name: &str, attributes: &Json) -> (String, Json) {
    let batch = spans(&[json!({"name": name, "attributes": attributes})]);
    let edited = editor(processors).edit(&batch);
    let span = items(&edited.batch.expect("a batch")).remove(0);
    (span["name"].as_str().unwrap_or_default().to_owned(), map(&span["attributes"]))
}
