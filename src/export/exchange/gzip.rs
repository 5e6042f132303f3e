//! A gzip stream into memory whose state lives from one body to the next.

use flate2::{Compress, CompressError, Compression, FlushCompress, Status};

/// Room that is added to the output when it is full.
const STEP: usize = 32 << 10;
/// Smaller pieces are gathered up to this size: for a line of JSON, zlib takes as long to begin and
/// to end as to compress it.
const PIECE: usize = 16 << 10;

pub(in crate::export) struct Gzip {
    state: Compress,
    /// Not compressed yet.
    gathered: Vec<u8>,
    out: Vec<u8>,
    failed: Option<CompressError>,
}

impl Gzip {
    /// `level`: 1 to 9.
    pub(in crate::export) fn new(level: u32) -> Self {
        let state = Compress::new_gzip(Compression::new(level.clamp(1, 9)), 15);
        Gzip { state, gathered: Vec::new(), out: Vec::new(), failed: None }
    }

    /// Adds bytes to the body. A failure is told by [`Self::finish`].
    pub(in crate::export) fn write(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() > PIECE {
            self.compress_gathered();
        }
        match bytes.len() {
            0..=PIECE => self.gathered.extend_from_slice(bytes),
            _ => self.compress(bytes),
        }
    }

    fn compress_gathered(&mut self) {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.compress(&gathered);
        gathered.clear();
        self.gathered = gathered;
    }

    fn compress(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.failed.is_none() {
            make_room(&mut self.out);
            let before = self.state.total_in();
            if let Err(failed) = self.state.compress_vec(bytes, &mut self.out, FlushCompress::None) {
                self.failed = Some(failed);
            }
            let taken = usize::try_from(self.state.total_in() - before).unwrap_or(usize::MAX);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Ends the body and hands it out; what is written next begins another one.
    pub(in crate::export) fn finish(&mut self) -> Result<Vec<u8>, CompressError> {
        self.compress_gathered();
        let ended = self.end();
        self.state.reset();
        let out = std::mem::take(&mut self.out);
        ended.map(|()| out)
    }

    fn end(&mut self) -> Result<(), CompressError> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        loop {
            make_room(&mut self.out);
            if self.state.compress_vec(&[], &mut self.out, FlushCompress::Finish)? == Status::StreamEnd {
                return Ok(());
            }
        }
    }
}

fn make_room(out: &mut Vec<u8>) {
    if out.len() == out.capacity() {
        out.reserve(STEP.max(out.len()));
    }
}
