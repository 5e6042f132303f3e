//! Compressed bodies, with an eye on those that are made to explode.

use super::body::too_large;
use super::limits::{BODY, RATIO, RATIO_FROM, Share};
use super::refusal::{Reason, Refusal};
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    /// The zlib format, as HTTP calls it.
    Deflate,
}

/// Every coding, as a refusal lists them.
pub(super) const CODINGS: &str = "gzip, deflate, identity";

impl Coding {
    /// `None`: an unknown coding, or several.
    pub(super) fn parse(name: &[u8]) -> Option<Coding> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match () {
            () if is("gzip") || is("x-gzip") => Some(Coding::Gzip),
            () if is("deflate") => Some(Coding::Deflate),
            () if is("identity") || is("") => Some(Coding::Identity),
            () => None,
        }
    }
}

/// Bytes that are inflated before others get their turn.
const STEP: u64 = 256 << 10;

/// Decompresses a whole body.
pub(super) async fn inflate(coding: Coding, packed: Vec<u8>, share: &mut Share) -> Result<Vec<u8>, Refusal> {
    match coding {
        Coding::Identity => Ok(packed),
        Coding::Gzip => expand(MultiGzDecoder::new(packed.as_slice()), &packed, share).await,
        Coding::Deflate => expand(ZlibDecoder::new(packed.as_slice()), &packed, share).await,
    }
}

async fn expand(mut reader: impl Read, packed: &[u8], share: &mut Share) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(packed.len().saturating_mul(8).min(STEP as usize));
    loop {
        let before = bytes.len();
        let read = (&mut reader).take(STEP).read_to_end(&mut bytes);
        let grown = bytes.len() - before;
        if bytes.len() > BODY {
            return Err(too_large(BODY));
        }
        if bytes.len() > RATIO_FROM && bytes.len() / RATIO > packed.len() {
            let text = format!("compressed by more than {RATIO}:1");
            return Err(Refusal::new(Reason::TooLarge, text));
        }
        share.grow(grown).map_err(|_| Refusal::later(Reason::Crowded))?;
        match read {
            Err(error) => {
                let text = format!("the body cannot be decompressed: {error}");
                return Err(Refusal::new(Reason::Malformed, text));
            }
            Ok(0) => break,
            Ok(_) => tokio::task::yield_now().await,
        }
    }
    bytes.shrink_to_fit();
    Ok(bytes)
}
