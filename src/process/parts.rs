//! A request that is written in several parts: groups stay where they get items.

use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{LENGTH, begin, end, put_bytes, put_key};
use crate::otlp::{Batch, Malformed, Signal};

/// One part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) out: Vec<u8>,
    pub(super) items: u64,
}

impl Part {
    pub(super) fn with_capacity(bytes: usize) -> Part {
        Part { out: Vec::with_capacity(bytes), items: 0 }
    }

    pub(super) fn add(&mut self, field: &[u8]) {
        self.out.extend_from_slice(field);
    }

    pub(super) fn add_item(&mut self, field: &[u8]) {
        self.add(field);
        self.items += 1;
    }

    /// An item that was made anew, as field `number`.
    pub(super) fn add_message(&mut self, number: u32, message: &[u8]) {
        put_bytes(&mut self.out, number, message);
        self.items += 1;
    }

    /// The request; `None` when there is nothing in it.
    pub(super) fn made(self, signal: Signal) -> Result<Option<Batch>, Malformed> {
        match self.items {
            0 => Ok(None),
            _ => Batch::from_protobuf(signal, self.out.into()).map(Some),
        }
    }
}

/// A group that was begun in all parts, and stays where it gets items.
pub(super) struct Open<const N: usize>([Begun; N]);

#[derive(Clone, Copy)]
struct Begun {
    before: usize,
    start: usize,
    items: u64,
}

impl<const N: usize> Open<N> {
    pub(super) fn begin(parts: &mut [Part; N], number: u32) -> Open<N> {
        Open(parts.each_mut().map(|part| {
            let before = part.out.len();
            put_key(&mut part.out, number, LENGTH);
            Begun { before, start: begin(&mut part.out), items: part.items }
        }))
    }

    pub(super) fn end(self, parts: &mut [Part; N]) {
        for (part, begun) in parts.iter_mut().zip(self.0) {
            if part.items > begun.items {
                end(&mut part.out, begun.start);
            } else {
                part.out.truncate(begun.before);
            }
        }
    }
}

/// Writes a request in parts. `place` gets each item in its order, its message and its whole field, and puts it where
/// it belongs.
pub(super) fn split<const N: usize>(
    request: &[u8],
    parts: &mut [Part; N],
    mut place: impl FnMut(&[u8], &[u8], &mut [Part; N]),
) -> Result<(), WireError> {
    level(request, 1, parts, &mut |group, _, parts| {
        within(1, parts, |parts| {
            level(group, 2, parts, &mut |scope, _, parts| {
                within(2, parts, |parts| {
                    level(scope, 2, parts, &mut |item, whole, parts| {
                        place(item, whole, parts);
                        Ok(())
                    })
                })
            })
        })
    })
}

/// Gets a message and its whole field.
type Inner<'f, const N: usize> = dyn FnMut(&[u8], &[u8], &mut [Part; N]) -> Result<(), WireError> + 'f;

/// Hands on the messages in field `number`; what else is there goes to all parts.
fn level<const N: usize>(
    message: &[u8],
    number: u32,
    parts: &mut [Part; N],
    inner: &mut Inner<'_, N>,
) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some((field, value, whole)) = fields.next_whole()? {
        match value {
            Value::Bytes(bytes) if field == number => inner(bytes, whole, parts)?,
            _ => parts.iter_mut().for_each(|part| part.add(whole)),
        }
    }
    Ok(())
}

fn within<const N: usize>(
    number: u32,
    parts: &mut [Part; N],
    write: impl FnOnce(&mut [Part; N]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let open = Open::begin(parts, number);
    write(parts)?;
    open.end(parts);
    Ok(())
}
