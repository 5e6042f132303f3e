//! Tags of spans and of what happened in them: operation, user, session, client.

use super::Item;
use crate::export::azure::envelope::Envelope;
use crate::export::azure::map::meaning::{Known, Meaning, Slot, is_http, is_synthetic};
use crate::otlp::view::SpanKind;
use std::net::IpAddr;

/// Longest tag of most kinds, in UTF-16 units.
const LONG: usize = 1024;
const SESSION: usize = 64;
const ADDRESS: usize = 46;

/// Whence a request came, strongest first.
const CLIENTS: [Slot; 6] = [
    Slot::MicrosoftClientIp,
    Slot::ClientAddress,
    Slot::HttpClientIp,
    Slot::NetworkPeerAddress,
    Slot::NetSockPeerAddr,
    Slot::NetPeerIp,
];

/// Tags that nothing else gives than an attribute of the same name.
const GIVEN: [(Slot, usize); 4] = [
    (Slot::AiOperationCorrelationVector, 64),
    (Slot::AiUserAccountId, LONG),
    (Slot::AiSessionIsFirst, 5),
    (Slot::AiOperationSyntheticSource, LONG),
];

impl Item<'_> {
    /// Tags of the span itself.
    pub(super) fn tags(&self, envelope: &mut Envelope<'_>) {
        let (span, known) = (self.span, self.known);
        match self.given(Slot::AiOperationId) {
            Some(given) => envelope.tag("ai.operation.id", given, 128),
            None => envelope.tag_hex("ai.operation.id", span.trace_id),
        }
        match self.given(Slot::AiOperationParentId) {
            Some(given) => envelope.tag("ai.operation.parentId", given, 512),
            None => envelope.tag_hex("ai.operation.parentId", span.parent_span_id),
        }
        let name = match self.meaning {
            Meaning::Request(request) => Some(&*request.name),
            Meaning::Dependency(_) => None,
        };
        self.tag(envelope, Slot::AiOperationName, || name, LONG);
        if is_http(known) {
            let agent = || known.take_first(&[Slot::UserAgentOriginal, Slot::HttpUserAgent]);
            self.tag(envelope, Slot::AiUserUserAgent, agent, LONG);
        } else {
            self.tag(envelope, Slot::AiUserUserAgent, || None, LONG);
        }
        if is_synthetic(known) && self.given(Slot::AiOperationSyntheticSource).is_none() {
            envelope.tag("ai.operation.syntheticSource", "True", LONG);
        }
        self.tags_of_events(envelope, known);
        self.tag(envelope, Slot::AiLocationIp, || self.client(), ADDRESS);
        for (slot, limit) in GIVEN {
            self.tag(envelope, slot, || None, limit);
        }
    }

    /// Tags that the events of a span have too. `own`: attributes of the event, or of the span.
    pub(super) fn tags_of_events(&self, envelope: &mut Envelope<'_>, own: &Known<'_>) {
        let known = self.known;
        let either = |slot| own.take(slot).or_else(|| known.take(slot));
        self.tag(envelope, Slot::AiUserAuthUserId, || either(Slot::EnduserId), LONG);
        let user = || match either(Slot::EnduserPseudoId) {
            None if !known.has(Slot::EnduserId) => either(Slot::UserId),
            user => user,
        };
        self.tag(envelope, Slot::AiUserId, user, LONG);
        self.tag(envelope, Slot::AiSessionId, || either(Slot::SessionId), SESSION);
    }

    /// The address of who sent the request. Without one the service takes that of who sent the
    /// envelope, which for a dependency is the right thing to leave alone.
    fn client(&self) -> Option<&str> {
        if !matches!(self.span.kind, SpanKind::Server | SpanKind::Consumer) {
            return None;
        }
        let is_address =
            |slot: &Slot| self.known.text(*slot).is_some_and(|text| text.parse::<IpAddr>().is_ok());
        let first = CLIENTS.iter().find(|slot| is_address(slot))?;
        let address = self.known.take(*first);
        for slot in CLIENTS.iter().filter(|slot| self.known.text(**slot) == address) {
            self.known.tell(*slot);
        }
        address
    }

    /// A tag: from an attribute of its own name, the item's before the resource's, else `derived`.
    fn tag<'t>(
        &'t self,
        envelope: &mut Envelope<'_>,
        slot: Slot,
        derived: impl FnOnce() -> Option<&'t str>,
        limit: usize,
    ) {
        if let Some(value) = self.given(slot).or_else(derived) {
            envelope.tag(slot.name(), value, limit);
        }
    }

    fn given(&self, slot: Slot) -> Option<&str> {
        self.known.take(slot).or_else(|| self.around.context.given(slot.name()))
    }
}
