//! `pretty`: one line for each record, for reading along.

use super::point::{Point, points};
use super::style::Style;
use super::value::{Bare, Hex, Pairs};
use crate::export::console::records::Records;
use crate::export::console::time::clock;
use crate::otlp::Decoded;
use crate::plain::Plain;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use std::io::{self, Write};

pub(in crate::export::console) fn write(
    request: &Decoded,
    style: Style,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    match request {
        Decoded::Traces(request) => {
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            for item in scopes.flat_map(|scope| &scope.spans) {
                records.add(|out| span(out, item, style))?;
            }
        }
        Decoded::Metrics(request) => {
            let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
            for metric in scopes.flat_map(|scope| &scope.metrics) {
                for item in points(metric, false) {
                    records.add(|out| point(out, metric, &item, style))?;
                }
            }
        }
        Decoded::Logs(request) => {
            let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
            for item in scopes.flat_map(|scope| &scope.log_records) {
                records.add(|out| log(out, item, style))?;
            }
        }
    }
    Ok(())
}

/// Time of day and what the line is about, as all lines begin.
fn begin(out: &mut Vec<u8>, unix_nanos: u64, tag: &str, painted: Painted, style: Style) -> io::Result<()> {
    write!(out, "{} {} ", style.dim(clock(unix_nanos)), painted(style, format!("{tag:<6}")))
}

type Painted = fn(Style, String) -> String;

fn span(out: &mut Vec<u8>, span: &Span, style: Style) -> io::Result<()> {
    let failed = span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
    let painted: Painted = if failed { Style::red } else { Style::cyan };
    begin(out, span.start_time_unix_nano, "SPAN", painted, style)?;
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    write!(out, "{:>9} {} {}", duration(nanos), kind(span.kind()), style.bold(Plain(&span.name)))?;
    if let Some(status) = span.status.as_ref().filter(|_| failed) {
        write!(out, " {}", style.red(format!("ERROR {}", Plain(&status.message)).trim_end()))?;
    }
    for event in span.events.iter().filter(|event| event.name == "exception") {
        let part = |key| Bare(find(&event.attributes, key));
        let what = format!("{}: {}", part("exception.type"), part("exception.message"));
        write!(out, " {}", style.red(what))?;
    }
    attributes(out, &span.attributes, style)?;
    end(out, &span.trace_id, &span.span_id, style)
}

fn log(out: &mut Vec<u8>, log: &LogRecord, style: Style) -> io::Result<()> {
    let (name, painted): (_, Painted) = match log.severity_number {
        1..=4 => ("TRACE", Style::dim),
        5..=8 => ("DEBUG", Style::dim),
        9..=12 => ("INFO", Style::green),
        13..=16 => ("WARN", Style::yellow),
        17..=20 => ("ERROR", Style::red),
        21..=24 => ("FATAL", Style::red),
        _ => ("LOG", Style::dim),
    };
    let time = if log.time_unix_nano == 0 { log.observed_time_unix_nano } else { log.time_unix_nano };
    begin(out, time, name, painted, style)?;
    if !log.event_name.is_empty() {
        write!(out, "{} ", style.bold(Plain(&log.event_name)))?;
    }
    write!(out, "{}", Bare(log.body.as_ref()))?;
    attributes(out, &log.attributes, style)?;
    end(out, &log.trace_id, &log.span_id, style)
}

fn point(out: &mut Vec<u8>, metric: &Metric, point: &Point<'_>, style: Style) -> io::Result<()> {
    begin(out, point.time_unix_nano, "METRIC", Style::magenta, style)?;
    write!(out, "{} {}", style.bold(Plain(&metric.name)), point.value)?;
    if !metric.unit.is_empty() {
        write!(out, " {}", Plain(&metric.unit))?;
    }
    attributes(out, point.attributes, style)?;
    writeln!(out)
}

fn attributes(out: &mut Vec<u8>, attributes: &[KeyValue], style: Style) -> io::Result<()> {
    if attributes.is_empty() { Ok(()) } else { write!(out, " {}", style.dim(Pairs(attributes, " "))) }
}

fn end(out: &mut Vec<u8>, trace_id: &[u8], span_id: &[u8], style: Style) -> io::Result<()> {
    if trace_id.iter().any(|byte| *byte != 0) {
        let context = format!("trace={} span={}", Hex(trace_id), Hex(span_id));
        write!(out, " {}", style.dim(context))?;
    }
    writeln!(out)
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    attributes.iter().find(|pair| pair.key == key)?.value.as_ref()
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

/// Four digits at most, in the unit that suits.
fn duration(nanos: u64) -> String {
    let value = nanos as f64;
    match nanos {
        0..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{:.1}µs", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1}ms", value / 1e6),
        _ => format!("{:.2}s", value / 1e9),
    }
}
