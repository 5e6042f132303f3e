//! Spans: requests and dependencies.

use super::{Around, Sink};
use crate::export::azure::envelope::Type;
use crate::otlp::view::{Span, SpanKind, Status};
use crate::otlp::wire::WireError;

pub(super) fn write(
    around: &Around<'_>,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let span = Span::read(item)?;
    let kind = match span.kind {
        SpanKind::Server | SpanKind::Consumer => Type::Request,
        SpanKind::Client | SpanKind::Producer | SpanKind::Internal => Type::Dependency,
    };
    let mut envelope = around.begin(line, kind, span.start, 100.0);
    envelope.tag_hex("ai.operation.id", span.trace_id);
    envelope.tag_hex("ai.operation.parentId", span.parent_span_id);
    envelope.data();
    envelope.text("name", &span.name, 1024);
    envelope.hex("id", span.span_id);
    envelope.duration("duration", span.duration());
    envelope.boolean("success", span.status != Status::Error);
    envelope.text(if kind == Type::Request { "responseCode" } else { "resultCode" }, "0", 1024);
    envelope.end();
    sink.envelope(line, 1);
    Ok(())
}
