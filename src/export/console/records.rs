//! Records on their way to the output.

use std::io::{self, Write};

/// One `write` takes whole records, up to about this many bytes of them.
const CHUNK: usize = 64 * 1024;

/// Collects records and writes only whole ones.
pub(super) struct Records<W> {
    output: W,
    buffer: Vec<u8>,
}

impl<W: Write> Records<W> {
    pub(super) fn new(output: W) -> Self {
        Records { output, buffer: Vec::new() }
    }

    /// Adds one record by `append`, which cannot fail on a buffer in memory.
    pub(super) fn add(&mut self, append: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        append(&mut self.buffer)?;
        if self.buffer.len() >= CHUNK { self.finish() } else { Ok(()) }
    }

    /// Writes what was added.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let result = self.output.write_all(&self.buffer);
        self.buffer.clear();
        self.buffer.shrink_to(2 * CHUNK);
        result
    }
}
