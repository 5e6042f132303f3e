//! Batches for tests.

use crate::otlp::{Batch, Signal};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

/// So many spans without anything in them.
pub(super) fn spans(count: usize) -> Batch {
    named(count, "")
}

/// The same with a name.
pub(super) fn named(count: usize, name: &str) -> Batch {
    let spans = vec![Span { name: name.to_owned(), ..Span::default() }; count];
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    let bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    Batch::from_protobuf(Signal::Traces, bytes.into()).expect("well-formed")
}
