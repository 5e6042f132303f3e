//! `normal`: a line for each resource and scope, and a line for each record below them.

use super::point::points;
use super::value::{Bare, Hex, Pairs};
use crate::export::console::records::Records;
use crate::otlp::Decoded;
use crate::plain::Plain;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::io::{self, Write};

pub(in crate::export::console) fn write(
    request: &Decoded,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    match request {
        Decoded::Traces(request) => {
            for (i, group) in request.resource_spans.iter().enumerate() {
                records.add(|out| resource(out, "Traces", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_spans.iter().enumerate() {
                    records.add(|out| scope(out, "Traces", j, group.scope.as_ref(), &group.schema_url))?;
                    for span in &group.spans {
                        let (trace, id) = (Hex(&span.trace_id), Hex(&span.span_id));
                        records.add(|out| {
                            write!(out, "{} {trace} {id}", Plain(&span.name))?;
                            pairs(out, &span.attributes)
                        })?;
                    }
                }
            }
        }
        Decoded::Metrics(request) => {
            for (i, group) in request.resource_metrics.iter().enumerate() {
                records.add(|out| resource(out, "Metrics", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_metrics.iter().enumerate() {
                    records.add(|out| scope(out, "Metrics", j, group.scope.as_ref(), &group.schema_url))?;
                    for metric in &group.metrics {
                        for point in points(metric, true) {
                            let (name, pairs) = (Plain(&metric.name), Pairs(point.attributes, ","));
                            records.add(|out| writeln!(out, "{name}{{{pairs}}} {}", point.value))?;
                        }
                    }
                }
            }
        }
        Decoded::Logs(request) => {
            for (i, group) in request.resource_logs.iter().enumerate() {
                records.add(|out| resource(out, "Logs", i, group.resource.as_ref(), &group.schema_url))?;
                for (j, group) in group.scope_logs.iter().enumerate() {
                    records.add(|out| scope(out, "Logs", j, group.scope.as_ref(), &group.schema_url))?;
                    for log in &group.log_records {
                        records.add(|out| {
                            write!(out, "{}", Bare(log.body.as_ref()))?;
                            pairs(out, &log.attributes)
                        })?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn resource(
    out: &mut Vec<u8>,
    signal: &str,
    index: usize,
    resource: Option<&Resource>,
    schema_url: &str,
) -> io::Result<()> {
    write!(out, "Resource{signal} #{index}")?;
    schema(out, schema_url)?;
    pairs(out, resource.map_or(&[], |resource| &resource.attributes))
}

fn scope(
    out: &mut Vec<u8>,
    signal: &str,
    index: usize,
    scope: Option<&InstrumentationScope>,
    schema_url: &str,
) -> io::Result<()> {
    write!(out, "Scope{signal} #{index}")?;
    if let Some(scope) = scope {
        if !scope.name.is_empty() || !scope.version.is_empty() {
            write!(out, " {}", Plain(&scope.name))?;
        }
        if !scope.version.is_empty() {
            write!(out, "@{}", Plain(&scope.version))?;
        }
    }
    schema(out, schema_url)?;
    pairs(out, scope.map_or(&[], |scope| &scope.attributes))
}

fn schema(out: &mut Vec<u8>, url: &str) -> io::Result<()> {
    if url.is_empty() { Ok(()) } else { write!(out, " [{}]", Plain(url)) }
}

/// Attributes and the end of the line.
fn pairs(out: &mut Vec<u8>, attributes: &[KeyValue]) -> io::Result<()> {
    let before = if attributes.is_empty() { "" } else { " " };
    writeln!(out, "{before}{}", Pairs(attributes, " "))
}
