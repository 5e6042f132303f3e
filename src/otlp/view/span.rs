//! Spans, their events and their links.

use super::value::Attributes;
use super::{bytes, fixed32, fixed64, text, varint};
use crate::otlp::wire::{Fields, WireError};
use std::borrow::Cow;

/// `Span`. Identifiers are as sent: 16 and 8 bytes, or empty, or wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span<'a> {
    pub trace_id: &'a [u8],
    pub span_id: &'a [u8],
    pub parent_span_id: &'a [u8],
    pub trace_state: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub kind: SpanKind,
    /// Nanoseconds since 1970.
    pub start: u64,
    pub end: u64,
    pub attributes: Attributes<'a>,
    /// The messages of the events, for [`Event::read`].
    pub events: Vec<&'a [u8]>,
    /// The messages of the links, for [`Link::read`].
    pub links: Vec<&'a [u8]>,
    pub status: Status,
    pub status_message: Cow<'a, str>,
    /// W3C trace flags in the lowest byte, above them whether the parent is remote.
    pub flags: u32,
}

/// `SpanKind`; unspecified and unknown ones are internal, as the specification says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanKind {
    #[default]
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// `StatusCode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

impl<'a> Span<'a> {
    pub fn read(message: &'a [u8]) -> Result<Span<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut span = Span::default();
        while let Some((number, value)) = fields.next_field()? {
            match number {
                1 => span.trace_id = bytes(1, value)?,
                2 => span.span_id = bytes(2, value)?,
                3 => span.trace_state = text(3, value)?,
                4 => span.parent_span_id = bytes(4, value)?,
                5 => span.name = text(5, value)?,
                6 => span.kind = kind(varint(6, value)?),
                7 => span.start = fixed64(7, value)?,
                8 => span.end = fixed64(8, value)?,
                9 => span.attributes.push(bytes(9, value)?)?,
                11 => span.events.push(bytes(11, value)?),
                13 => span.links.push(bytes(13, value)?),
                15 => (span.status, span.status_message) = status(bytes(15, value)?)?,
                16 => span.flags = fixed32(16, value)?,
                _ => {}
            }
        }
        Ok(span)
    }

    /// Reads a span to count it: without its name and its links, and of its attributes those
    /// whose keys `wanted` names. More of them may be there.
    pub fn read_some(
        message: &'a [u8],
        wanted: impl Fn(SpanKind, &[u8]) -> bool,
    ) -> Result<Span<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut span = Span::default();
        let mut attributes = false;
        while let Some((number, value)) = fields.next_field()? {
            match number {
                1 => span.trace_id = bytes(1, value)?,
                2 => span.span_id = bytes(2, value)?,
                3 => span.trace_state = text(3, value)?,
                4 => span.parent_span_id = bytes(4, value)?,
                // Nobody writes them in this order, but they may.
                6 if attributes => return Span::read(message),
                6 => span.kind = kind(varint(6, value)?),
                7 => span.start = fixed64(7, value)?,
                8 => span.end = fixed64(8, value)?,
                9 => {
                    attributes = true;
                    span.attributes.push_if(bytes(9, value)?, |key| wanted(span.kind, key))?;
                }
                11 => span.events.push(bytes(11, value)?),
                15 => (span.status, span.status_message) = status(bytes(15, value)?)?,
                16 => span.flags = fixed32(16, value)?,
                _ => {}
            }
        }
        Ok(span)
    }

    /// Nanoseconds; 0 when it ends before it starts.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Without a parent, in this process or another.
    pub fn is_root(&self) -> bool {
        self.parent_span_id.iter().all(|byte| *byte == 0)
    }

    /// With a parent of which the SDK says that it is in this process. Old SDKs do not say.
    pub fn has_local_parent(&self) -> bool {
        !self.is_root() && self.parent_is_remote() == Some(false)
    }

    /// The first one of its trace in its process. Where the flags do not tell, servers and
    /// consumers are taken for such.
    pub fn is_local_root(&self) -> bool {
        let serves = matches!(self.kind, SpanKind::Server | SpanKind::Consumer);
        self.is_root() || self.parent_is_remote().unwrap_or(serves)
    }

    /// Whether the parent is in another process, if the flags tell (`SpanFlags`, bits 8 and 9).
    pub fn parent_is_remote(&self) -> Option<bool> {
        (self.flags & 0x100 != 0).then_some(self.flags & 0x200 != 0)
    }
}

fn kind(number: u64) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn status(message: &[u8]) -> Result<(Status, Cow<'_, str>), WireError> {
    let mut fields = Fields::new(message);
    let (mut code, mut description) = (Status::Unset, Cow::Borrowed(""));
    while let Some((number, value)) = fields.next_field()? {
        match number {
            2 => description = text(2, value)?,
            3 => {
                code = match varint(3, value)? {
                    1 => Status::Ok,
                    2 => Status::Error,
                    _ => Status::Unset,
                }
            }
            _ => {}
        }
    }
    Ok((code, description))
}

/// `Span.Event`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event<'a> {
    /// Nanoseconds since 1970.
    pub time: u64,
    pub name: Cow<'a, str>,
    pub attributes: Attributes<'a>,
}

impl<'a> Event<'a> {
    pub fn read(message: &'a [u8]) -> Result<Event<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut event = Event::default();
        while let Some((number, value)) = fields.next_field()? {
            match number {
                1 => event.time = fixed64(1, value)?,
                2 => event.name = text(2, value)?,
                3 => event.attributes.push(bytes(3, value)?)?,
                _ => {}
            }
        }
        Ok(event)
    }
}

/// `Span.Link`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link<'a> {
    pub trace_id: &'a [u8],
    pub span_id: &'a [u8],
    pub attributes: Attributes<'a>,
}

impl<'a> Link<'a> {
    pub fn read(message: &'a [u8]) -> Result<Link<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut link = Link::default();
        while let Some((number, value)) = fields.next_field()? {
            match number {
                1 => link.trace_id = bytes(1, value)?,
                2 => link.span_id = bytes(2, value)?,
                4 => link.attributes.push(bytes(4, value)?)?,
                _ => {}
            }
        }
        Ok(link)
    }
}
