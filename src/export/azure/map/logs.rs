//! Log records: messages.

use super::{Around, Sink};
use crate::export::azure::envelope::Type;
use crate::otlp::view::LogRecord;
use crate::otlp::wire::WireError;

pub(super) fn write(
    around: &Around<'_>,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let record = LogRecord::read(item)?;
    let time = if record.time > 0 { record.time } else { record.observed };
    let mut envelope = around.begin(line, Type::Message, time, 100.0);
    envelope.tag_hex("ai.operation.id", record.trace_id);
    envelope.tag_hex("ai.operation.parentId", record.span_id);
    envelope.data();
    envelope.text("message", record.body.as_text().unwrap_or("n/a"), 32768);
    if !around.scope.name.is_empty() {
        envelope.object("properties");
        envelope.property("LoggerName", &around.scope.name);
        envelope.end_object();
    }
    envelope.end();
    sink.envelope(line, 1);
    Ok(())
}
