//! Tags of records: operation, user, session, client.

use super::Entry;
use super::known::Slot;
use crate::export::azure::envelope::Envelope;
use crate::export::azure::map::value;
use std::borrow::Cow;
use std::net::IpAddr;

/// Whence the request came that a record tells of, strongest first. The peer of a connection is
/// none of them: the record may be about a request that the program made.
const CLIENTS: [Slot; 3] = [Slot::MicrosoftClientIp, Slot::ClientAddress, Slot::HttpClientIp];

impl Entry<'_> {
    /// Writes the tags: what the record sets itself, else what its resource does, else what follows
    /// from its context and attributes.
    pub(super) fn tags(&self, envelope: &mut Envelope<'_>) {
        for (name, limit, given) in self.known.tags() {
            match (given, self.around.context.given(name)) {
                (Some(given), _) => envelope.tag(name, &value::text(given), limit),
                (None, Some(given)) => envelope.tag(name, given, limit),
                (None, None) => self.derived(envelope, name, limit),
            }
        }
    }

    fn derived(&self, envelope: &mut Envelope<'_>, name: &'static str, limit: usize) {
        let text = |slots: &[Slot]| slots.iter().find_map(|slot| self.known.some(*slot)).map(value::text);
        let derived = match name {
            "ai.operation.id" => return envelope.tag_hex(name, self.record.trace_id),
            "ai.operation.parentId" => return envelope.tag_hex(name, self.record.span_id),
            "ai.user.authUserId" => text(&[Slot::EnduserId]),
            "ai.user.id" if self.known.some(Slot::EnduserId).is_some() => text(&[Slot::EnduserPseudoId]),
            "ai.user.id" => text(&[Slot::EnduserPseudoId, Slot::UserId]),
            "ai.user.userAgent" => text(&[Slot::UserAgent, Slot::HttpUserAgent]),
            "ai.session.id" => text(&[Slot::SessionId]),
            "ai.location.ip" => CLIENTS.iter().find_map(|slot| self.address(*slot)),
            _ => None,
        };
        if let Some(derived) = derived {
            envelope.tag(name, &derived, limit);
        }
    }

    /// The address in a slot, if it is one.
    pub(super) fn address(&self, slot: Slot) -> Option<Cow<'_, str>> {
        let text = self.known.get(slot)?.as_text()?;
        text.parse::<IpAddr>().is_ok().then_some(Cow::Borrowed(text))
    }
}
