//! The attributes of a record that mean something to us, found in one walk.

use crate::otlp::view::{Attributes, Value};

/// What an attribute is for. Those that are none of these are properties and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export::azure) enum Slot {
    ExceptionType,
    ExceptionMessage,
    ExceptionStack,
    /// The record is a custom event of this name.
    EventName,
    /// The record is a custom event, and its body the name.
    EventMarker,
    AvailabilityId,
    AvailabilityName,
    AvailabilityDuration,
    AvailabilitySuccess,
    AvailabilityLocation,
    AvailabilityMessage,
    Measurements,
    EnduserId,
    EnduserPseudoId,
    UserId,
    SessionId,
}

/// How many there are.
const SLOTS: usize = 16;

impl Slot {
    pub(in crate::export::azure) fn of(key: &str) -> Option<Slot> {
        // Most keys are known not to be any by their first letter.
        if !matches!(key.as_bytes().first(), Some(b'e' | b'm' | b'u' | b's' | b'A')) {
            return None;
        }
        Some(match key {
            "exception.type" => Slot::ExceptionType,
            "exception.message" => Slot::ExceptionMessage,
            "exception.stacktrace" => Slot::ExceptionStack,
            "microsoft.custom_event.name" => Slot::EventName,
            "APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE" => Slot::EventMarker,
            "microsoft.availability.id" => Slot::AvailabilityId,
            "microsoft.availability.name" => Slot::AvailabilityName,
            "microsoft.availability.duration" => Slot::AvailabilityDuration,
            "microsoft.availability.success" => Slot::AvailabilitySuccess,
            "microsoft.availability.runLocation" => Slot::AvailabilityLocation,
            "microsoft.availability.message" => Slot::AvailabilityMessage,
            crate::export::azure::map::measurements::ATTRIBUTE => Slot::Measurements,
            "enduser.id" => Slot::EnduserId,
            "enduser.pseudo.id" => Slot::EnduserPseudoId,
            "user.id" => Slot::UserId,
            "session.id" => Slot::SessionId,
            _ => return None,
        })
    }
}

/// The values in the slots; of several the first.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Known<'r, 'a>([Option<&'r Value<'a>>; SLOTS]);

impl<'r, 'a> Known<'r, 'a> {
    pub(in crate::export::azure) fn of(attributes: &'r Attributes<'a>) -> Known<'r, 'a> {
        let mut known = Known::default();
        for (key, value) in attributes.iter().filter(|(_, value)| **value != Value::Empty) {
            if let Some(slot) = Slot::of(key) {
                known.0[slot as usize].get_or_insert(value);
            }
        }
        known
    }

    pub(in crate::export::azure) fn get(&self, slot: Slot) -> Option<&'r Value<'a>> {
        self.0[slot as usize]
    }

    /// The value, unless it is an empty text.
    pub(in crate::export::azure) fn some(&self, slot: Slot) -> Option<&'r Value<'a>> {
        self.get(slot).filter(|value| value.as_text() != Some(""))
    }
}
