//! Spans.

use super::common::{Resource, identifier};
use super::python::{time, trace_state};
use super::record;
use crate::export::console::records::Records;
use crate::export::value::Attributes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{self as otlp, span};
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(
    request: &ExportTraceServiceRequest,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    for resource in &request.resource_spans {
        for scope in &resource.scope_spans {
            for span in &scope.spans {
                let resource = Resource::new(resource.resource.as_ref(), &resource.schema_url);
                record(&Span::new(span, resource), records)?;
            }
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Span<'a> {
    name: &'a str,
    context: Context,
    kind: &'static str,
    parent_id: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    status: Status<'a>,
    attributes: Attributes<'a>,
    events: Vec<Event<'a>>,
    links: Vec<Link<'a>>,
    resource: Resource<'a>,
}

impl<'a> Span<'a> {
    fn new(span: &'a otlp::Span, resource: Resource<'a>) -> Self {
        let has_parent = span.parent_span_id.iter().any(|byte| *byte != 0);
        Span {
            name: &span.name,
            context: Context::new(&span.trace_id, &span.span_id, &span.trace_state),
            kind: kind(span.kind()),
            parent_id: has_parent.then(|| identifier(&span.parent_span_id, 8)),
            start_time: time(span.start_time_unix_nano),
            end_time: time(span.end_time_unix_nano),
            status: Status::new(span.status.as_ref()),
            attributes: Attributes(&span.attributes),
            events: span.events.iter().map(Event::new).collect(),
            links: span.links.iter().map(Link::new).collect(),
            resource,
        }
    }
}

#[derive(Serialize)]
struct Context {
    trace_id: String,
    span_id: String,
    trace_state: String,
}

impl Context {
    fn new(trace_id: &[u8], span_id: &[u8], state: &str) -> Self {
        Context {
            trace_id: identifier(trace_id, 16),
            span_id: identifier(span_id, 8),
            trace_state: trace_state(state),
        }
    }
}

/// A kind that is not specified or not known is internal (OTLP, `SpanKind`).
fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => "SpanKind.INTERNAL",
        SpanKind::Server => "SpanKind.SERVER",
        SpanKind::Client => "SpanKind.CLIENT",
        SpanKind::Producer => "SpanKind.PRODUCER",
        SpanKind::Consumer => "SpanKind.CONSUMER",
    }
}

#[derive(Serialize)]
struct Status<'a> {
    status_code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

impl<'a> Status<'a> {
    fn new(status: Option<&'a otlp::Status>) -> Self {
        let status_code = match status.map_or(StatusCode::Unset, otlp::Status::code) {
            StatusCode::Unset => "UNSET",
            StatusCode::Ok => "OK",
            StatusCode::Error => "ERROR",
        };
        Status { status_code, description: status.map_or("", |status| &status.message) }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    timestamp: Option<String>,
    attributes: Attributes<'a>,
}

impl<'a> Event<'a> {
    fn new(event: &'a span::Event) -> Self {
        Event {
            name: &event.name,
            timestamp: time(event.time_unix_nano),
            attributes: Attributes(&event.attributes),
        }
    }
}

#[derive(Serialize)]
struct Link<'a> {
    context: Context,
    attributes: Attributes<'a>,
}

impl<'a> Link<'a> {
    fn new(link: &'a span::Link) -> Self {
        Link {
            context: Context::new(&link.trace_id, &link.span_id, &link.trace_state),
            attributes: Attributes(&link.attributes),
        }
    }
}
