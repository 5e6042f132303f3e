//! Queues and hubs that spans of the Azure SDK work with.

use super::{Known, Slot};
use std::borrow::Cow;

/// `peer/destination` of Event Hubs and Service Bus; empty for other services of Azure.
pub(super) fn of<'a>(known: &Known<'a>, namespace: &str) -> Cow<'a, str> {
    if !matches!(namespace, "Microsoft.EventHub" | "Microsoft.ServiceBus") {
        return Cow::Borrowed("");
    }
    let peer = known.take_first(&[Slot::ServerAddress, Slot::NetPeerName, Slot::PeerAddress]);
    let destination = known.first(&[
        Slot::MessagingDestinationName,
        Slot::MessagingDestination,
        Slot::MessageBusDestination,
    ]);
    for slot in [Slot::MessagingDestinationName, Slot::MessagingDestination] {
        if destination.is_some() && known.text(slot) == destination {
            known.tell(slot);
        }
    }
    match (peer, destination) {
        (Some(peer), Some(destination)) => Cow::Owned([peer, "/", destination].concat()),
        (one, None) | (None, one) => Cow::Borrowed(one.unwrap_or_default()),
    }
}
