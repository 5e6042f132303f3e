//! The attributes of one span, sorted into their slots in one pass.

use super::slot::{SLOTS, Slot};
use crate::otlp::view::{Attributes, Value};
use std::cell::Cell;

/// More than most spans have.
const FIRST: usize = 32;

/// What the attributes of a span say, by [`Slot`]. Of several with one key the first counts.
///
/// It also notes which of them went into a field or tag, so that they need not be told again
/// among the properties: [`Known::take`] notes it, [`Known::get`] only looks.
#[derive(Debug)]
pub struct Known<'a> {
    slots: [Option<&'a Value<'a>>; SLOTS],
    /// The slots of the first attributes, so that nobody has to look twice.
    first: [Option<Slot>; FIRST],
    told: Cell<u128>,
}

impl<'a> Known<'a> {
    pub fn of(attributes: &'a Attributes<'a>) -> Known<'a> {
        let mut slots = [None; SLOTS];
        let mut first = [None; FIRST];
        for (at, (key, value)) in attributes.iter().enumerate() {
            let Some(slot) = Slot::of(key) else { continue };
            if let Some(place) = first.get_mut(at) {
                *place = Some(slot);
            }
            if let Some(place @ None) = slots.get_mut(slot as usize) {
                *place = Some(value);
            }
        }
        Known { slots, first, told: Cell::new(0) }
    }

    /// The slot of the attribute that is the `at`-th and has this key.
    #[inline]
    pub fn slot(&self, at: usize, key: &str) -> Option<Slot> {
        match self.first.get(at) {
            Some(slot) => *slot,
            None => Slot::of(key),
        }
    }

    pub fn get(&self, slot: Slot) -> Option<&'a Value<'a>> {
        self.slots.get(slot as usize).copied().flatten()
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.get(slot).is_some()
    }

    /// The text in a slot, if there is one and it is not empty.
    pub fn text(&self, slot: Slot) -> Option<&'a str> {
        self.get(slot)?.as_text().filter(|text| !text.is_empty())
    }

    /// The first of the slots that has text.
    pub fn first(&self, slots: &[Slot]) -> Option<&'a str> {
        slots.iter().find_map(|slot| self.text(*slot))
    }

    /// A whole number, however it is written: 404, 404.0 or "404".
    pub fn number(&self, slot: Slot) -> Option<i64> {
        match self.get(slot)? {
            Value::Int(number) => Some(*number),
            // Beyond the range of the type it is the nearest number within.
            Value::Double(number) if number.is_finite() => Some(*number as i64),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A TCP or UDP port.
    pub fn port(&self, slot: Slot) -> Option<u16> {
        self.number(slot).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
    }

    /// Like [`Known::text`], for a field or tag that then holds it whole.
    pub fn take(&self, slot: Slot) -> Option<&'a str> {
        self.text(slot).inspect(|_| self.tell(slot))
    }

    /// Like [`Known::first`], for a field or tag that then holds it whole. Others of the slots with
    /// the same value are told with it: old and new name of one thing.
    pub fn take_first(&self, slots: &[Slot]) -> Option<&'a str> {
        let text = self.first(slots)?;
        for slot in slots.iter().filter(|slot| self.text(**slot) == Some(text)) {
            self.tell(*slot);
        }
        Some(text)
    }

    /// Notes that the envelope holds the value of a slot.
    pub fn tell(&self, slot: Slot) {
        self.told.set(self.told.get() | 1 << slot as u32);
    }

    /// Whether the envelope holds the value of a slot already.
    pub fn is_told(&self, slot: Slot) -> bool {
        self.told.get() & 1 << slot as u32 != 0
    }
}
