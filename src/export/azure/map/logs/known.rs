//! The attributes of a record that mean something to us, found in one walk.

use crate::otlp::view::{Attributes, Value};
use crate::process::sample::RATE_ATTRIBUTES;

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
    /// Where a request came from.
    MicrosoftClientIp,
    ClientAddress,
    HttpClientIp,
    UserAgent,
    HttpUserAgent,
    /// The percentage that was kept of such records, by whatever name.
    SampleRate,
    /// A tag that the record sets itself: one of [`TAGS`].
    Tag,
}

/// How many there are.
const SLOTS: usize = Slot::Tag as usize + 1;

/// Tags that a record may set itself, by attributes of their names, and their longest values.
const TAGS: [(&str, usize); 12] = [
    ("ai.operation.id", 128),
    ("ai.operation.parentId", 512),
    ("ai.operation.name", 1024),
    ("ai.operation.syntheticSource", 1024),
    ("ai.operation.correlationVector", 64),
    ("ai.user.authUserId", 1024),
    ("ai.user.id", 1024),
    ("ai.user.accountId", 1024),
    ("ai.user.userAgent", 1024),
    ("ai.session.id", 64),
    ("ai.session.isFirst", 5),
    ("ai.location.ip", 46),
];

impl Slot {
    pub(in crate::export::azure) fn of(key: &str) -> Option<Slot> {
        // Most keys are known not to be any by their first letter.
        if !matches!(key.as_bytes(), [b'e' | b'm' | b'u' | b's' | b'A' | b'c' | b'h' | b'a' | b'_', ..]) {
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
            "microsoft.client.ip" => Slot::MicrosoftClientIp,
            "client.address" => Slot::ClientAddress,
            "http.client_ip" => Slot::HttpClientIp,
            "user_agent.original" => Slot::UserAgent,
            "http.user_agent" => Slot::HttpUserAgent,
            _ if RATE_ATTRIBUTES.contains(&key) => Slot::SampleRate,
            _ if tag(key).is_some() => Slot::Tag,
            _ => return None,
        })
    }
}

/// The place of a tag in [`TAGS`].
fn tag(key: &str) -> Option<usize> {
    if !key.starts_with("ai.") {
        return None;
    }
    TAGS.iter().position(|(name, _)| *name == key)
}

/// The values in the slots; of several the first.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Known<'r, 'a> {
    slots: [Option<&'r Value<'a>>; SLOTS],
    tags: [Option<&'r Value<'a>>; TAGS.len()],
}

impl<'r, 'a> Known<'r, 'a> {
    pub(in crate::export::azure) fn of(attributes: &'r Attributes<'a>) -> Known<'r, 'a> {
        let mut known = Known::default();
        for (key, value) in attributes.iter().filter(|(_, value)| **value != Value::Empty) {
            match Slot::of(key) {
                Some(Slot::Tag) => {
                    if let Some(place) = tag(key).and_then(|tag| known.tags.get_mut(tag)) {
                        place.get_or_insert(value);
                    }
                }
                Some(slot) => {
                    known.slots[slot as usize].get_or_insert(value);
                }
                None => {}
            }
        }
        known
    }

    pub(in crate::export::azure) fn get(&self, slot: Slot) -> Option<&'r Value<'a>> {
        self.slots[slot as usize]
    }

    /// The value, unless it is an empty text.
    pub(in crate::export::azure) fn some(&self, slot: Slot) -> Option<&'r Value<'a>> {
        self.get(slot).filter(|value| value.as_text() != Some(""))
    }

    /// The tags that can be set by attributes, with the longest values and what the record says.
    pub(super) fn tags(&self) -> impl Iterator<Item = (&'static str, usize, Option<&'r Value<'a>>)> {
        let given = |value: &Option<&'r Value<'a>>| value.filter(|value| value.as_text() != Some(""));
        TAGS.iter().zip(&self.tags).map(move |((name, limit), value)| (*name, *limit, given(value)))
    }
}
