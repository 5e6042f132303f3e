//! Calls of databases (semantic conventions, "Database client spans").

use super::slot::{Read, Slot};
use super::span::{Edit, Span};
use crate::process::sql::Statement;

const BATCH: &[u8] = b"BATCH ";

pub(super) fn call(span: &Span<'_>, statement: &mut Statement, edit: &mut Edit) {
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

    edit.failed = known.text(Slot::ErrorType).is_some();
}
