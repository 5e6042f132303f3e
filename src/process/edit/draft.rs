//! An item, taken apart to be changed and written again.

use super::attributes::Attributes;
use crate::otlp::schema::{self, Message};
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{put_bytes, put_message};
use crate::process::select::{Found, Subject};
use crate::settings::shape::{Item, SpanKind, SpanStatus};
use std::borrow::Cow;

/// Where the parts that are changed stand in a message.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) item: Item,
    /// The name, or the body; 0: there is none.
    text: u32,
    attributes: u32,
    pub(super) schema: &'static Message,
}

pub(super) const SPAN: Layout = Layout { item: Item::Span, text: 5, attributes: 9, schema: &schema::SPAN };
pub(super) const EVENT: Layout =
    Layout { item: Item::SpanEvent, text: 2, attributes: 3, schema: &schema::EVENT };
pub(super) const LOG: Layout =
    Layout { item: Item::Log, text: 5, attributes: 6, schema: &schema::LOG_RECORD };
pub(super) const RESOURCE: Layout =
    Layout { item: Item::Resource, text: 0, attributes: 1, schema: &schema::RESOURCE };
pub(super) const METRIC: Layout =
    Layout { item: Item::Metric, text: 1, attributes: 0, schema: &schema::METRIC };
/// Not an item; its attributes are redacted.
pub(super) const SCOPE: Layout =
    Layout { item: Item::Resource, text: 1, attributes: 3, schema: &schema::SCOPE };

/// That of the data points of a metric, by the field of its data.
pub(super) fn point(data: u32) -> Option<Layout> {
    let (attributes, schema) = match data {
        5 | 7 => (7, &schema::NUMBER_POINT),
        9 => (9, &schema::HISTOGRAM_POINT),
        10 => (1, &schema::EXPONENTIAL_POINT),
        11 => (7, &schema::SUMMARY_POINT),
        _ => return None,
    };
    Some(Layout { item: Item::Metric, text: 0, attributes, schema })
}

/// Events in a span.
pub(super) const EVENTS: u32 = 11;

/// An item. Its room is used again for the next one.
pub(super) struct Draft<'a> {
    pub(super) layout: Layout,
    /// The name, or a body that is a text.
    pub(super) text: Option<Cow<'a, [u8]>>,
    pub(super) attributes: Attributes<'a>,
    /// All other fields, each as a whole, in their order.
    pub(super) rest: Vec<(u32, Cow<'a, [u8]>)>,
    pub(super) changed: bool,
    pub(super) trace_id: &'a [u8],
    pub(super) span_id: &'a [u8],
    pub(super) parent: &'a [u8],
    kind: u64,
    status: u64,
    start: u64,
    end: u64,
    severity: u64,
}

