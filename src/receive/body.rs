//! A request's body, read into one buffer of its own size.

use super::limits::{BODY_TIME, Share};
use super::refusal::{Reason, Refusal};
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use std::fmt::Display;

/// Reads a body of at most `most` bytes. They are copied, because the pieces of a body are
/// cut from read buffers that are much larger than a small body.
pub(super) async fn read<B>(body: &mut B, most: usize, share: &mut Share) -> Result<Vec<u8>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let hint = body.size_hint();
    let declared = usize::try_from(hint.lower()).unwrap_or(usize::MAX);
    if declared > most {
        return Err(too_large(most));
    }
    timely(async {
        let mut bytes = room(declared, share).await?;
        // What comes behind the declared length (or the end of the connection) is of no interest.
        while hint.exact() != Some(bytes.len() as u64) {
            let Some(piece) = next(body).await? else { break };
            append(&mut bytes, &piece, most, share)?;
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    })
    .await
}

/// An empty buffer with room for a body whose length is said to be `declared`, or 0.
pub(super) async fn room(declared: usize, share: &mut Share) -> Result<Vec<u8>, Refusal> {
    share.reserve(declared).await.map_err(|_| Refusal::later(Reason::Crowded))?;
    Ok(Vec::with_capacity(declared))
}

/// Bounds the time for a body.
pub(super) async fn timely<T>(read: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let late = |_| Err(Refusal::new(Reason::Slow, "the body took longer than 10 s"));
    tokio::time::timeout(BODY_TIME, read).await.unwrap_or_else(late)
}

/// The next piece of a body's data, `None` at its end.
pub(super) async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| Refusal::new(Reason::Malformed, format!("the body cannot be read: {error}")))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Appends one piece of a body.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    piece: &[u8],
    most: usize,
    share: &mut Share,
) -> Result<(), Refusal> {
    if piece.len() > most.saturating_sub(bytes.len()) {
        return Err(too_large(most));
    }
    share.grow(piece.len()).map_err(|_| Refusal::later(Reason::Crowded))?;
    bytes.extend_from_slice(piece);
    Ok(())
}

pub(super) fn too_large(most: usize) -> Refusal {
    Refusal::new(Reason::TooLarge, format!("larger than {} MiB", most >> 20))
}
