//! Calls of databases (semantic conventions, "Database client spans" and their metrics).

use super::slot::{Read, Slot};
use super::span::{Edit, Span};
use super::sql::Statement;
use crate::process::requests::{Metric, Recorder, Value};

const BATCH: &[u8] = b"BATCH ";

pub(super) fn call(
    span: &Span<'_>,
    statement: &mut Statement,
    edit: &mut Edit,
    recorder: Option<&mut Recorder<'_>>,
) {
    let known = &span.known;
    let system = known.text(Slot::DbSystemName).unwrap_or_default();
    let many = known.get(Slot::DbMany) == Some(Read::Bool(true));
    if many {
        statement.put_before(BATCH);
    }
    // What the driver says is better known than what was read.
    let mut told = |slot, read: &[u8]| {
        if !known.has(slot) && !read.is_empty() {
            edit.put(slot, read);
        }
    };
    told(Slot::DbQuerySummary, &statement.summary);
    told(Slot::DbOperationName, &statement.operation);
    told(Slot::DbCollectionName, &statement.collection);
    told(Slot::DbStoredProcedureName, &statement.procedure);
    let of = |slot, read| known.text(slot).or(Some(read)).filter(|text: &&[u8]| !text.is_empty());
    let summary = of(Slot::DbQuerySummary, &statement.summary);
    let operation = of(Slot::DbOperationName, &statement.operation);
    let collection = of(Slot::DbCollectionName, &statement.collection);
    let procedure = of(Slot::DbStoredProcedureName, &statement.procedure);

    let namespace = known.text(Slot::DbNamespace);
    let address = known.text(Slot::ServerAddress);
    let name: &[Option<&[u8]>] = match (summary, operation) {
        (Some(summary), _) => &[Some(summary)],
        (None, Some(operation)) => &[Some(operation), collection.or(procedure).or(namespace).or(address)],
        (None, None) => &[collection.or(procedure).or(Some(system))],
    };
    for part in name.iter().flatten() {
        if !edit.name.is_empty() {
            edit.name.push(b' ');
        }
        edit.name.extend_from_slice(part);
    }

    let error = known.text(Slot::ErrorType);
    edit.failed = error.is_some();
    if let Some(recorder) = recorder {
        let text = |key, value: Option<_>| value.map(|value| (key, Value::Text(value)));
        let code = match known.get(Slot::DbResponseStatusCode) {
            Some(Read::Int(code)) => Some(("db.response.status_code", Value::Int(code))),
            _ => text("db.response.status_code", known.text(Slot::DbResponseStatusCode)),
        };
        let dimensions = [
            text("db.system.name", Some(system)),
            text("db.namespace", namespace),
            text("db.collection.name", collection),
            text("db.operation.name", operation),
            text("db.query.summary", summary),
            text("db.stored_procedure.name", procedure),
            text("server.address", address),
            known.int(Slot::ServerPort).map(|port| ("server.port", Value::Int(port))),
            text("error.type", error),
            code,
        ];
        recorder.record(Metric::Database, &dimensions, &span.timing);
    }
}
