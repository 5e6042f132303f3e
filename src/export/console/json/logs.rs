//! Log records.

use super::common::{Resource, identifier};
use super::python::time;
use super::record;
use crate::export::console::records::Records;
use crate::export::value::{Attributes, Value};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1 as otlp;
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(request: &ExportLogsServiceRequest, records: &mut Records<impl Write>) -> io::Result<()> {
    for resource in &request.resource_logs {
        for scope in &resource.scope_logs {
            for log in &scope.log_records {
                let resource = Resource::new(resource.resource.as_ref(), &resource.schema_url);
                record(&LogRecord::new(log, resource), records)?;
            }
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct LogRecord<'a> {
    body: Value<'a>,
    severity_number: Option<i32>,
    severity_text: Option<&'a str>,
    attributes: Option<Attributes<'a>>,
    dropped_attributes: u32,
    timestamp: Option<String>,
    observed_timestamp: Option<String>,
    trace_id: String,
    span_id: String,
    trace_flags: u32,
    resource: Resource<'a>,
    event_name: &'a str,
}

impl<'a> LogRecord<'a> {
    fn new(log: &'a otlp::LogRecord, resource: Resource<'a>) -> Self {
        LogRecord {
            body: Value(log.body.as_ref()),
            severity_number: (log.severity_number != 0).then_some(log.severity_number),
            severity_text: (!log.severity_text.is_empty()).then_some(&log.severity_text),
            attributes: Attributes::or_null(&log.attributes),
            dropped_attributes: log.dropped_attributes_count,
            timestamp: time(log.time_unix_nano),
            observed_timestamp: time(log.observed_time_unix_nano),
            trace_id: identifier(&log.trace_id, 16),
            span_id: identifier(&log.span_id, 8),
            trace_flags: log.flags,
            resource,
            event_name: &log.event_name,
        }
    }
}
