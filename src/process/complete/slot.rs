//! The attributes of spans that completing them reads or writes.

use crate::otlp::wire::{Fields, Value, WireError};

/// Declares the slots, grouped by the lengths of their names, by which they are told apart.
macro_rules! slots {
    ($($length:literal: $($slot:ident = $name:literal,)+)+) => {
        /// An attribute by its name in the semantic conventions, or a raw one of the shims.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Slot { $($($slot,)+)+ }

        impl Slot {
            const ALL: &[Slot] = &[$($(Slot::$slot,)+)+];

            pub(super) const fn name(self) -> &'static str {
                match self { $($(Slot::$slot => $name,)+)+ }
            }

            /// The slot of an attribute's key.
            #[inline]
            fn of(key: &[u8]) -> Option<Slot> {
                match key.len() {
                    $($length => {
                        $(if key == $name.as_bytes() { return Some(Slot::$slot); })+
                        None
                    })+
                    _ => None,
                }
            }
        }
    };
}

slots! {
    8: UrlPath = "url.path", UrlFull = "url.full",
    9: UrlQuery = "url.query",
    10: UrlScheme = "url.scheme", HttpRoute = "http.route", ErrorType = "error.type",
    11: ServerPort = "server.port",
    12: DbNamespace = "db.namespace", UrlTemplate = "url.template",
    13: DbQueryText = "db.query.text", Host = "otel_run.host",
    14: ServerAddress = "server.address", ClientAddress = "client.address", DbSystemName = "db.system.name",
    16: DbQuerySummary = "db.query.summary", DbMany = "otel_run.db.many",
    17: DbOperationName = "db.operation.name",
    18: DbCollectionName = "db.collection.name", Forwarded = "otel_run.forwarded",
    19: HttpRequestMethod = "http.request.method",
    20: NetworkPeerAddress = "network.peer.address",
    23: DbResponseStatusCode = "db.response.status_code",
    24: NetworkProtocolVersion = "network.protocol.version", XForwardedFor = "otel_run.x_forwarded_for",
        DbStoredProcedureName = "db.stored_procedure.name",
    25: HttpResponseStatusCode = "http.response.status_code", XForwardedHost = "otel_run.x_forwarded_host",
    26: XForwardedProto = "otel_run.x_forwarded_proto",
    28: HttpRequestMethodOriginal = "http.request.method_original",
}

/// Number of slots: a bit each in a mask.
const SLOTS: usize = Slot::ALL.len();

/// Names of raw attributes start with it.
const RAW: &[u8] = b"otel_run.";

/// The value of an attribute, if it is of a kind that means something here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read<'a> {
    Text(&'a [u8]),
    Int(i64),
    Bool(bool),
    Other,
}

/// The attributes of one span, in their order, and by slot.
#[derive(Debug)]
pub(super) struct Known<'a> {
    slots: [Option<Read<'a>>; SLOTS],
    /// The fields as they stand in the span, and whose they are.
    fields: Vec<(&'a [u8], Owner)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Owner {
    Slot(Slot),
    /// A raw attribute that nobody asked for, or one that came twice: it is not passed on.
    Raw,
    Other,
}

impl<'a> Known<'a> {
    pub(super) fn new() -> Known<'a> {
        Known { slots: [None; SLOTS], fields: Vec::with_capacity(32) }
    }

    pub(super) fn clear(&mut self) {
        self.slots = [None; SLOTS];
        self.fields.clear();
    }

    /// Adds a `KeyValue`; `whole` is the field as it stands in the span.
    #[inline]
    pub(super) fn add(&mut self, message: &'a [u8], whole: &'a [u8]) -> Result<(), WireError> {
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
        let owner = match Slot::of(key) {
            Some(slot) => {
                let read = read(value)?;
                match self.slots.get_mut(slot as usize) {
                    Some(known @ None) => {
                        *known = Some(read);
                        Owner::Slot(slot)
                    }
                    // The first counts; a second one is nothing that OTLP knows.
                    _ => Owner::Raw,
                }
            }
            None if key.starts_with(RAW) => Owner::Raw,
            None => Owner::Other,
        };
        self.fields.push((whole, owner));
        Ok(())
    }

    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<Read<'a>> {
        self.slots.get(slot as usize).copied().flatten()
    }

    /// What an attribute is taken for from now on.
    pub(super) fn set(&mut self, slot: Slot, text: &'a [u8]) {
        if let Some(known) = self.slots.get_mut(slot as usize) {
            *known = Some(Read::Text(text));
        }
    }

    pub(super) fn has(&self, slot: Slot) -> bool {
        self.get(slot).is_some()
    }

    /// The text of an attribute that has one, and not an empty one.
    #[inline]
    pub(super) fn text(&self, slot: Slot) -> Option<&'a [u8]> {
        match self.get(slot) {
            Some(Read::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self, slot: Slot) -> Option<i64> {
        match self.get(slot) {
            Some(Read::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// Writes the attributes that stay as they are.
    pub(super) fn copy(&self, without: Mask, out: &mut Vec<u8>) {
        for (whole, owner) in &self.fields {
            let stays = match owner {
                Owner::Slot(slot) => !without.has(*slot),
                Owner::Raw => false,
                Owner::Other => true,
            };
            if stays {
                out.extend_from_slice(whole);
            }
        }
    }
}

#[inline]
fn read(message: &[u8]) -> Result<Read<'_>, WireError> {
    let mut fields = Fields::new(message);
    let mut read = Read::Other;
    while let Some((number, value)) = fields.next_field()? {
        read = match (number, value) {
            (1, Value::Bytes(text)) => Read::Text(text),
            (2, Value::Varint(truth)) => Read::Bool(truth != 0),
            (3, Value::Varint(number)) => Read::Int(number as i64),
            _ => Read::Other,
        };
    }
    Ok(read)
}

/// A set of slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask(u64);

impl Mask {
    /// What is never exported.
    pub(super) const RAW: Mask = Mask(
        1 << Slot::Host as u64
            | 1 << Slot::Forwarded as u64
            | 1 << Slot::XForwardedFor as u64
            | 1 << Slot::XForwardedHost as u64
            | 1 << Slot::XForwardedProto as u64
            | 1 << Slot::DbMany as u64,
    );

    pub(super) fn add(&mut self, slot: Slot) {
        self.0 |= 1 << slot as u64;
    }

    fn has(self, slot: Slot) -> bool {
        self.0 & 1 << slot as u64 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        const { assert!(SLOTS <= 64) };
        for slot in Slot::ALL {
            assert_eq!(Slot::of(slot.name().as_bytes()), Some(*slot), "{}", slot.name());
            let is_raw = slot.name().as_bytes().starts_with(RAW);
            assert_eq!(Mask::RAW.has(*slot), is_raw, "{}", slot.name());
        }
        for key in ["", "url.pat", "url.patH", "http.request.methods"] {
            assert_eq!(Slot::of(key.as_bytes()), None);
        }
    }
}
