//! A request's body, read into one buffer of its own size.

use super::limits::{BODY_TIME, Share};
use super::refusal::{Reason, Refusal};
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use std::fmt::Display;

/// Memory is taken as bytes come in, not because somebody said that they would: so much of
/// a declared length is believed.
const BELIEVED: usize = 1 << 20;

/// Reads a body of at most `most` bytes. They are copied, because the pieces of a body are
/// cut from read buffers that are much larger than a small body.
pub(super) async fn read<B>(body: B, most: usize, share: &mut Share) -> Result<Vec<u8>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::new();
    let mut pieces = Pieces { body };
    tokio::time::timeout(BODY_TIME, async {
        while let Some(piece) = pieces.next().await? {
            append(&mut bytes, &piece, declared.max(piece.len()), most, share)?;
        }
        Ok(bytes)
    })
    .await
    .unwrap_or_else(|_| Err(Refusal::new(Reason::Slow, "the body took longer than 10 s")))
}

/// Appends one piece of a body whose whole length is said to be `declared`.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    piece: &[u8],
    declared: usize,
    most: usize,
    share: &mut Share,
) -> Result<(), Refusal> {
    if piece.len() > most - bytes.len().min(most) {
        return Err(too_large(most));
    }
    share.grow(piece.len()).map_err(|_| Refusal::later(Reason::Crowded))?;
    if bytes.capacity() == 0 {
        bytes.reserve_exact(declared.min(BELIEVED));
    }
    bytes.extend_from_slice(piece);
    Ok(())
}

pub(super) fn too_large(most: usize) -> Refusal {
    Refusal::new(Reason::TooLarge, format!("larger than {} MiB", most >> 20))
}

/// The data of a body, piece by piece.
pub(super) struct Pieces<B> {
    pub(super) body: B,
}

impl<B> Pieces<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    /// The next piece of data, `None` at the end of the body.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                Refusal::new(Reason::Malformed, format!("the body cannot be read: {error}"))
            })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
