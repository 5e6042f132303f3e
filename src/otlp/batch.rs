//! The unit that flows: one OTLP request of one signal.

use super::mend::mend;
use super::{Signal, wire};
use crate::notice;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use std::sync::{Arc, OnceLock};

/// The bytes are not an OTLP request of the signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OTLP {signal} request: {reason}")]
pub struct Malformed {
    pub signal: Signal,
    pub reason: String,
}

/// A request built into structs, for those who must look inside.
#[derive(Debug, PartialEq)]
pub enum Decoded {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// One OTLP request of one signal: its bytes as received, shared by all destinations,
/// and decoded at most once, when the first of them needs to look inside.
#[derive(Clone, Debug)]
pub struct Batch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    signal: Signal,
    items: u64,
    bytes: Bytes,
    decoded: OnceLock<Result<Decoded, Malformed>>,
}

impl Batch {
    /// Takes a protobuf-encoded request. Its structure is checked down to the items, so that
    /// what is malformed is refused here and not forwarded.
    pub fn from_protobuf(signal: Signal, bytes: Bytes) -> Result<Batch, Malformed> {
        let items =
            wire::count_items(signal, &bytes).map_err(|e| Malformed { signal, reason: e.to_string() })?;
        Ok(Batch(Arc::new(Inner { signal, items, bytes, decoded: OnceLock::new() })))
    }

    /// The same items, encoded anew by somebody who has not lost any.
    pub(crate) fn with_bytes(&self, bytes: Bytes) -> Batch {
        let Inner { signal, items, .. } = *self.0;
        Batch(Arc::new(Inner { signal, items, bytes, decoded: OnceLock::new() }))
    }

    pub fn signal(&self) -> Signal {
        self.0.signal
    }

    /// Number of spans, log records or metric data points.
    pub fn items(&self) -> u64 {
        self.0.items
    }

    /// The protobuf encoding. Two of the same signal, one after the other, are again one valid
    /// request, because protobuf merges repeated fields.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The request in structs. Fails when an item's inside is malformed, which
    /// [`Batch::from_protobuf`] does not look at.
    pub fn decoded(&self) -> Result<&Decoded, &Malformed> {
        self.0.decoded.get_or_init(|| decode(self.0.signal, &self.0.bytes)).as_ref()
    }
}

/// Strings that are not UTF-8 are mended, so that they do not cost the whole request.
fn decode(signal: Signal, bytes: &[u8]) -> Result<Decoded, Malformed> {
    build(signal, bytes).or_else(|error| match mend(signal, bytes) {
        Ok((mended, strings)) if strings > 0 => {
            let decoded = build(signal, &mended)?;
            notice::warn("utf8", &format!("{signal}: {strings} strings were not UTF-8 and were mended"));
            Ok(decoded)
        }
        _ => Err(error),
    })
}

fn build(signal: Signal, bytes: &[u8]) -> Result<Decoded, Malformed> {
    match signal {
        Signal::Traces => Message::decode(bytes).map(Decoded::Traces),
        Signal::Metrics => Message::decode(bytes).map(Decoded::Metrics),
        Signal::Logs => Message::decode(bytes).map(Decoded::Logs),
    }
    .map_err(|e| Malformed { signal, reason: e.to_string() })
}
