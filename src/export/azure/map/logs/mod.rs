//! Log records: exceptions, custom events, availability results, messages.

mod kind;
mod known;
mod severity;
mod tags;

pub(in crate::export::azure) use kind::Kind;
pub(in crate::export::azure) use known::{Known, Slot};

use super::exceptions::{self, Exception};
use super::told::Teller;
use super::{Around, SAMPLED, Sink, measurements, value};
use crate::account::Loss;
use crate::clock::unix_nano;
use crate::export::azure::envelope::{Envelope, Type};
use crate::otlp::view::{LogRecord, Value, entries};
use crate::otlp::wire::WireError;
use crate::process::sample::Decision;

/// Longest message, in UTF-16 units.
const MESSAGE: usize = 32768;
/// Stands for a message that is missing: the service refuses an empty one.
const NOTHING: &str = "n/a";
/// A map whose entries are meant.
const CUSTOM_DIMENSIONS: &str = "custom_dimensions";

pub(super) fn write(
    around: &Around<'_>,
    item: &[u8],
    line: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> Result<(), WireError> {
    let record = LogRecord::read(item)?;
    let Decision::Keep { rate } = around.common.sampler.log(&record) else {
        sink.left_out(SAMPLED, 1);
        return Ok(());
    };
    let known = Known::of(&record.attributes);
    let text = value::text(&record.body);
    let body = text.trim();
    let kind = Kind::of(&record, &known, body, around.settings);
    let entry = Entry { around, record: &record, known: &known, kind: &kind, rate };
    let base = match &kind {
        Kind::Exception => {
            entry.exception(body, line, sink);
            return Ok(());
        }
        Kind::Event(_) => Type::Event,
        Kind::Availability(_) => Type::Availability,
        Kind::Message => Type::Message,
    };
    let mut envelope = around.begin(line, base, entry.time(), rate);
    entry.tags(&mut envelope);
    envelope.data();
    match &kind {
        Kind::Event(name) => envelope.text("name", name, 512),
        Kind::Availability(result) => {
            envelope.text("id", &result.id, 512);
            envelope.text("name", &result.name, 1024);
            envelope.duration("duration", result.duration);
            envelope.boolean("success", result.success);
            for (name, value, limit) in
                [("runLocation", &result.location, 1024), ("message", &result.message, 8192)]
            {
                if !value.is_empty() {
                    envelope.text(name, value, limit);
                }
            }
        }
        Kind::Exception | Kind::Message => {
            envelope.text("message", if body.is_empty() { NOTHING } else { body }, MESSAGE);
            let level = severity::level(record.severity, &record.severity_text);
            envelope.number("severityLevel", level.unwrap_or(severity::INFORMATION).into());
        }
    }
    entry.properties(&mut envelope, None);
    envelope.end();
    sink.envelope(line, 1);
    Ok(())
}

/// A record with what is known of it.
struct Entry<'e> {
    around: &'e Around<'e>,
    record: &'e LogRecord<'e>,
    known: &'e Known<'e, 'e>,
    kind: &'e Kind<'e>,
    rate: f64,
}

impl Entry<'_> {
    /// When it happened, else when it was seen, else now.
    fn time(&self) -> u64 {
        let known = [self.record.time, self.record.observed].into_iter().find(|time| *time > 0);
        known.unwrap_or_else(unix_nano)
    }

    fn exception(&self, body: &str, line: &mut Vec<u8>, sink: &mut impl Sink) {
        let text = |slot| self.known.get(slot).map(value::text);
        let own = text(Slot::ExceptionMessage).unwrap_or_default();
        let type_name = text(Slot::ExceptionType).unwrap_or_default();
        let span = [self.record.trace_id, self.record.span_id];
        if !self.around.common.told.may_tell(Teller::Log, span, [&type_name, &own]) {
            sink.left_out(Loss::LeftOut("duplicate"), 1);
            return;
        }
        let stack = text(Slot::ExceptionStack);
        let level = severity::level(self.record.severity, &self.record.severity_text);
        let exception = Exception {
            time: self.time(),
            rate: self.rate,
            type_name: &type_name,
            message: if body.is_empty() { &own } else { body },
            stack: stack.as_deref(),
            severity: Some(level.unwrap_or(severity::ERROR)),
        };
        let replaced = Some(&*own).filter(|own| !own.is_empty() && *own != exception.message);
        exceptions::write(
            self.around,
            line,
            sink,
            &exception,
            1,
            |envelope| self.tags(envelope),
            |envelope| self.properties(envelope, replaced),
        );
    }

    /// Properties and measurements. `replaced`: the exception's own message, when another one is
    /// shown in its place.
    fn properties(&self, envelope: &mut Envelope<'_>, replaced: Option<&str>) {
        let attributes = &self.record.attributes;
        let numbers = self.known.get(Slot::Measurements).map(measurements::read).unwrap_or_default();
        envelope.object("properties");
        self.around.context.properties.write(envelope, attributes);
        for (key, value) in attributes.iter() {
            let told = Slot::of(key).is_some_and(|slot| match slot {
                Slot::Measurements => !numbers.is_empty(),
                Slot::MicrosoftClientIp => self.address(slot).is_some(),
                slot => self.kind.tells(slot),
            });
            if told && !self.around.settings.keep_all_attributes {
                continue;
            }
            match value {
                // As OpenCensus took them: each entry is a property.
                Value::Map(map) if key == CUSTOM_DIMENSIONS => {
                    entries(map).for_each(|(key, value)| value::property(envelope, &key, &value));
                }
                _ => value::property(envelope, key, value),
            }
        }
        if let Some(message) = replaced.filter(|_| !self.around.settings.keep_all_attributes) {
            envelope.property("exception.message", message);
        }
        let scope = &self.around.scope.name;
        if !scope.is_empty() && attributes.get("logger_name").is_none() {
            envelope.property("logger_name", scope);
        }
        let event = &self.record.event_name;
        let named = matches!(self.kind, Kind::Event(name) if name == event);
        if !event.is_empty() && !named && attributes.get("event.name").is_none() {
            envelope.property("event.name", event);
        }
        envelope.end_object();
        measurements::write(envelope, &numbers);
    }
}

#[cfg(test)]
mod tests;
