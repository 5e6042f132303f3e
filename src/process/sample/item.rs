//! What a sampler must know of a span or a log record.

use super::applied::Applied;
use crate::otlp::view::{LogRecord, Span};
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) trace_id: Option<[u8; 16]>,
    /// When it began or happened; nanoseconds since 1970.
    pub(super) time: u64,
    pub(super) applied: Applied,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `enters`: the first one in its process, of a trace from another one.
    Span { enters: bool },
    /// `draw`: a number from 0 to 100, for records without a trace.
    Log { draw: f64 },
}

impl Item {
    pub(super) fn of_span(span: &Span<'_>) -> Item {
        Item {
            trace_id: id(span.trace_id),
            time: span.start,
            applied: Applied::of(&span.attributes, &span.trace_state),
            kind: Kind::Span { enters: !span.is_root() && span.is_local_root() },
        }
    }

    pub(super) fn of_log(record: &LogRecord<'_>) -> Item {
        let trace_id = id(record.trace_id);
        Item {
            trace_id,
            time: if record.time > 0 { record.time } else { record.observed },
            applied: Applied::of(&record.attributes, ""),
            kind: Kind::Log { draw: if trace_id.is_none() { draw(record) } else { 0.0 } },
        }
    }
}

/// A trace id as it must be: 16 bytes that are not all zero.
fn id(bytes: &[u8]) -> Option<[u8; 16]> {
    bytes.try_into().ok().filter(|id| *id != [0; 16])
}

/// Always the same for the same record.
fn draw(record: &LogRecord<'_>) -> f64 {
    let mut hasher = DefaultHasher::new();
    (record.time, record.observed, record.severity, record.body.as_text()).hash(&mut hasher);
    hasher.finish() as f64 / 2f64.powi(64) * 100.0
}
