//! What must not be told, of every span of ours, whatever else it is: credentials in URLs, literals in
//! statements. What cannot be read as what it should be is left out.

use super::slot::{Read, Slot};
use super::span::{Edit, Span};
use super::url;
use crate::process::commands;
use crate::process::sql::{Dialect, Statement};
use std::borrow::Cow;

/// Databases whose statements are neither SQL nor commands: nobody here knows what is a literal in them.
const STRANGE: [&[u8]; 8] = [
    b"aws.dynamodb",
    b"couchdb",
    b"elasticsearch",
    b"hbase",
    b"influxdb",
    b"memcached",
    b"mongodb",
    b"opensearch",
];

/// Hides what must not be told, and reads the statement on the way.
pub(super) fn hide(span: &mut Span<'_>, statement: &mut Statement, edit: &mut Edit) {
    statement.clear();
    let known = &mut span.known;
    let redact =
        [(Slot::UrlFull, url::redact as fn(&[u8]) -> Cow<'_, [u8]>), (Slot::UrlQuery, url::redact_query)];
    for (slot, redact) in redact {
        match known.get(slot) {
            Some(Read::Text(text)) => {
                if let Cow::Owned(redacted) = redact(text) {
                    edit.put(slot, &redacted);
                }
            }
            Some(_) => edit.leave_out(slot),
            None => {}
        }
    }
    let system = known.text(Slot::DbSystemName).unwrap_or_default();
    let speaks_commands = commands::are_of(system);
    match known.get(Slot::DbQueryText) {
        Some(Read::Text(text)) if speaks_commands => {
            commands::hide(text, &mut statement.text);
            edit.put(Slot::DbQueryText, &statement.text);
        }
        Some(Read::Text(text)) if !STRANGE.contains(&system) => {
            statement.read(text, Dialect::of(system));
            edit.put(Slot::DbQueryText, &statement.text);
        }
        Some(_) => edit.leave_out(Slot::DbQueryText),
        None => {}
    }
    // Clients take whole commands in the place of their names.
    if speaks_commands && let Some(operation) = known.text(Slot::DbOperationName) {
        let name = commands::name(operation);
        if name.len() < operation.len() {
            edit.put(Slot::DbOperationName, name);
            known.set(Slot::DbOperationName, name);
        }
    }
}
