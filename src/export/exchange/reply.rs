//! Reading what a peer answers: never more than was thought of, whatever it declares.

use ::http::HeaderMap;
use bytes::{Bytes, BytesMut};
use flate2::bufread::GzDecoder;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::io::Read;

/// Longest reply that is decompressed.
const LONGEST: usize = 64 << 10;

/// A reply's body, as far as it was read.
#[derive(Debug)]
pub(in crate::export) struct Reply {
    pub(in crate::export) body: Bytes,
    pub(in crate::export) trailers: Option<HeaderMap>,
    pub(in crate::export) end: End,
}

#[derive(Debug)]
pub(in crate::export) enum End {
    Complete,
    /// There is more, which nobody will read.
    TooLong,
    Broken(hyper::Error),
}

/// Reads at most `longest` bytes.
pub(in crate::export) async fn read(mut incoming: Incoming, longest: usize) -> Reply {
    let (mut body, mut trailers) = (BytesMut::new(), None);
    let end = loop {
        match incoming.frame().await {
            None => break End::Complete,
            Some(Err(error)) => break End::Broken(error),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if body.len() + data.len() > longest => break End::TooLong,
                Ok(data) => body.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    };
    Reply { body: body.freeze(), trailers, end }
}

/// Undoes gzip, up to [`LONGEST`]; `None` when it is longer or broken.
pub(in crate::export) fn gunzip(compressed: &[u8]) -> Option<Bytes> {
    let mut plain = Vec::new();
    let read = GzDecoder::new(compressed).take(LONGEST as u64 + 1).read_to_end(&mut plain).ok()?;
    (read <= LONGEST).then(|| plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_compressed_reply_cannot_grow_without_bound() {
        let gzip = |length: usize| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&vec![b'a'; length]).expect("memory");
            encoder.finish().expect("memory")
        };
        assert_eq!(gunzip(&gzip(LONGEST)).expect("fits").len(), LONGEST);
        assert_eq!(gunzip(&gzip(LONGEST + 1)), None);
        assert_eq!(gunzip(&gzip(1 << 20)), None);
        assert_eq!(gunzip(b"not gzip"), None);
    }
}
