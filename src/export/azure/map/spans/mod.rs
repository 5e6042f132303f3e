//! Spans: requests and dependencies, and what happened in them.

mod events;
mod links;
mod properties;
mod tags;
#[cfg(test)]
mod tests;

use super::meaning::{Dependency, Known, Meaning, Request};
use super::{Around, SAMPLED, Sink};
use crate::export::azure::envelope::{Envelope, Type};
use crate::otlp::view::Span;
use crate::otlp::wire::WireError;
use crate::process::sample::Decision;

/// Longest URL of a request, in UTF-16 units.
const URL: usize = 2048;
/// Longest data of a dependency.
const DATA: usize = 8192;
/// Longest name, code, source, target, type.
const TEXT: usize = 1024;

/// A span with what is known of it.
struct Item<'a> {
    around: &'a Around<'a>,
    span: &'a Span<'a>,
    known: &'a Known<'a>,
    meaning: &'a Meaning<'a>,
    /// Percentage that was kept.
    rate: f64,
}

pub(super) fn write(
    around: &Around<'_>,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let span = Span::read(item)?;
    let Decision::Keep { rate } = around.common.sampler.span(&span) else {
        sink.left_out(SAMPLED, 1);
        return Ok(());
    };
    let known = Known::of(&span.attributes);
    let meaning = Meaning::of(&span, &known, around.settings);
    let item = Item { around, span: &span, known: &known, meaning: &meaning, rate };
    let kind = match meaning {
        Meaning::Request(_) => Type::Request,
        Meaning::Dependency(_) => Type::Dependency,
    };
    let mut envelope = around.begin(line, kind, span.start, rate);
    item.tags(&mut envelope);
    envelope.data();
    // The service wants one.
    envelope.hex("id", if span.span_id.is_empty() { &[0; 8] } else { span.span_id });
    match &meaning {
        Meaning::Request(request) => fields_of_request(&mut envelope, request),
        Meaning::Dependency(dependency) => fields_of_dependency(&mut envelope, dependency),
    }
    envelope.duration("duration", span.duration());
    envelope.boolean("success", meaning.success());
    item.properties(&mut envelope);
    envelope.end();
    sink.envelope(line, 1);
    for event in &span.events {
        item.event(event, line, sink);
    }
    Ok(())
}

fn fields_of_request(envelope: &mut Envelope<'_>, request: &Request<'_>) {
    envelope.text("name", &request.name, TEXT);
    envelope.text("responseCode", &request.code, TEXT);
    if let Some(url) = &request.url {
        envelope.text("url", &url.text(), URL);
    }
    if !request.source.is_empty() {
        envelope.text("source", &request.source, TEXT);
    }
}

fn fields_of_dependency(envelope: &mut Envelope<'_>, dependency: &Dependency<'_>) {
    // The service wants a name.
    let name = if dependency.name.is_empty() { &dependency.kind } else { &dependency.name };
    envelope.text("name", name, TEXT);
    envelope.text("type", &dependency.kind, TEXT);
    envelope.text("resultCode", &dependency.code, TEXT);
    if !dependency.target.is_empty() {
        envelope.text("target", &dependency.target, TEXT);
    }
    let data = dependency.data.text();
    if !data.is_empty() {
        envelope.text("data", &data, DATA);
    }
}
