//! One span, taken apart and written again.

use super::slot::{Known, Mask, Slot};
use crate::otlp::view::Event;
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{put_bytes, put_int_attribute, put_message, put_number, put_text_attribute};
use crate::process::requests::Timing;
use crate::process::text::beginning;

/// Fields of `Span`.
const NAME: u32 = 5;
const ATTRIBUTE: u32 = 9;
const STATUS: u32 = 15;

/// `SpanKind`.
pub(super) const SERVER: u64 = 2;
pub(super) const CLIENT: u64 = 3;

/// `StatusCode`.
const ERROR: u64 = 2;

/// Longest name that is made here, and longest description of a status, in bytes.
const LONGEST: usize = 1024;

/// Bits of `flags`: the trace is sampled; the flags say something.
const SAMPLED: u32 = 1;
const SAID: u32 = 0x100;

/// A span as it came. Its room is used again for the next one.
#[derive(Debug)]
pub(super) struct Span<'a> {
    pub(super) kind: u64,
    pub(super) timing: Timing<'a>,
    pub(super) known: Known<'a>,
    flags: u32,
    is_named: bool,
    has_status: bool,
    events: Vec<&'a [u8]>,
    /// Fields that stay as they are.
    rest: Vec<&'a [u8]>,
}

/// What is changed of a span.
#[derive(Debug)]
pub(super) struct Edit {
    without: Mask,
    /// Attributes, as fields of the span.
    added: Vec<u8>,
    /// The name of a span that came without.
    pub(super) name: Vec<u8>,
    /// What was done has failed.
    pub(super) failed: bool,
}

/// Whether a span belongs to a trace that somebody wants. One that does not say is wanted.
pub(super) fn is_sampled(message: &[u8]) -> Result<bool, WireError> {
    let mut fields = Fields::new(message);
    let mut flags = 0;
    while let Some((number, value)) = fields.next_field()? {
        if let (16, Value::Fixed32(said)) = (number, value) {
            flags = said;
        }
    }
    Ok(sampled(flags))
}

fn sampled(flags: u32) -> bool {
    flags & SAID == 0 || flags & SAMPLED != 0
}

impl<'a> Span<'a> {
    pub(super) fn new() -> Span<'a> {
        Span {
            kind: 0,
            timing: Timing::default(),
            known: Known::new(),
            flags: 0,
            is_named: false,
            has_status: false,
            events: Vec::new(),
            rest: Vec::with_capacity(16),
        }
    }

    pub(super) fn read(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        (self.kind, self.flags, self.is_named, self.has_status) = (0, 0, false, false);
        self.timing = Timing::default();
        self.known.clear();
        self.events.clear();
        self.rest.clear();
        let mut fields = Fields::new(message);
        while let Some((number, value, whole)) = fields.next_whole()? {
            match (number, value) {
                (ATTRIBUTE, Value::Bytes(attribute)) => {
                    self.known.add(attribute, whole)?;
                    continue;
                }
                (NAME, Value::Bytes(name)) => {
                    self.is_named = !name.is_empty();
                    if !self.is_named {
                        continue;
                    }
                }
                (STATUS, Value::Bytes(status)) => {
                    self.has_status = is_set(status)?;
                    if !self.has_status {
                        continue;
                    }
                }
                (1, Value::Bytes(id)) => self.timing.trace_id = id,
                (2, Value::Bytes(id)) => self.timing.span_id = id,
                (6, Value::Varint(kind)) => self.kind = kind,
                (7, Value::Fixed64(time)) => self.timing.start = time,
                (8, Value::Fixed64(time)) => self.timing.end = time,
                (11, Value::Bytes(event)) => self.events.push(event),
                (16, Value::Fixed32(flags)) => self.flags = flags,
                (NAME | ATTRIBUTE | STATUS | 1 | 2 | 6 | 7 | 8 | 11 | 16, _) => {
                    return Err(WireError::Field(number));
                }
                _ => {}
            }
            self.rest.push(whole);
        }
        self.timing.sampled = sampled(self.flags);
        Ok(())
    }

    /// Writes the span's message with what was changed of it.
    pub(super) fn write(&self, edit: &Edit, out: &mut Vec<u8>) {
        for whole in &self.rest {
            out.extend_from_slice(whole);
        }
        if !self.is_named && !edit.name.is_empty() {
            put_bytes(out, NAME, beginning(&edit.name, LONGEST));
        }
        self.known.copy(edit.without, out);
        out.extend_from_slice(&edit.added);
        if edit.failed && !self.has_status {
            put_message(out, STATUS, |out| {
                if let Some(description) = self.description() {
                    put_bytes(out, 2, description.as_bytes());
                }
                put_number(out, 3, ERROR);
            });
        }
    }

    /// What the last exception said.
    fn description(&self) -> Option<String> {
        let last = self.events.iter().rev().filter_map(|event| Event::read(event).ok());
        let exception = last.into_iter().find(|event| event.name == "exception")?;
        let message = exception.attributes.get("exception.message")?.as_text()?;
        let end = message.floor_char_boundary(LONGEST);
        message.get(..end).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

fn is_set(status: &[u8]) -> Result<bool, WireError> {
    let mut fields = Fields::new(status);
    let mut is_set = false;
    while let Some((number, value)) = fields.next_field()? {
        if let (3, Value::Varint(code)) = (number, value) {
            is_set = code != 0;
        }
    }
    Ok(is_set)
}

impl Edit {
    pub(super) fn new() -> Edit {
        Edit { without: Mask::RAW, added: Vec::with_capacity(512), name: Vec::new(), failed: false }
    }

    pub(super) fn clear(&mut self) {
        (self.without, self.failed) = (Mask::RAW, false);
        self.added.clear();
        self.name.clear();
    }

    /// What came of that name is not passed on.
    pub(super) fn leave_out(&mut self, slot: Slot) {
        self.without.add(slot);
    }

    /// Writes an attribute in the place of what came of that name.
    pub(super) fn put(&mut self, slot: Slot, text: &[u8]) {
        self.without.add(slot);
        put_text_attribute(&mut self.added, ATTRIBUTE, slot.name(), text);
    }

    pub(super) fn put_int(&mut self, slot: Slot, number: i64) {
        self.without.add(slot);
        put_int_attribute(&mut self.added, ATTRIBUTE, slot.name(), number);
    }
}
