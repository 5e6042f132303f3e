//! Events of spans: exceptions, custom events, messages.

use super::Item;
use crate::export::azure::envelope::{Envelope, Type};
use crate::export::azure::map::exceptions::{self, Exception};
use crate::export::azure::map::meaning::{Known, Slot};
use crate::export::azure::map::told::Teller;
use crate::export::azure::map::{Sink, measurements, value};
use crate::otlp::view::{Attributes, Event, Value};

/// Attributes that make an event a custom one of their value's name.
const CUSTOM: [&str; 2] = ["microsoft.custom_event.name", "ai.customEvent.name"];
/// Stands for a name that is missing: the service refuses an empty message.
const NOTHING: &str = "n/a";

impl Item<'_> {
    /// Writes the envelope of an event. It comes with its span and is no item of its own; what is
    /// malformed has none.
    pub(super) fn event(&self, event: &[u8], line: &mut Vec<u8>, sink: &mut impl Sink) {
        let Ok(event) = Event::read(event) else { return };
        if event.name == "exception" {
            self.exception(&event, line, sink);
            return;
        }
        let custom = CUSTOM.iter().find_map(|key| some_text(&event.attributes, key));
        let kind = if custom.is_some() { Type::Event } else { Type::Message };
        let known = Known::of(&event.attributes);
        let mut envelope = self.around.begin(line, kind, event.time, self.rate);
        self.operation(&mut envelope);
        self.tags_of_events(&mut envelope, &known);
        envelope.data();
        match custom {
            Some(name) => envelope.text("name", name, 512),
            None => {
                envelope.text("message", if event.name.is_empty() { NOTHING } else { &event.name }, 32768)
            }
        }
        self.rest(&mut envelope, &event, &known, if custom.is_some() { &CUSTOM } else { &[] });
        envelope.end();
        sink.envelope(line, 0);
    }

    /// An event belongs to its span.
    fn operation(&self, envelope: &mut Envelope<'_>) {
        envelope.tag_hex("ai.operation.id", self.span.trace_id);
        envelope.tag_hex("ai.operation.parentId", self.span.span_id);
    }

    fn exception(&self, event: &Event<'_>, line: &mut Vec<u8>, sink: &mut impl Sink) {
        const TYPE: &str = "exception.type";
        const MESSAGE: &str = "exception.message";
        const STACK: &str = "exception.stacktrace";
        let text = |key| event.attributes.get(key).map(value::text);
        let (type_name, message) = (text(TYPE).unwrap_or_default(), text(MESSAGE).unwrap_or_default());
        let span = [self.span.trace_id, self.span.span_id];
        if !self.around.common.told.may_tell(Teller::Span, span, [&type_name, &message]) {
            return;
        }
        let known = Known::of(&event.attributes);
        exceptions::write(
            self.around,
            line,
            sink,
            &Exception {
                time: event.time,
                rate: self.rate,
                type_name: &type_name,
                message: &message,
                stack: text(STACK).as_deref(),
                severity: None,
            },
            0,
            |envelope| {
                self.operation(envelope);
                self.tags_of_events(envelope, &known);
            },
            |envelope| self.rest(envelope, event, &known, &[TYPE, MESSAGE, STACK]),
        );
    }

    /// Properties and measurements of an event; `told` are attributes that are told already.
    fn rest(&self, envelope: &mut Envelope<'_>, event: &Event<'_>, known: &Known<'_>, told: &[&str]) {
        let numbers = known.get(Slot::CustomMeasurements).map(measurements::read).unwrap_or_default();
        if !numbers.is_empty() {
            known.tell(Slot::CustomMeasurements);
        }
        envelope.object("properties");
        self.around.context.properties.write(envelope, &event.attributes);
        for (key, value) in event.attributes.iter() {
            let is_told = told.contains(&key) || Slot::of(key).is_some_and(|slot| known.is_told(slot));
            if !is_told || self.around.settings.keep_all_attributes {
                value::property(envelope, key, value);
            }
        }
        envelope.end_object();
        measurements::write(envelope, &numbers);
    }
}

fn some_text<'a>(attributes: &'a Attributes<'_>, key: &str) -> Option<&'a str> {
    attributes.get(key).and_then(Value::as_text).filter(|text| !text.is_empty())
}
