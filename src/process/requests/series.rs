//! The series of one metric: a histogram for each set of attributes.

use super::MOST;
use super::histogram::Histogram;
use crate::otlp::write::{put_bytes, put_int_attribute, put_message, put_number, put_text_attribute};
use crate::settings::{Aggregation, RequestMetrics};
use std::collections::HashMap;

/// Longest text of an attribute, in bytes.
const LONGEST: usize = 255;
/// The attribute of those for which there is no room (metrics SDK specification, "Overflow attribute").
const OVERFLOW: &str = "otel.metric.overflow";

/// Where attributes stand in a `HistogramDataPoint`, and in an `ExponentialHistogramDataPoint`.
fn field(settings: RequestMetrics) -> u32 {
    match settings.aggregation {
        Aggregation::ExplicitBucket => 9,
        Aggregation::Base2Exponential => 1,
    }
}

/// Value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Text(&'a [u8]),
    Int(i64),
}

#[derive(Debug, Default)]
pub(super) struct Series(HashMap<Box<[u8]>, One>);

#[derive(Debug)]
pub(super) struct One {
    /// As fields of the data point.
    pub(super) attributes: Box<[u8]>,
    pub(super) histogram: Histogram,
    /// When it began (nanoseconds since 1970).
    pub(super) start: u64,
    /// Something was counted since the last report.
    pub(super) news: bool,
    /// Reports since something was counted.
    silent: u32,
}

impl Series {
    /// Counts in the histogram of these attributes. `key`: room for what is looked for. `room`: there may
    /// be one more series.
    pub(super) fn record(
        &mut self,
        key: &mut Vec<u8>,
        attributes: &[Option<(&'static str, Value<'_>)>],
        room: bool,
        now: u64,
        settings: RequestMetrics,
        count: impl FnOnce(&mut Histogram),
    ) {
        write_key(attributes, key);
        let one = match self.0.get_mut(key.as_slice()) {
            Some(one) => one,
            None => self.begin(key, attributes, room, now, settings),
        };
        count(&mut one.histogram);
        (one.news, one.silent) = (true, 0);
    }

    #[cold]
    fn begin(
        &mut self,
        key: &mut Vec<u8>,
        attributes: &[Option<(&'static str, Value<'_>)>],
        room: bool,
        now: u64,
        settings: RequestMetrics,
    ) -> &mut One {
        // One place is left for those that find none.
        let room = room && self.0.len() + 1 < MOST;
        if !room {
            key.clear();
        }
        let begun = self.0.entry(key.as_slice().into());
        begun.or_insert_with(|| One {
            attributes: if room { written(attributes, field(settings)) } else { overflow(field(settings)) },
            histogram: Histogram::new(settings.aggregation),
            start: now,
            news: false,
            silent: 0,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &One> {
        self.0.values()
    }

    /// A report was made. What is not kept begins anew.
    pub(super) fn age(&mut self, keeps: bool, over: u32) {
        if !keeps {
            return self.0.clear();
        }
        self.0.retain(|_, one| {
            one.silent += 1;
            one.news = false;
            one.histogram.exemplars.clear();
            one.silent <= over
        });
    }
}

/// Writes what tells attributes from others. No set of attributes has an empty key.
fn write_key(attributes: &[Option<(&'static str, Value<'_>)>], key: &mut Vec<u8>) {
    key.clear();
    for attribute in attributes {
        match attribute {
            None => key.push(0),
            Some((_, Value::Text(text))) => {
                let text = cut(text);
                key.extend_from_slice(&[1, text.len() as u8]);
                key.extend_from_slice(text);
            }
            Some((_, Value::Int(number))) => {
                key.push(2);
                key.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

fn written(attributes: &[Option<(&'static str, Value<'_>)>], field: u32) -> Box<[u8]> {
    let mut out = Vec::with_capacity(256);
    for (key, value) in attributes.iter().flatten() {
        match value {
            Value::Text(text) => {
                let text = String::from_utf8_lossy(cut(text));
                put_text_attribute(&mut out, field, key, text.as_bytes());
            }
            Value::Int(number) => put_int_attribute(&mut out, field, key, *number),
        }
    }
    out.into()
}

fn overflow(field: u32) -> Box<[u8]> {
    let mut out = Vec::new();
    put_message(&mut out, field, |out| {
        put_bytes(out, 1, OVERFLOW.as_bytes());
        put_message(out, 2, |out| put_number(out, 2, 1));
    });
    out.into()
}

/// At most [`LONGEST`] bytes, and no half characters.
fn cut(text: &[u8]) -> &[u8] {
    if text.len() <= LONGEST {
        return text;
    }
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (LONGEST - 3..=LONGEST).rev().find(is_boundary).unwrap_or(LONGEST);
    text.get(..end).unwrap_or_default()
}
