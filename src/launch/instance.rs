//! The name of one run of a program among others of the same service.

use crate::sys;

/// `service.instance.id`: a random UUID (RFC 9562, version 4).
pub(super) fn id() -> String {
    // Without randomness the id is the same for all, and the pid in the resource still differs.
    let bytes: [u8; 16] = sys::random().unwrap_or_default();
    let id = u128::from_be_bytes(bytes) & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48;
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_uuids() {
        let id = id();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert_ne!(id, super::id());
    }
}
