//! What must be read of a span to count it: most of what its attributes say is not asked for.

use crate::export::azure::map::meaning::Slot;
use crate::otlp::view::SpanKind;

/// For requests: result, robots, and what an SDK has left out.
const REQUEST: u128 = mask(&[
    Slot::HttpRequestMethod,
    Slot::HttpMethod,
    Slot::HttpResponseStatusCode,
    Slot::HttpStatusCode,
    Slot::RpcResponseStatusCode,
    Slot::RpcGrpcStatusCode,
    Slot::UserAgentSyntheticType,
    Slot::UserAgentOriginal,
    Slot::HttpUserAgent,
    Slot::MsSampleRate,
    Slot::MicrosoftSampleRate,
    Slot::InternalSampleRate,
]);

/// For dependencies also type and target; and which of the two it is.
const DEPENDENCY: u128 = REQUEST
    | mask(&[
        Slot::MessagingOperationType,
        Slot::MessagingOperation,
        Slot::JobSystem,
        Slot::UrlFull,
        Slot::UrlScheme,
        Slot::HttpUrl,
        Slot::HttpScheme,
        Slot::HttpHost,
        Slot::ServerAddress,
        Slot::ServerPort,
        Slot::NetPeerName,
        Slot::NetPeerPort,
        Slot::NetPeerIp,
        Slot::NetSockPeerName,
        Slot::NetSockPeerAddr,
        Slot::PeerService,
        Slot::PeerAddress,
        Slot::DbSystemName,
        Slot::DbSystem,
        Slot::DbNamespace,
        Slot::DbName,
        Slot::MessagingSystem,
        Slot::MessagingDestinationName,
        Slot::MessagingDestination,
        Slot::MessageBusDestination,
        Slot::RpcSystemName,
        Slot::RpcSystem,
        Slot::GenAiProviderName,
        Slot::GenAiSystem,
        Slot::AzNamespace,
    ]);

/// Lengths of the names in question, a bit each: most others are known not to be one by this alone.
const REQUEST_LENGTHS: u64 = lengths(REQUEST);
const DEPENDENCY_LENGTHS: u64 = lengths(DEPENDENCY);

const fn mask(slots: &[Slot]) -> u128 {
    let (mut mask, mut at) = (0, 0);
    while at < slots.len() {
        mask |= 1 << slots[at] as u32;
        at += 1;
    }
    mask
}

const fn lengths(slots: u128) -> u64 {
    let (mut lengths, mut at) = (0, 0);
    while at < Slot::ALL.len() {
        if slots & 1 << at != 0 {
            lengths |= 1 << Slot::ALL[at].name().len();
        }
        at += 1;
    }
    lengths
}

/// Whether an attribute of a span of this kind matters.
#[inline]
pub(super) fn is_needed(kind: SpanKind, key: &[u8]) -> bool {
    let (needed, lengths) = match kind {
        SpanKind::Server => (REQUEST, REQUEST_LENGTHS),
        _ => (DEPENDENCY, DEPENDENCY_LENGTHS),
    };
    if key.len() >= 64 || lengths & 1 << key.len() == 0 {
        return false;
    }
    let slot = std::str::from_utf8(key).ok().and_then(Slot::of);
    slot.is_some_and(|slot| needed & 1 << slot as u32 != 0)
}
