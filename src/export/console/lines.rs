//! OTLP itself as text: one request a line, in the JSON mapping of protobuf (OpenTelemetry protocol,
//! "OpenTelemetry Protocol File Exporter"), for programs that read it again.

use super::records::Records;
use crate::otlp::{Batch, json};
use std::io::{self, Write};

/// Returns the number of items that could not be read.
pub(super) fn write(batch: &Batch, records: &mut Records<impl Write>) -> io::Result<u64> {
    let mut line = Vec::new();
    if json::encode(batch.signal(), batch.bytes(), &mut line).is_err() {
        return Ok(batch.items());
    }
    line.push(b'\n');
    records.add(|buffer| buffer.write_all(&line))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::Signal;

    #[test]
    fn one_request_a_line() {
        // A resource without anything, and with it a span named "a\nb".
        let request = b"\x0a\x09\x12\x07\x12\x05\x2a\x03a\nb";
        let batch = Batch::from_protobuf(Signal::Traces, request.as_slice().into()).expect("well-formed");
        let mut text = Vec::new();
        let mut records = Records::new(&mut text);
        for _ in 0..2 {
            assert_eq!(write(&batch, &mut records).expect("written"), 0);
        }
        records.finish().expect("written");
        let line = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"a\\nb\"}]}]}]}\n";
        assert_eq!(String::from_utf8(text).expect("UTF-8"), line.repeat(2));
    }
}
