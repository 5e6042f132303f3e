//! `detailed`: a block for each record, with everything that is known of it.

mod metrics;

use super::value::{Hex, Typed};
use crate::export::console::records::Records;
use crate::export::console::time::stamp;
use crate::otlp::Decoded;
use crate::plain::Plain;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::fmt::Display;
use std::io::{self, Write};

pub(in crate::export::console) fn write(
    request: &Decoded,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    match request {
        Decoded::Traces(request) => {
            for (i, group) in request.resource_spans.iter().enumerate() {
                records.add(|out| resource(out, "Spans", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_spans.iter().enumerate() {
                    records.add(|out| scope(out, "Spans", j, group.scope.as_ref(), &group.schema_url))?;
                    for (k, item) in group.spans.iter().enumerate() {
                        records.add(|out| span(out, k, item))?;
                    }
                }
            }
        }
        Decoded::Metrics(request) => {
            for (i, group) in request.resource_metrics.iter().enumerate() {
                records.add(|out| resource(out, "Metrics", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_metrics.iter().enumerate() {
                    records.add(|out| scope(out, "Metrics", j, group.scope.as_ref(), &group.schema_url))?;
                    for (k, item) in group.metrics.iter().enumerate() {
                        records.add(|out| metrics::metric(out, k, item))?;
                    }
                }
            }
        }
        Decoded::Logs(request) => {
            for (i, group) in request.resource_logs.iter().enumerate() {
                records.add(|out| resource(out, "Logs", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_logs.iter().enumerate() {
                    records.add(|out| scope(out, "Logs", j, group.scope.as_ref(), &group.schema_url))?;
                    for (k, item) in group.log_records.iter().enumerate() {
                        records.add(|out| log(out, k, item))?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn resource(
    out: &mut Vec<u8>,
    items: &str,
    index: usize,
    resource: Option<&Resource>,
    schema_url: &str,
) -> io::Result<()> {
    writeln!(out, "Resource{items} #{index}")?;
    writeln!(out, "Resource SchemaURL: {}", Plain(schema_url))?;
    attributes(out, "Resource attributes", "", resource.map_or(&[], |resource| &resource.attributes))
}

fn scope(
    out: &mut Vec<u8>,
    items: &str,
    index: usize,
    scope: Option<&InstrumentationScope>,
    schema_url: &str,
) -> io::Result<()> {
    let (name, version) = scope.map_or(("", ""), |scope| (&scope.name, &scope.version));
    writeln!(out, "Scope{items} #{index}")?;
    writeln!(out, "Scope{items} SchemaURL: {}", Plain(schema_url))?;
    writeln!(out, "InstrumentationScope {} {}", Plain(name), Plain(version))?;
    let pairs = scope.map_or(&[][..], |scope| &scope.attributes);
    attributes(out, "InstrumentationScope attributes", "", pairs)
}

fn span(out: &mut Vec<u8>, index: usize, span: &Span) -> io::Result<()> {
    writeln!(out, "Span #{index}")?;
    label(out, "Trace ID", Hex(&span.trace_id))?;
    label(out, "Parent ID", Hex(&span.parent_span_id))?;
    label(out, "ID", Hex(&span.span_id))?;
    label(out, "Name", Plain(&span.name))?;
    label(out, "Kind", format!("{:?}", span.kind()))?;
    if !span.trace_state.is_empty() {
        label(out, "TraceState", Plain(&span.trace_state))?;
    }
    label(out, "Start time", stamp(span.start_time_unix_nano))?;
    label(out, "End time", stamp(span.end_time_unix_nano))?;
    let status = span.status.clone().unwrap_or_default();
    label(out, "Status code", format!("{:?}", status.code()))?;
    label(out, "Status message", Plain(&status.message))?;
    label(out, "DroppedAttributesCount", span.dropped_attributes_count)?;
    label(out, "DroppedEventsCount", span.dropped_events_count)?;
    label(out, "DroppedLinksCount", span.dropped_links_count)?;
    attributes(out, "Attributes", "", &span.attributes)?;
    if !span.events.is_empty() {
        writeln!(out, "Events:")?;
    }
    for (index, event) in span.events.iter().enumerate() {
        writeln!(out, "SpanEvent #{index}")?;
        entry(out, "Name", Plain(&event.name))?;
        entry(out, "Timestamp", stamp(event.time_unix_nano))?;
        entry(out, "DroppedAttributesCount", event.dropped_attributes_count)?;
        attributes(out, "     -> Attributes", "     ", &event.attributes)?;
    }
    if !span.links.is_empty() {
        writeln!(out, "Links:")?;
    }
    for (index, link) in span.links.iter().enumerate() {
        writeln!(out, "SpanLink #{index}")?;
        entry(out, "Trace ID", Hex(&link.trace_id))?;
        entry(out, "ID", Hex(&link.span_id))?;
        entry(out, "TraceState", Plain(&link.trace_state))?;
        entry(out, "DroppedAttributesCount", link.dropped_attributes_count)?;
        attributes(out, "     -> Attributes", "     ", &link.attributes)?;
    }
    Ok(())
}

fn log(out: &mut Vec<u8>, index: usize, log: &LogRecord) -> io::Result<()> {
    writeln!(out, "LogRecord #{index}")?;
    writeln!(out, "ObservedTimestamp: {}", stamp(log.observed_time_unix_nano))?;
    writeln!(out, "Timestamp: {}", stamp(log.time_unix_nano))?;
    writeln!(out, "SeverityText: {}", Plain(&log.severity_text))?;
    writeln!(out, "SeverityNumber: {:?}({})", log.severity_number(), log.severity_number)?;
    if !log.event_name.is_empty() {
        writeln!(out, "EventName: {}", Plain(&log.event_name))?;
    }
    writeln!(out, "Body: {}", Typed(log.body.as_ref()))?;
    attributes(out, "Attributes", "", &log.attributes)?;
    if log.dropped_attributes_count > 0 {
        writeln!(out, "DroppedAttributesCount: {}", log.dropped_attributes_count)?;
    }
    writeln!(out, "Trace ID: {}", Hex(&log.trace_id))?;
    writeln!(out, "Span ID: {}", Hex(&log.span_id))?;
    writeln!(out, "Flags: {}", log.flags)
}

/// A line of a span's block, its colon under those of the others.
fn label(out: &mut Vec<u8>, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(out, "    {name:<15}: {value}")
}

fn entry(out: &mut Vec<u8>, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(out, "     -> {name}: {value}")
}

/// A header and a line for each attribute; nothing when there are none.
fn attributes(out: &mut Vec<u8>, header: &str, indent: &str, attributes: &[KeyValue]) -> io::Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{header}:")?;
    for pair in attributes {
        writeln!(out, "{indent}     -> {}: {}", Plain(&pair.key), Typed(pair.value.as_ref()))?;
    }
    Ok(())
}
