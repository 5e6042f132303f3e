//! Writes protobuf's wire format (protobuf encoding specification).

/// Wire types.
pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(crate) const LENGTH: u32 = 2;
pub(super) const FIXED32: u32 = 5;

/// What comes before the value of a field: its number and its wire type.
#[inline]
pub(crate) fn put_key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(out, u64::from(number << 3 | wire_type));
}

#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, n: u64) {
    if n < 0x80 {
        return out.push(n as u8);
    }
    let (bytes, length) = varint(n);
    out.extend(bytes.into_iter().take(length));
}

/// Bytes that a number takes.
pub(super) fn varint_length(n: u64) -> usize {
    varint(n).1
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
pub(crate) fn begin(out: &mut Vec<u8>) -> usize {
    out.push(0);
    out.len()
}

/// Ends the value that began at `start`: writes its length before it.
pub(crate) fn end(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start;
    if let (0..0x80, Some(byte)) = (length, out.get_mut(start - 1)) {
        *byte = length as u8;
        return;
    }
    let (bytes, length) = varint(length as u64);
    out.splice(start - 1..start, bytes.into_iter().take(length));
}

/// A field that is a message, a text or bytes.
#[inline]
pub(crate) fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_key(out, number, LENGTH);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(crate) fn put_number(out: &mut Vec<u8>, number: u32, n: u64) {
    put_key(out, number, VARINT);
    put_varint(out, n);
}

/// A field that is a `sint32` or `sint64`.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: u32, n: i64) {
    put_number(out, number, (n << 1 ^ n >> 63) as u64);
}

pub(crate) fn put_fixed64(out: &mut Vec<u8>, number: u32, n: u64) {
    put_key(out, number, FIXED64);
    out.extend_from_slice(&n.to_le_bytes());
}

/// A field that is a message, whose content `write` writes.
#[inline]
pub(crate) fn put_message(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
    put_key(out, number, LENGTH);
    let start = begin(out);
    write(out);
    end(out, start);
}

/// A `KeyValue` in field `number`, whose value is a text.
#[inline]
pub(crate) fn put_text_attribute(out: &mut Vec<u8>, number: u32, key: &str, text: &[u8]) {
    put_message(out, number, |out| {
        put_bytes(out, 1, key.as_bytes());
        put_message(out, 2, |out| put_bytes(out, 1, text));
    });
}

/// A `KeyValue` in field `number`, whose value is a whole number.
#[inline]
pub(crate) fn put_int_attribute(out: &mut Vec<u8>, number: u32, key: &str, value: i64) {
    put_message(out, number, |out| {
        put_bytes(out, 1, key.as_bytes());
        put_message(out, 2, |out| put_number(out, 3, value as u64));
    });
}

/// A `KeyValue` in field `number`, whose value is a number with a fraction.
pub(crate) fn put_double_attribute(out: &mut Vec<u8>, number: u32, key: &str, value: f64) {
    put_message(out, number, |out| {
        put_bytes(out, 1, key.as_bytes());
        put_message(out, 2, |out| put_fixed64(out, 4, value.to_bits()));
    });
}
