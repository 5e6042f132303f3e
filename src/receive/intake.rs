//! What both protocols have in common: who may enter, how much at a time, where it goes, and
//! the books of what is refused.

use super::guard::Guard;
use super::limits::{Budget, ROOM_TIME};
use super::refusal::{Reason, Refusal};
use super::reply::Encoding;
use crate::export::Pipeline;
use crate::notice::{self, Level};
use crate::otlp::{Batch, Malformed, Signal, json};
use bytes::Bytes;

/// JSON of so many bytes takes milliseconds, in which others would wait; it has a thread.
const LONG_JSON: usize = 256 << 10;

pub(super) struct Intake {
    pub(super) guard: Guard,
    pub(super) budget: Budget,
    pub(super) pipeline: Pipeline,
}

impl Intake {
    /// Hands a complete request to the pipeline, which owns it from then on. `raw`: a built-in shim
    /// has sent it.
    pub(super) async fn take(
        &self,
        signal: Signal,
        encoding: Encoding,
        bytes: Bytes,
        raw: bool,
    ) -> Result<(), Refusal> {
        let malformed = |error: Malformed| Refusal::new(Reason::Malformed, error.to_string());
        let bytes = match encoding {
            Encoding::Protobuf => bytes,
            Encoding::Json if bytes.len() < LONG_JSON => json::decode(signal, &bytes).map_err(malformed)?,
            Encoding::Json => tokio::task::spawn_blocking(move || json::decode(signal, &bytes))
                .await
                .map_err(|_| Refusal::internal())?
                .map_err(malformed)?,
        };
        let batch = Batch::from_protobuf(signal, bytes).map_err(malformed)?;
        // "Success" to an empty request, which is nothing to hand on.
        if batch.items() == 0 {
            return Ok(());
        }
        self.pipeline.room(&batch, ROOM_TIME).await;
        self.pipeline.take(&batch, raw).await.map_err(|_| Refusal::later(Reason::Full))
    }

    /// Books a refusal. Those of the pipeline are booked there.
    pub(super) fn count(&self, signal: Option<Signal>, refusal: &Refusal) {
        let Some(signal) = signal else {
            return notice::info("receive-unknown", &format!("receiver: a request was refused: {refusal}"));
        };
        if refusal.reason != Reason::Full {
            self.pipeline.account().refused(signal, refusal.reason.name());
        }
        let level = match refusal.reason {
            // Comes again.
            Reason::Full | Reason::Crowded => Level::Debug,
            // Not from our target.
            Reason::Host | Reason::Origin | Reason::Token | Reason::Method | Reason::Path => Level::Info,
            // Lost.
            _ => Level::Warning,
        };
        notice::say(level, "receive", &format!("receiver: a request with {signal} was refused: {refusal}"));
    }
}
