//! A parcel as it goes over the wire.

use super::super::exchange::gzip::Gzip;
use super::grpc;
use super::json::{self, Undecodable};
use crate::otlp::{Batch, Signal};
use crate::settings::{Compression, Protocol};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// Batches below this size are copied together: a few bytes cost less than a system call
/// for every sixteen chunks. Larger ones go out from where they were received.
const JOIN_BELOW: usize = 8 << 10;

/// What is done to the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    json: bool,
    framed: bool,
    gzip: Option<u32>,
}

impl Settings {
    pub(super) fn new(protocol: Protocol, compression: Compression) -> Self {
        Settings {
            json: protocol == Protocol::HttpJson,
            framed: protocol == Protocol::Grpc,
            gzip: match compression {
                Compression::None => None,
                Compression::Gzip(level) => Some(level.clamp(1, 9)),
            },
        }
    }

    /// Nothing is done: the bytes go out as they came in.
    pub(super) fn is_identity(self) -> bool {
        !self.json && self.gzip.is_none()
    }

    pub(super) fn is_gzip(self) -> bool {
        self.gzip.is_some()
    }
}

/// Chunks that make one request body; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) chunks: Arc<[Bytes]>,
    pub(super) length: u64,
    undecodable: u64,
}

impl Encoded {
    /// Batches of one signal, one after the other: again a valid request of that signal.
    pub(super) fn untouched(batches: &[Batch], framed: bool) -> Self {
        let mut chunks = Vec::with_capacity(batches.len().min(64) + 1);
        let mut small = BytesMut::new();
        for bytes in batches.iter().map(Batch::bytes) {
            if bytes.len() < JOIN_BELOW {
                small.extend_from_slice(bytes);
            } else {
                chunks.extend((!small.is_empty()).then(|| small.split().freeze()));
                chunks.push(bytes.clone());
            }
        }
        chunks.extend((!small.is_empty()).then(|| small.freeze()));
        Self::new(chunks, framed, false, 0)
    }

    fn new(mut chunks: Vec<Bytes>, framed: bool, compressed: bool, undecodable: u64) -> Self {
        let mut length = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        if framed {
            chunks.insert(0, Bytes::copy_from_slice(&grpc::prefix(compressed, length)));
            length += grpc::PREFIX as u64;
        }
        Encoded { chunks: chunks.into(), length, undecodable }
    }

    /// Items of the parcel that could not be looked into and are not in the body.
    pub(super) fn undecodable(&self) -> u64 {
        self.undecodable
    }
}

/// Makes bodies that differ from the bytes as received. Keeps zlib's state from parcel to
/// parcel.
pub(super) struct Encoder {
    settings: Settings,
    gzip: Option<Gzip>,
}

impl Encoder {
    pub(super) fn new(settings: Settings) -> Self {
        let gzip = settings.gzip.map(Gzip::new);
        Encoder { settings, gzip }
    }

    pub(super) fn encode(&mut self, signal: Signal, batches: &[Batch]) -> Result<Encoded, Undecodable> {
        let (json, undecodable) = match self.settings.json {
            true => json::join(signal, batches).map(|(json, lost)| (Some(json), lost))?,
            false => (None, 0),
        };
        let Some(gzip) = &mut self.gzip else {
            let chunks = json.into_iter().map(Bytes::from).collect();
            return Ok(Encoded::new(chunks, self.settings.framed, false, undecodable));
        };
        match &json {
            Some(json) => gzip.write(json),
            None => batches.iter().for_each(|batch| gzip.write(batch.bytes())),
        }
        let compressed = gzip.finish().map_err(|e| Undecodable(format!("gzip: {e}")))?;
        Ok(Encoded::new(vec![compressed.into()], self.settings.framed, true, undecodable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn batch(bytes: &[u8]) -> Batch {
        // A resource with a field that nobody knows is a batch without items.
        let mut request = vec![0x0a, 0];
        let mut resource = Vec::new();
        prost::encoding::bytes::encode(100, &bytes.to_vec(), &mut resource);
        request.truncate(0);
        prost::encoding::bytes::encode(1, &resource, &mut request);
        Batch::from_protobuf(Signal::Traces, request.into()).expect("a request")
    }

    fn joined(encoded: &Encoded) -> Vec<u8> {
        let all = encoded.chunks.concat();
        assert_eq!(encoded.length, all.len() as u64);
        all
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    #[test]
    fn large_batches_are_not_copied_and_small_ones_are_joined() {
        let sizes = [10, 20, 20_000, 30, 40_000, 50_000, 5];
        let batches: Vec<Batch> = sizes.iter().map(|n| batch(&noise(*n))).collect();
        let encoded = Encoded::untouched(&batches, false);
        assert_eq!(encoded.chunks.len(), 6);
        for (chunk, batch) in [(1, 2), (3, 4), (4, 5)] {
            assert_eq!(encoded.chunks[chunk].as_ptr(), batches[batch].bytes().as_ptr());
        }
        let all: Vec<u8> = batches.iter().flat_map(|b| b.bytes().to_vec()).collect();
        assert_eq!(joined(&encoded), all);
        let framed = joined(&Encoded::untouched(&batches, true));
        assert_eq!(framed[0], 0);
        assert_eq!(framed[1..5], u32::try_from(all.len()).unwrap().to_be_bytes());
        assert_eq!(framed[5..], all);
    }

    #[test]
    fn gzip_gives_back_what_went_in_from_parcel_to_parcel() {
        for level in [1, 6, 9, 99] {
            let settings = Settings::new(Protocol::HttpProtobuf, Compression::Gzip(level));
            let mut encoder = Encoder::new(settings);
            for sizes in [&[0usize][..], &[1, 70_000, 3], &[300_000]] {
                let batches: Vec<Batch> = sizes.iter().map(|n| batch(&noise(*n))).collect();
                let encoded = encoder.encode(Signal::Traces, &batches).expect("encoded");
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&joined(&encoded)[..]).read_to_end(&mut plain).expect("gzip");
                let all: Vec<u8> = batches.iter().flat_map(|b| b.bytes().to_vec()).collect();
                assert!(plain == all, "level {level}, {sizes:?}");
            }
        }
    }

    #[test]
    fn grpc_marks_what_is_compressed() {
        let mut encoder = Encoder::new(Settings::new(Protocol::Grpc, Compression::Gzip(1)));
        let all = joined(&encoder.encode(Signal::Traces, &[batch(b"x")]).expect("encoded"));
        assert_eq!(all[0], 1);
        assert_eq!(all[1..5], u32::try_from(all.len() - 5).unwrap().to_be_bytes());
        assert_eq!(all[5..7], [0x1f, 0x8b]);
    }
}
