//! From batches to requests, in one pass: what is mapped is compressed at once.

use super::post::{Form, Packed, Packer, add};
use crate::account::Loss;
use crate::export::azure::map::{Common, Mapper};
use crate::export::exchange::gzip::Gzip;
use crate::otlp::Batch;
use crate::settings::AzureSettings;
use std::sync::Arc;

/// Fast, and nearly as good as more for envelopes, which repeat themselves.
const LEVEL: u32 = 1;

/// Maps and compresses. Keeps what both know from parcel to parcel.
pub(super) struct Encoder {
    mapper: Mapper,
    pub(super) gzip: Gzip,
}

impl Encoder {
    /// `since`: see [`Mapper::since`].
    pub(super) fn new(settings: &AzureSettings, common: Arc<Common>, since: u64) -> Self {
        let mapper = Mapper::new(settings.clone()).sharing(common).since(since);
        Encoder { mapper, gzip: Gzip::new(LEVEL) }
    }

    /// The requests for `batches`. Every item is in one of them or among the losses.
    pub(super) fn encode(&mut self, batches: &[Batch], form: Form) -> Packed {
        let mut packer = Packer::new(&mut self.gzip, form);
        batches.iter().for_each(|batch| self.mapper.map(batch, &mut packer));
        let mut packed = packer.finish();
        let there: u64 = batches.iter().map(Batch::items).sum();
        let sent: u64 = packed.posts.iter().map(|post| post.total()).sum();
        let lost: u64 = packed.losses.iter().map(|(_, items)| items).sum();
        let missing = there.saturating_sub(sent).saturating_sub(lost);
        if missing > 0 {
            // Behind a place that cannot be read.
            add(&mut packed.losses, Loss::Dropped("malformed"), missing);
        }
        packed
    }
}
