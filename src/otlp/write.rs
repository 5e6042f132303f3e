//! Writes protobuf's wire format (protobuf encoding specification).

/// Wire types.
pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const LENGTH: u32 = 2;
pub(super) const FIXED32: u32 = 5;

/// What comes before the value of a field: its number and its wire type.
pub(super) fn put_key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(out, u64::from(number << 3 | wire_type));
}

pub(super) fn put_varint(out: &mut Vec<u8>, n: u64) {
    let (bytes, length) = varint(n);
    out.extend(bytes.into_iter().take(length));
}

fn varint(mut n: u64) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    let mut length = 0;
    for byte in &mut bytes {
        length += 1;
        *byte = n as u8 & 0x7f;
        n >>= 7;
        if n == 0 {
            break;
        }
        *byte |= 0x80;
    }
    (bytes, length)
}

/// Begins a value whose length is not known yet, and returns where.
pub(super) fn begin(out: &mut Vec<u8>) -> usize {
    out.push(0);
    out.len()
}

/// Ends the value that began at `start`: writes its length before it.
pub(super) fn end(out: &mut Vec<u8>, start: usize) {
    let (bytes, length) = varint((out.len() - start) as u64);
    out.splice(start - 1..start, bytes.into_iter().take(length));
}
