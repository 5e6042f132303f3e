//! Metrics of requests, from the spans of shims as they are told: after processors, so that what these rename or take out is
//! so in metrics, too.

use super::slot::{Read, Slot};
use super::span::{CLIENT, SERVER, Span};
use super::{Completion, OWN};
use crate::otlp::view::groups;
use crate::otlp::wire::WireError;
use crate::otlp::{Batch, Signal};
use crate::process::requests::{Metric, Recorder, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Attributes of the metrics.
const SERVER_DIMENSIONS: &[Slot] = &[
    Slot::HttpRequestMethod,
    Slot::UrlScheme,
    Slot::ErrorType,
    Slot::HttpResponseStatusCode,
    Slot::HttpRoute,
    Slot::NetworkProtocolVersion,
];
const CLIENT_DIMENSIONS: &[Slot] = &[
    Slot::HttpRequestMethod,
    Slot::ServerAddress,
    Slot::ServerPort,
    Slot::ErrorType,
    Slot::HttpResponseStatusCode,
    Slot::NetworkProtocolVersion,
];
const DATABASE_DIMENSIONS: &[Slot] = &[
    Slot::DbSystemName,
    Slot::DbNamespace,
    Slot::DbCollectionName,
    Slot::DbOperationName,
    Slot::DbQuerySummary,
    Slot::DbStoredProcedureName,
    Slot::ServerAddress,
    Slot::ServerPort,
    Slot::ErrorType,
    Slot::DbResponseStatusCode,
];
const MOST_DIMENSIONS: usize = DATABASE_DIMENSIONS.len();

impl Completion {
    /// Counts the requests among the shims' spans of a batch that is complete.
    pub fn count(&self, batch: &Batch) {
        if batch.signal() != Signal::Traces || self.requests.is_none() {
            return;
        }
        // A mistake here must not cost the batch; what cannot be read is not counted.
        let _ = catch_unwind(AssertUnwindSafe(|| self.counted(batch)));
    }

    fn counted(&self, batch: &Batch) -> Result<(), WireError> {
        let Some(mut requests) = self.requests() else { return Ok(()) };
        let mut span = Span::new();
        for group in groups(batch.bytes()) {
            let mut recorder = None;
            for scope in group.scopes() {
                if !scope.scope()?.name.starts_with(OWN) {
                    continue;
                }
                if recorder.is_none() {
                    recorder = requests.of(group.resource_bytes());
                }
                let Some(recorder) = &mut recorder else { break };
                for message in scope.items() {
                    if span.read(message).is_ok() {
                        record(&span, recorder);
                    }
                }
            }
        }
        if !requests.is_empty() {
            self.begun.notify_one();
        }
        Ok(())
    }
}

fn record(span: &Span<'_>, recorder: &mut Recorder<'_>) {
    let known = &span.known;
    let is_http = known.text(Slot::HttpRequestMethod).is_some();
    let (metric, slots) = match span.kind {
        // A connection that stays open is no request whose duration means something.
        SERVER if is_http && matches!(known.text(Slot::UrlScheme), Some(b"ws" | b"wss")) => return,
        SERVER if is_http => (Metric::Server, SERVER_DIMENSIONS),
        CLIENT if is_http => (Metric::Client, CLIENT_DIMENSIONS),
        CLIENT if known.has(Slot::DbSystemName) => (Metric::Database, DATABASE_DIMENSIONS),
        _ => return,
    };
    let mut dimensions = [None; MOST_DIMENSIONS];
    for (dimension, slot) in dimensions.iter_mut().zip(slots) {
        let value = match known.get(*slot) {
            Some(Read::Text(text)) if !text.is_empty() => Some(Value::Text(text)),
            Some(Read::Int(number)) => Some(Value::Int(number)),
            _ => None,
        };
        *dimension = value.map(|value| (slot.name(), value));
    }
    recorder.record(metric, dimensions.get(..slots.len()).unwrap_or_default(), &span.timing);
}
