//! What a record becomes. The first that fits counts.

use super::known::{Known, Slot};
use crate::export::azure::map::value;
use crate::export::azure::time;
use crate::otlp::view::{LogRecord, Value};
use crate::settings::AzureSettings;
use std::borrow::Cow;

#[derive(Debug, PartialEq)]
pub(in crate::export::azure) enum Kind<'r> {
    Exception,
    /// A custom event of this name.
    Event(Cow<'r, str>),
    Availability(Availability<'r>),
    Message,
}

/// The result of a test whether something can be reached.
#[derive(Debug, PartialEq)]
pub(in crate::export::azure) struct Availability<'r> {
    pub(in crate::export::azure) id: Cow<'r, str>,
    pub(in crate::export::azure) name: Cow<'r, str>,
    /// Nanoseconds.
    pub(in crate::export::azure) duration: u64,
    pub(in crate::export::azure) success: bool,
    pub(in crate::export::azure) location: Cow<'r, str>,
    pub(in crate::export::azure) message: Cow<'r, str>,
}

impl<'r> Kind<'r> {
    /// `body`: the record's body as text.
    pub(in crate::export::azure) fn of(
        record: &'r LogRecord<'_>,
        known: &Known<'r, '_>,
        body: &'r str,
        settings: &AzureSettings,
    ) -> Kind<'r> {
        if known.get(Slot::ExceptionType).or(known.get(Slot::ExceptionMessage)).is_some() {
            return Kind::Exception;
        }
        if let Some(name) = known.some(Slot::EventName) {
            return Kind::Event(value::text(name));
        }
        if known.some(Slot::EventMarker).is_some() && !body.is_empty() {
            return Kind::Event(Cow::Borrowed(body));
        }
        if let Some(availability) = Availability::of(known, body) {
            return Kind::Availability(availability);
        }
        if settings.event_name_as_event && body.is_empty() && !record.event_name.is_empty() {
            return Kind::Event(Cow::Borrowed(&record.event_name));
        }
        Kind::Message
    }

    /// Whether the value of a slot is told by the envelope itself.
    pub(in crate::export::azure) fn tells(&self, slot: Slot) -> bool {
        match slot {
            Slot::EnduserId
            | Slot::EnduserPseudoId
            | Slot::SessionId
            | Slot::EventMarker
            | Slot::SampleRate
            | Slot::Tag => true,
            Slot::ExceptionType | Slot::ExceptionMessage | Slot::ExceptionStack => *self == Kind::Exception,
            Slot::EventName => matches!(self, Kind::Event(_)),
            Slot::AvailabilityId
            | Slot::AvailabilityName
            | Slot::AvailabilityDuration
            | Slot::AvailabilitySuccess
            | Slot::AvailabilityLocation
            | Slot::AvailabilityMessage => matches!(self, Kind::Availability(_)),
            // Whether it is told depends on its value.
            Slot::Measurements | Slot::MicrosoftClientIp => false,
            // As Microsoft's exporters have it: tags, and properties too.
            Slot::UserId
            | Slot::ClientAddress
            | Slot::HttpClientIp
            | Slot::UserAgent
            | Slot::HttpUserAgent => false,
        }
    }
}

impl<'r> Availability<'r> {
    /// `None` when something is missing that the service asks for.
    fn of(known: &Known<'r, '_>, body: &'r str) -> Option<Availability<'r>> {
        let text = |slot| known.some(slot).map(value::text);
        Some(Availability {
            id: text(Slot::AvailabilityId)?,
            name: text(Slot::AvailabilityName)?,
            duration: text(Slot::AvailabilityDuration).and_then(|text| time::span(&text))?,
            success: match known.some(Slot::AvailabilitySuccess)? {
                Value::Bool(success) => *success,
                other => value::text(other).trim().eq_ignore_ascii_case("true"),
            },
            location: text(Slot::AvailabilityLocation).unwrap_or_default(),
            message: text(Slot::AvailabilityMessage).unwrap_or(Cow::Borrowed(body)),
        })
    }
}
