//! Messages: producers, consumers and what polls.

use super::url::host_port;
use super::{Known, Slot};
use std::borrow::Cow;

/// Where messages go. With the stable convention `host/destination`; with the older one host and
/// port, else the destination; the system when nothing else is known.
pub(super) fn target<'a>(known: &Known<'a>) -> Cow<'a, str> {
    if let Some(service) = known.take(Slot::PeerService) {
        return Cow::Borrowed(service);
    }
    if known.has(Slot::MessagingDestinationName) {
        let target = place(known, &[Slot::ServerAddress, Slot::NetPeerName]);
        if !target.is_empty() {
            return target;
        }
    }
    for (host, port) in [
        (Slot::ServerAddress, Slot::ServerPort),
        (Slot::NetPeerName, Slot::NetPeerPort),
        (Slot::NetPeerIp, Slot::NetPeerPort),
    ] {
        if let Some(host) = known.take(host) {
            known.tell(port);
            return host_port(host, known.port(port));
        }
    }
    Cow::Borrowed(known.take_first(&[Slot::MessagingDestination, Slot::MessagingSystem]).unwrap_or_default())
}

/// Whence a message came: `host/destination`.
pub(super) fn source<'a>(known: &Known<'a>) -> Cow<'a, str> {
    place(known, &[Slot::ServerAddress, Slot::NetPeerName])
}

fn place<'a>(known: &Known<'a>, hosts: &[Slot]) -> Cow<'a, str> {
    let Some(destination) = known.take_first(&[Slot::MessagingDestinationName, Slot::MessagingDestination])
    else {
        return Cow::Borrowed("");
    };
    match known.take_first(hosts) {
        Some(host) => Cow::Owned([host, "/", destination].concat()),
        None => Cow::Borrowed(destination),
    }
}
