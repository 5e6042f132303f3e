//! The attributes of an item, to be changed.

use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{put_bytes, put_message};
use crate::process::select::Found;
use std::borrow::Cow;

/// Most attributes that an item may be given.
const MOST: usize = 1024;
/// Most bytes that an item's attributes may grow by.
const GROWTH: usize = 1 << 20;

/// `repeated KeyValue`, in its order.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    all: Vec<Attribute<'a>>,
    /// Bytes that were added.
    grown: usize,
    pub(super) changed: bool,
}

#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) key: Cow<'a, [u8]>,
    /// An `AnyValue`.
    pub(super) value: Cow<'a, [u8]>,
    /// The field as it came, until it is changed.
    whole: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        (self.grown, self.changed) = (0, false);
    }

    /// Adds a `KeyValue` that came; `whole` is its field.
    #[inline]
    pub(super) fn read(&mut self, message: &'a [u8], whole: &'a [u8]) -> Result<(), WireError> {
        let mut fields = Fields::new(message);
        let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
        while let Some((number, field)) = fields.next_field()? {
            match (number, field) {
                (1, Value::Bytes(bytes)) => key = bytes,
                (2, Value::Bytes(bytes)) => value = bytes,
                (1 | 2, _) => return Err(WireError::Field(number)),
                _ => {}
            }
        }
        self.all.push(Attribute { key: key.into(), value: value.into(), whole: Some(whole) });
        Ok(())
    }

    #[inline]
    fn place(&self, key: &[u8]) -> Option<usize> {
        self.all.iter().position(|attribute| *attribute.key == *key)
    }

    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<&Attribute<'a>> {
        self.all.iter().find(|attribute| *attribute.key == *key)
    }

    /// Its value as text.
    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Found<'_> {
        self.get(key).map_or(Found::Nothing, |attribute| Found::of(&attribute.value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Attribute<'a>> {
        self.all.iter()
    }

    /// Gives a value to a key, which is added if it is not there. Too much is not taken.
    pub(super) fn put(&mut self, key: &[u8], value: Cow<'a, [u8]>) {
        let place = self.place(key);
        let length = value.len() + if place.is_none() { key.len() } else { 0 };
        if self.grown + length > GROWTH || place.is_none() && self.all.len() >= MOST {
            return crate::notice::warn(
                "processor",
                "a processor added too much to an item; the rest was not added",
            );
        }
        match place.and_then(|place| self.all.get_mut(place)) {
            Some(known) if known.value == value => return,
            Some(known) => (known.value, known.whole) = (value, None),
            None => self.all.push(Attribute { key: Cow::Owned(key.to_vec()), value, whole: None }),
        }
        self.grown += length;
        self.changed = true;
    }

    /// Gives each attribute another value, or none of it a new one.
    pub(super) fn replace(&mut self, mut with: impl FnMut(&Attribute<'a>) -> Option<Vec<u8>>) {
        for attribute in &mut self.all {
            if let Some(value) = with(attribute) {
                (attribute.value, attribute.whole) = (value.into(), None);
                self.changed = true;
            }
        }
    }

    /// True if there was one.
    pub(super) fn remove(&mut self, wanted: impl Fn(&[u8]) -> bool) -> bool {
        let before = self.all.len();
        self.all.retain(|attribute| !wanted(&attribute.key));
        let removed = self.all.len() < before;
        self.changed |= removed;
        removed
    }

    /// Moves a value under another key, whose own it replaces.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) {
        if from == to || self.place(from).is_none() {
            return;
        }
        self.all.retain(|attribute| *attribute.key != *to);
        if let Some(known) = self.place(from).and_then(|place| self.all.get_mut(place)) {
            (known.key, known.whole) = (Cow::Owned(to.to_vec()), None);
        }
        self.changed = true;
    }

    /// Writes them as field `number`.
    pub(super) fn write(&self, number: u32, out: &mut Vec<u8>) {
        for attribute in &self.all {
            match attribute.whole {
                Some(whole) => out.extend_from_slice(whole),
                None => put_message(out, number, |out| {
                    put_bytes(out, 1, &attribute.key);
                    put_bytes(out, 2, &attribute.value);
                }),
            }
        }
    }
}
