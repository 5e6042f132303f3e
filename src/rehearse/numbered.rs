//! Items that can be found again behind rules: each carries its number in a field that OTLP does not know, and that
//! is handed on as every unknown field is.

use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{LENGTH, begin, end, put_bytes, put_key, put_number};
use crate::otlp::{Batch, Malformed, Signal, json, view};

/// The last field number that there can be.
const NUMBER: u32 = (1 << 29) - 1;

/// Groups, scopes and items of a request: the fields in which they are, from outside.
const FIELDS: [u32; 3] = [1, 2, 2];

/// The same request with a number in each item, from `next` on: spans, log records, metrics.
pub(super) fn number(batch: &Batch, next: &mut u64) -> Result<Batch, Malformed> {
    let signal = batch.signal();
    let mut out = Vec::with_capacity(batch.bytes().len() + 16);
    let written = level(batch.bytes(), &FIELDS, next, &mut out);
    written.map_err(|e| Malformed { signal, reason: e.to_string() })?;
    Batch::from_protobuf(signal, out.into())
}

fn level(message: &[u8], path: &[u32], next: &mut u64, out: &mut Vec<u8>) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some((number, value, whole)) = fields.next_whole()? {
        let (Some((first, rest)), Value::Bytes(inner)) = (path.split_first(), value) else {
            out.extend_from_slice(whole);
            continue;
        };
        if number != *first {
            out.extend_from_slice(whole);
            continue;
        }
        put_key(out, number, LENGTH);
        let start = begin(out);
        if rest.is_empty() {
            out.extend_from_slice(inner);
            put_number(out, NUMBER, *next);
            *next += 1;
        } else {
            level(inner, rest, next, out)?;
        }
        end(out, start);
    }
    Ok(())
}

/// One item by itself, with what it comes from.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) number: u64,
    /// A request that holds nothing else, as OTLP in JSON.
    pub(super) request: serde_json::Value,
}

/// The items of a numbered request; what is malformed is left out.
pub(super) fn items(batch: &Batch) -> Vec<Numbered> {
    let mut items = Vec::new();
    for group in view::groups(batch.bytes()) {
        for scope in group.scopes() {
            for item in scope.items() {
                let Ok(Some(number)) = number_of(item) else { continue };
                let request = alone(group.resource_bytes(), scope.scope_bytes(), item);
                items.extend(json(batch.signal(), &request).map(|request| Numbered { number, request }));
            }
        }
    }
    items
}

fn number_of(item: &[u8]) -> Result<Option<u64>, WireError> {
    let mut fields = Fields::new(item);
    let mut found = None;
    while let Some((number, value)) = fields.next_field()? {
        if let (NUMBER, Value::Varint(n)) = (number, value) {
            found = Some(n);
        }
    }
    Ok(found)
}

fn alone(resource: &[u8], scope: &[u8], item: &[u8]) -> Vec<u8> {
    let (mut scopes, mut group, mut request) = (Vec::new(), Vec::new(), Vec::new());
    put_bytes(&mut scopes, 1, scope);
    put_bytes(&mut scopes, 2, item);
    put_bytes(&mut group, 1, resource);
    put_bytes(&mut group, 2, &scopes);
    put_bytes(&mut request, 1, &group);
    request
}

fn json(signal: Signal, request: &[u8]) -> Option<serde_json::Value> {
    let mut text = Vec::new();
    json::encode(signal, request, &mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The request without numbers, as OTLP in JSON on one line.
pub(super) fn line(batch: &Batch) -> Option<String> {
    Some(json(batch.signal(), batch.bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_their_numbers() {
        let text = r#"{"resourceLogs":[
            {"resource":{"attributes":[{"key":"a","value":{"intValue":"1"}}]},
             "scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"severityNumber":9},{"severityNumber":10}]}]},
            {"scopeLogs":[{"logRecords":[{"severityNumber":11}]}]}]}"#;
        let bytes = json::decode(Signal::Logs, text.as_bytes()).expect("OTLP");
        let batch = Batch::from_protobuf(Signal::Logs, bytes).expect("well-formed");
        let mut next = 5;
        let numbered = number(&batch, &mut next).expect("numbered");
        assert_eq!((next, numbered.items()), (8, 3));
        let items = items(&numbered);
        let found: Vec<_> = items
            .iter()
            .map(|item| {
                let record = &item.request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
                (item.number, record["severityNumber"].as_u64())
            })
            .collect();
        assert_eq!(found, [(5, Some(9)), (6, Some(10)), (7, Some(11))]);
        assert_eq!(items[0].request["resourceLogs"][0]["scopeLogs"][0]["scope"]["name"], "s");
        // The number is in no JSON.
        assert_eq!(line(&numbered), line(&batch));
    }
}
