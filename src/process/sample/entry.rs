//! An item of a batch, with what must be known to decide about it.

use super::item::{Item, Kind};
use super::rules::{Own, Rules};
use super::sampler::source;
use crate::otlp::view::{self, LogRecord, Span};
use crate::otlp::{Batch, Signal};

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) item: Item,
    /// Who sent it.
    pub(super) source: u64,
    /// Of a span its own, of a log record that of its span.
    pub(super) span_id: [u8; 8],
    pub(super) parent: [u8; 8],
    pub(super) own: Own,
    /// The first span of its trace in its process: all that it began is over.
    pub(super) is_root: bool,
    /// Its trace is one that nobody wants, unless a rule does.
    pub(super) unsampled: bool,
}

/// Why an item is kept or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Class {
    /// An override, of its own or of a span to which it belongs.
    Rule(u32),
    /// Its trace has an error, or was slow.
    Keep,
    /// Nothing in particular: the sampler decides.
    Rest,
}

impl Entry {
    /// The items of a batch, in their order.
    pub(super) fn all(rules: &Rules, batch: &Batch, unsampled: bool) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(usize::try_from(batch.items()).unwrap_or_default());
        for group in view::groups(batch.bytes()) {
            // Of any signal, since those of a trace belong together.
            let source = source(Signal::Traces, group.resource_bytes());
            for scope in group.scopes() {
                let origin = rules.origin(&group, &scope);
                for item in scope.items() {
                    let entry = match batch.signal() {
                        Signal::Logs => LogRecord::read(item).map(|record| Entry {
                            own: rules.log(&record, &origin),
                            ..Entry::of_log(&record)
                        }),
                        _ => rules.read(item).map(|span| Entry {
                            own: rules.span(&span, &origin),
                            unsampled,
                            ..Entry::of_span(&span)
                        }),
                    };
                    let entry = entry.unwrap_or_else(|_| Entry::of_span(&Span::default()));
                    entries.push(Entry { source, ..entry });
                }
            }
        }
        entries
    }

    fn of_span(span: &Span<'_>) -> Entry {
        Entry {
            item: Item::of_span(span),
            source: 0,
            span_id: id(span.span_id),
            parent: id(span.parent_span_id),
            own: Own::default(),
            is_root: span.is_local_root(),
            unsampled: false,
        }
    }

    fn of_log(record: &LogRecord<'_>) -> Entry {
        Entry {
            item: Item::of_log(record),
            source: 0,
            span_id: id(record.span_id),
            parent: [0; 8],
            own: Own::default(),
            is_root: false,
            unsampled: false,
        }
    }

    pub(super) fn is_log(&self) -> bool {
        matches!(self.item.kind, Kind::Log { .. })
    }

    /// The class of an item to which nothing else belongs.
    pub(super) fn alone(&self) -> Class {
        Class::of(self.own.rule, self.own.keep)
    }
}

impl Class {
    /// What is said in particular comes first.
    pub(super) fn of(rule: Option<u32>, keep: bool) -> Class {
        match rule {
            Some(rule) => Class::Rule(rule),
            None if keep => Class::Keep,
            None => Class::Rest,
        }
    }
}

fn id(bytes: &[u8]) -> [u8; 8] {
    bytes.try_into().unwrap_or_default()
}