impl<'a> Draft<'a> {
    pub(super) fn new(layout: Layout) -> Draft<'a> {
        Draft {
            layout,
            text: None,
            attributes: Attributes::default(),
            rest: Vec::new(),
            changed: false,
            trace_id: &[],
            span_id: &[],
            parent: &[],
            kind: 0,
            status: 0,
            start: 0,
            end: 0,
            severity: 0,
        }
    }

    pub(super) fn read(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        let layout = self.layout;
        self.attributes.clear();
        self.rest.clear();
        (self.text, self.changed) = (None, false);
        (self.trace_id, self.span_id, self.parent) = (&[], &[], &[]);
        (self.kind, self.status, self.start, self.end, self.severity) = (0, 0, 0, 0, 0);
        let mut fields = Fields::new(message);
        while let Some((number, value, whole)) = fields.next_whole()? {
            match value {
                Value::Bytes(attribute) if number == layout.attributes => {
                    self.attributes.read(attribute, whole)?;
                    continue;
                }
                Value::Bytes(text) if number == layout.text => {
                    if layout.item != Item::Log {
                        self.text = Some(text.into());
                        continue;
                    }
                    if let Some(text) = body(text) {
                        self.text = Some(text.into());
                        continue;
                    }
                }
                _ if number == layout.text || number == layout.attributes => {
                    return Err(WireError::Field(number));
                }
                _ => match layout.item {
                    Item::Span => self.of_span(number, value)?,
                    Item::Log => self.of_log(number, value),
                    Item::SpanEvent | Item::Metric | Item::Resource => {}
                },
            }
            self.rest.push((number, whole.into()));
        }
        Ok(())
    }

    #[inline]
    fn of_span(&mut self, number: u32, value: Value<'a>) -> Result<(), WireError> {
        match (number, value) {
            (1, Value::Bytes(id)) => self.trace_id = id,
            (2, Value::Bytes(id)) => self.span_id = id,
            (4, Value::Bytes(id)) => self.parent = id,
            (6, Value::Varint(kind)) => self.kind = kind,
            (7, Value::Fixed64(time)) => self.start = time,
            (8, Value::Fixed64(time)) => self.end = time,
            (15, Value::Bytes(status)) => {
                let mut fields = Fields::new(status);
                while let Some((number, value)) = fields.next_field()? {
                    if let (3, Value::Varint(code)) = (number, value) {
                        self.status = code;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn of_log(&mut self, number: u32, value: Value<'a>) {
        match (number, value) {
            (2, Value::Varint(severity)) => self.severity = severity,
            (9, Value::Bytes(id)) => self.trace_id = id,
            (10, Value::Bytes(id)) => self.span_id = id,
            _ => {}
        }
    }

    /// A name or a body in the place of what was there.
    pub(super) fn rename(&mut self, text: Vec<u8>) {
        let number = self.layout.text;
        if number == 0 || self.text.as_deref() == Some(&text) {
            return;
        }
        // A body that was no text.
        self.rest.retain(|(field, _)| *field != number);
        self.text = Some(text.into());
        self.changed = true;
    }

    pub(super) fn is_changed(&self) -> bool {
        self.changed || self.attributes.changed
    }

    /// Writes the message.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (_, whole) in &self.rest {
            out.extend_from_slice(whole);
        }
        match &self.text {
            Some(text) if self.layout.item == Item::Log => {
                put_message(out, self.layout.text, |out| put_bytes(out, 1, text));
            }
            Some(text) => put_bytes(out, self.layout.text, text),
            None => {}
        }
        self.attributes.write(self.layout.attributes, out);
    }
}

/// The text of an `AnyValue` that is one, and nothing else.
fn body(any_value: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields::new(any_value);
    match (fields.next_field(), fields.next_field()) {
        (Ok(Some((1, Value::Bytes(text)))), Ok(None)) => Some(text),
        _ => None,
    }
}

/// Where items come from.
#[derive(Debug, Default)]
pub(super) struct Origin<'a> {
    pub(super) resource: Attributes<'a>,
    pub(super) scope: &'a [u8],
}

/// A draft and where it comes from. `name`: of the metric, for its data points.
pub(super) struct Seen<'d, 'a> {
    pub(super) draft: &'d Draft<'a>,
    pub(super) origin: &'d Origin<'a>,
    pub(super) name: Option<&'d [u8]>,
}

impl Subject for Seen<'_, '_> {
    fn item(&self) -> Item {
        self.draft.layout.item
    }

    fn name(&self) -> Found<'_> {
        match self.name.or(self.draft.text.as_deref()) {
            Some(text) => Found::Text(text.into()),
            None => Found::Nothing,
        }
    }

    fn attribute(&self, key: &str) -> Found<'_> {
        self.draft.attributes.find(key.as_bytes())
    }

    fn resource(&self, key: &str) -> Found<'_> {
        let is_resource = self.draft.layout.item == Item::Resource;
        let resource = if is_resource { &self.draft.attributes } else { &self.origin.resource };
        resource.find(key.as_bytes())
    }

    fn scope(&self) -> &[u8] {
        self.origin.scope
    }

    fn kind(&self) -> SpanKind {
        match self.draft.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        }
    }

    fn status(&self) -> SpanStatus {
        match self.draft.status {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        }
    }

    fn duration(&self) -> u64 {
        self.draft.end.saturating_sub(self.draft.start)
    }

    fn severity(&self) -> u64 {
        self.draft.severity
    }
}
