//! Statements of databases without what they are about.

use super::REDACTED;
use crate::process::commands;
use crate::process::sql::{Dialect, Statement};

/// Systems whose statements are neither SQL nor commands: nobody here knows what is a literal in them.
const STRANGE: [&[u8]; 9] = [
    b"aws.dynamodb",
    b"couchbase",
    b"couchdb",
    b"dynamodb",
    b"elasticsearch",
    b"influxdb",
    b"memcached",
    b"mongodb",
    b"opensearch",
];

/// `None`: it stays.
pub(super) fn redacted(system: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let made = if STRANGE.contains(&system) {
        REDACTED.to_vec()
    } else if commands::are_of(system) {
        let mut made = Vec::new();
        commands::hide(text, &mut made);
        made
    } else {
        let mut statement = Statement::default();
        statement.read(text, Dialect::of(system));
        statement.text
    };
    (made != text).then_some(made)
}
