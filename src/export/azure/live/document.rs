//! Items that are shown one by one (`DocumentIngress`): the newest of each second, failures before
//! everything else.

use super::item::{Field, Item, Kind};
use crate::export::azure::json;
use std::collections::VecDeque;
use std::io::Write;

/// Most documents in a second.
pub(super) const MOST: usize = 20;
/// Most properties of a document.
const PROPERTIES: usize = 10;
/// Longest texts, in UTF-16 units (schema of Live Metrics; the last is our own).
const SHORT: usize = 1024;
const EVENT: usize = 512;
const URL: usize = 2048;
const MESSAGE: usize = 32_768;
const VALUE: usize = 1024;
const KEY: usize = 150;

/// The documents of one second, as JSON.
#[derive(Debug, Default)]
pub(super) struct Documents {
    failures: Newest,
    others: Newest,
}

impl Documents {
    /// Keeps an item for the streams with these ids.
    pub(super) fn add<'s>(&mut self, item: &Item<'_>, streams: impl Iterator<Item = &'s str>) {
        let newest = if item.is_failure() { &mut self.failures } else { &mut self.others };
        write(newest.next(), item, streams);
    }

    /// All that are kept: failures first, each kind in its order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let room = MOST - self.failures.0.len().min(MOST);
        let others = self.others.0.iter().skip(self.others.0.len().saturating_sub(room));
        self.failures.0.iter().chain(others).map(Vec::as_slice)
    }
}

/// The newest documents of one sort. Memory of older ones is used again.
#[derive(Debug, Default)]
struct Newest(VecDeque<Vec<u8>>);

impl Newest {
    /// An empty place for the next one.
    fn next(&mut self) -> &mut Vec<u8> {
        let mut place = if self.0.len() < MOST { Vec::new() } else { self.0.pop_front().unwrap_or_default() };
        place.clear();
        self.0.push_back(place);
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

fn write<'s>(out: &mut Vec<u8>, item: &Item<'_>, streams: impl Iterator<Item = &'s str>) {
    out.extend_from_slice(b"{\"DocumentType\":\"");
    out.extend_from_slice(item.kind.document_type().as_bytes());
    out.extend_from_slice(b"\",\"DocumentStreamIds\":[");
    list(out, streams, json::text);
    out.push(b']');
    let mut text = |name: &str, field: Field, limit: usize| {
        if let Some(text) = (item.text)(field).filter(|text| field != Field::Url || text.contains("://")) {
            member(out, name);
            json::text_cut(out, &text, limit);
        }
    };
    match item.kind {
        Kind::Request => {
            text("Name", Field::Name, SHORT);
            text("Url", Field::Url, URL);
            text("ResponseCode", Field::Code, SHORT);
        }
        Kind::Dependency => {
            text("Name", Field::Name, SHORT);
            text("CommandName", Field::Data, URL);
            text("ResultCode", Field::Code, SHORT);
        }
        Kind::Exception => {
            text("ExceptionType", Field::ExceptionType, SHORT);
            text("ExceptionMessage", Field::Message, MESSAGE);
        }
        Kind::Trace => text("Message", Field::Message, MESSAGE),
        Kind::Event => text("Name", Field::Name, EVENT),
    }
    if item.kind.is_call() {
        member(out, "Duration");
        duration(out, item.duration);
    }
    out.extend_from_slice(b",\"Properties\":[");
    let properties = item.dimensions().filter(|(key, _)| !(item.told)(key)).take(PROPERTIES);
    list(out, properties, |out, (key, value)| {
        out.extend_from_slice(b"{\"key\":");
        json::text_cut(out, key, KEY);
        out.extend_from_slice(b",\"value\":");
        json::text_cut(out, &value, VALUE);
        out.push(b'}');
    });
    out.extend_from_slice(b"]}");
}

/// Begins another member of an object.
pub(super) fn member(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Writes elements with commas between them.
pub(super) fn list<T>(
    out: &mut Vec<u8>,
    elements: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (at, element) in elements.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, element);
    }
}

/// Writes nanoseconds as an ISO 8601 duration, cut to ticks of 100 ns: `"PT0.25S"`.
fn duration(out: &mut Vec<u8>, nanos: u64) {
    let (seconds, ticks) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / 100);
    let fraction = format!("{ticks:07}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    // Into memory it cannot fail.
    let _ = write!(out, "\"PT{seconds}{point}{fraction}S\"");
}
