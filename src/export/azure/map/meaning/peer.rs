//! The other side of a call.

use super::url::{host_port, with_port};
use super::{Known, Slot};
use std::borrow::Cow;

/// Its service, else the first of `hosts` that is known, with its port unless that goes
/// `without_saying`.
pub(super) fn peer<'a>(
    known: &Known<'a>,
    hosts: &[Slot],
    without_saying: impl Fn(u16) -> bool,
) -> Option<Cow<'a, str>> {
    if let Some(service) = known.take(Slot::PeerService) {
        return Some(Cow::Borrowed(service));
    }
    hosts.iter().find_map(|slot| {
        let port = if *slot == Slot::ServerAddress { Slot::ServerPort } else { Slot::NetPeerPort };
        let (host, number) = with_port(known.take(*slot)?, known.port(port));
        if known.port(port).is_some() {
            known.tell(port);
        }
        Some(host_port(host, number.filter(|number| !without_saying(*number))))
    })
}
