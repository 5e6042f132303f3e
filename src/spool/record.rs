//! A batch as it lies in its file: a header, the OTLP request, and a checksum of each.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `otelrun1`: the format with its version |
//! | 1 | signal: 1 traces, 2 metrics, 3 logs |
//! | 3 | 0 |
//! | 8 | number of items |
//! | 8 | length of the request |
//! | 16 | whom it is for: [`Address`] |
//! | 8 | when it was written, in milliseconds since 1970 |
//! | 8 | the same since the machine was started |
//! | 16 | the id of that start |
//! | 4 | CRC-32 of all this |
//! | length | the request, as protobuf |
//! | 4 | CRC-32 of the request |
//!
//! Numbers are little endian. Files of this version stay readable for ever.

use super::Address;
use super::age::Written;
use crate::otlp::{Batch, Signal};
use bytes::Bytes;
use flate2::Crc;

const MAGIC: &[u8; 8] = b"otelrun1";
const HEADER: usize = 80;
const CHECKSUM: usize = 4;

/// The most that is read of a file: more than the receiver lets in.
pub(super) const LONGEST: u64 = 64 << 20;

/// What is not written by us, or not as we wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damaged {
    #[error("it is shorter than it says")]
    Short,
    #[error("it is no batch of a version that is known")]
    Unknown,
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it is for another destination")]
    Stray,
    #[error("{0}")]
    Malformed(String),
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) batch: Batch,
    pub(super) written: Written,
}

/// The bytes before and behind the request.
pub(super) fn frame(batch: &Batch, address: &Address, written: &Written) -> ([u8; HEADER], [u8; CHECKSUM]) {
    let signal = match batch.signal() {
        Signal::Traces => 1,
        Signal::Metrics => 2,
        Signal::Logs => 3,
    };
    let length = batch.bytes().len() as u64;
    let parts: [&[u8]; 9] = [
        MAGIC,
        &[signal, 0, 0, 0],
        &batch.items().to_le_bytes(),
        &length.to_le_bytes(),
        &address.0,
        &written.wall.to_le_bytes(),
        &written.since_boot.to_le_bytes(),
        &written.boot,
        &[],
    ];
    let mut header = [0; HEADER];
    let head = parts.concat();
    for (to, from) in header.iter_mut().zip(head.iter().copied().chain(checksum(&head))) {
        *to = from;
    }
    (header, checksum(batch.bytes()))
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// Reads a whole file.
pub(super) fn read(file: Bytes, address: &Address) -> Result<Record, Damaged> {
    let mut rest = Reader(&file);
    if rest.take::<8>()? != *MAGIC {
        return Err(Damaged::Unknown);
    }
    let [signal, ..] = rest.take::<4>()?;
    let items = u64::from_le_bytes(rest.take()?);
    let length = u64::from_le_bytes(rest.take()?);
    let whom = Address(rest.take()?);
    let written = Written {
        wall: u64::from_le_bytes(rest.take()?),
        since_boot: u64::from_le_bytes(rest.take()?),
        boot: rest.take()?,
    };
    let head = file.get(..HEADER - CHECKSUM).ok_or(Damaged::Short)?;
    if rest.take::<CHECKSUM>()? != checksum(head) {
        return Err(Damaged::Checksum);
    }
    if whom != *address {
        return Err(Damaged::Stray);
    }
    let signal = match signal {
        1 => Signal::Traces,
        2 => Signal::Metrics,
        3 => Signal::Logs,
        _ => return Err(Damaged::Unknown),
    };
    let length = usize::try_from(length).map_err(|_| Damaged::Short)?;
    if rest.0.len() != length.saturating_add(CHECKSUM) {
        return Err(Damaged::Short);
    }
    let request = file.slice(HEADER..HEADER.saturating_add(length));
    if file.get(HEADER.saturating_add(length)..) != Some(checksum(&request).as_slice()) {
        return Err(Damaged::Checksum);
    }
    let batch = Batch::from_protobuf(signal, request).map_err(|e| Damaged::Malformed(e.to_string()))?;
    if batch.items() != items {
        return Err(Damaged::Malformed(format!("{items} items were promised, there are {}", batch.items())));
    }
    Ok(Record { batch, written })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(Damaged::Short)?;
        self.0 = rest;
        Ok(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::spans;
    use super::*;

    const ADDRESS: Address = Address([7; 16]);

    fn file() -> Vec<u8> {
        let batch = spans(3);
        let (header, end) = frame(&batch, &ADDRESS, &Written { wall: 5, since_boot: 6, boot: [8; 16] });
        [&header[..], batch.bytes(), &end].concat()
    }

    #[test]
    fn there_and_back() {
        let record = read(file().into(), &ADDRESS).expect("undamaged");
        assert_eq!((record.batch.signal(), record.batch.items()), (Signal::Traces, 3));
        assert_eq!(record.batch.bytes(), spans(3).bytes());
        assert_eq!(record.written, Written { wall: 5, since_boot: 6, boot: [8; 16] });
    }

    /// The first version, byte for byte: what lies on somebody's disk must be read by every later program.
    #[test]
    fn the_format_does_not_change() {
        let hex: String = file().iter().take(HEADER).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "6f74656c72756e310100000003000000000000000a0000000000000007070707070707070707070707070707\
             0500000000000000060000000000000008080808080808080808080808080808be8f75e7"
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let whole = file();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(damaged.into(), &ADDRESS).is_err(), "byte {at}, bit {bit}");
            }
            assert!(read(whole[..at].to_vec().into(), &ADDRESS).is_err(), "cut at {at}");
        }
        assert!(read([&whole[..], b"x"].concat().into(), &ADDRESS).is_err(), "longer");
        assert_eq!(read(whole.into(), &Address([1; 16])).expect_err("foreign"), Damaged::Stray);
    }
}
