//! JSON as the console exporters of OpenTelemetry's Python SDK print it, which is what
//! `opentelemetry-instrument` shows: an object for each span and log record, and one for each
//! export of metrics, with the same keys in the same order and the same layout.
//!
//! What differs, because OTLP does not carry it or because it would not be JSON:
//! - numbers that are not finite print as `null`;
//! - links have an empty `trace_state` when the application's SDK does not send theirs;
//! - the sum, minimum and maximum of histograms are floating point numbers even when all
//!   that was recorded are integers;
//! - an exemplar without filtered attributes has `{}` there, never `null`.

mod common;
mod logs;
mod metrics;
mod python;
mod traces;

use super::records::Records;
use crate::otlp::Decoded;
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(request: &Decoded, records: &mut Records<impl Write>) -> io::Result<()> {
    match request {
        Decoded::Traces(request) => traces::write(request, records),
        Decoded::Metrics(request) => record(&metrics::Export::new(request), records),
        Decoded::Logs(request) => logs::write(request, records),
    }
}

fn record(value: &impl Serialize, records: &mut Records<impl Write>) -> io::Result<()> {
    records.add(|buffer| {
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut *buffer, python::Layout::new()))?;
        buffer.push(b'\n');
        Ok(())
    })
}
