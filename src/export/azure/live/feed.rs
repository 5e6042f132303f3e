//! From spans and log records to items.

use super::Live;
use super::item::{Field, Item, Kind};
use crate::export::azure::map::meaning::{Known, Meaning, Slot};
use crate::export::azure::map::told::Teller;
use crate::export::azure::map::{logs, value};
use crate::otlp::view::{Attributes, Event, LogRecord, Span};
use crate::settings::AzureSettings;
use std::borrow::Cow;

impl Live {
    /// Takes in a span, and the exceptions among its events. `weight`: how many spans it stands for.
    pub fn span(&self, span: &Span<'_>, known: &Known<'_>, meaning: &Meaning<'_>, weight: f64) {
        if !self.is_watched() {
            return;
        }
        let (kind, success) = match meaning {
            Meaning::Request(request) => (Kind::Request, request.success),
            Meaning::Dependency(dependency) => (Kind::Dependency, dependency.success),
        };
        self.observe(&Item {
            kind,
            weight,
            duration: span.duration(),
            success,
            text: &|field| of_span(meaning, field),
            attributes: &span.attributes,
            told: &|key| key.starts_with("_MS.") || Slot::of(key).is_some_and(|slot| known.is_told(slot)),
        });
        for event in span.events.iter().filter_map(|message| Event::read(message).ok()) {
            if event.name == "exception" {
                let by = (Teller::Span, [span.trace_id, span.span_id]);
                self.exception(by, &event.attributes, "", weight);
            }
        }
    }

    /// Takes in a log record. `settings` say what is a custom event, `weight` how many records it
    /// stands for.
    pub fn log(&self, record: &LogRecord<'_>, settings: &AzureSettings, weight: f64) {
        if !self.is_watched() {
            return;
        }
        let known = logs::Known::of(&record.attributes);
        let text = value::text(&record.body);
        let body = text.trim();
        let meaning = logs::Kind::of(record, &known, body, settings);
        let (kind, field, said) = match &meaning {
            logs::Kind::Exception => {
                let by = (Teller::Log, [record.trace_id, record.span_id]);
                return self.exception(by, &record.attributes, body, weight);
            }
            logs::Kind::Event(name) => (Kind::Event, Field::Name, name.as_ref()),
            logs::Kind::Message => (Kind::Trace, Field::Message, body),
            // The portal has no place for them among what is live.
            logs::Kind::Availability(_) => return,
        };
        self.observe(&Item {
            kind,
            weight,
            duration: 0,
            success: true,
            text: &|wanted| (wanted == field).then_some(Cow::Borrowed(said)),
            attributes: &record.attributes,
            told: &|key| logs::Slot::of(key).is_some_and(|slot| meaning.tells(slot)),
        });
    }

    /// Takes in an exception, unless it was told already `by` the other one of span and log record in
    /// the same span. `message`: what to show instead of its own, unless it is empty.
    fn exception(&self, by: (Teller, [&[u8]; 2]), attributes: &Attributes<'_>, message: &str, weight: f64) {
        let known = logs::Known::of(attributes);
        let text = |slot| known.get(slot).map(value::text);
        let own =
            [logs::Slot::ExceptionType, logs::Slot::ExceptionMessage].map(|s| text(s).unwrap_or_default());
        if !self.told.may_tell(by.0, by.1, [&own[0], &own[1]]) {
            return;
        }
        self.observe(&Item {
            kind: Kind::Exception,
            weight,
            duration: 0,
            success: false,
            text: &|field| match field {
                Field::Message if !message.is_empty() => Some(Cow::Borrowed(message)),
                Field::Message => text(logs::Slot::ExceptionMessage).or(text(logs::Slot::ExceptionType)),
                Field::ExceptionType => text(logs::Slot::ExceptionType),
                Field::StackTrace => text(logs::Slot::ExceptionStack),
                _ => None,
            },
            attributes,
            told: &|key| logs::Slot::of(key).is_some_and(|slot| logs::Kind::Exception.tells(slot)),
        });
    }
}

fn of_span<'m>(meaning: &'m Meaning<'_>, field: Field) -> Option<Cow<'m, str>> {
    match (meaning, field) {
        (_, Field::Name) => Some(Cow::Borrowed(meaning.name())),
        (_, Field::Code) => Some(Cow::Borrowed(meaning.code())),
        (Meaning::Request(request), Field::Url) => request.url.as_ref().map(|url| url.text()),
        (Meaning::Dependency(dependency), Field::Target) => Some(Cow::Borrowed(&dependency.target)),
        (Meaning::Dependency(dependency), Field::Type) => Some(Cow::Borrowed(&dependency.kind)),
        (Meaning::Dependency(dependency), Field::Data) => Some(dependency.data.text()),
        _ => None,
    }
}
