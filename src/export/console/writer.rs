//! The thread that formats and writes.

use super::format::Format;
use super::output::Output;
use super::records::Records;
use crate::export::Parcel;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use tokio::sync::oneshot;

/// How writing a parcel ended: the number of items that could not be read.
pub(super) type Written = io::Result<u64>;

/// The thread still has a parcel to write, and one more waits.
pub(super) struct Busy;

struct Job {
    parcel: Parcel,
    written: oneshot::Sender<Written>,
}

/// The way to the thread, which ends when this is dropped and its last parcel is written.
/// Nobody waits for it: a blocked output must not keep the process.
pub(super) struct Writer(SyncSender<Job>);

impl Writer {
    pub(super) fn start(output: Output, format: Format) -> io::Result<Writer> {
        let (jobs, queue) = sync_channel(1);
        let mut records = Records::new(output);
        thread::Builder::new().name("console".into()).spawn(move || run(&queue, format, &mut records))?;
        Ok(Writer(jobs))
    }

    /// Gives the parcel to the thread; what comes back says how it went. A thread that has
    /// ended says nothing any more.
    pub(super) fn hand_over(&self, parcel: &Parcel) -> Result<oneshot::Receiver<Written>, Busy> {
        let (written, result) = oneshot::channel();
        match self.0.try_send(Job { parcel: parcel.clone(), written }) {
            Err(TrySendError::Full(_)) => Err(Busy),
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(result),
        }
    }
}

fn run(queue: &Receiver<Job>, format: Format, records: &mut Records<impl Write>) {
    while let Ok(Job { parcel, written }) = queue.recv() {
        let result = write(&parcel, format, records);
        // The exporter may have gone, and then nobody needs to know.
        let _ = written.send(result);
    }
}

fn write(parcel: &Parcel, format: Format, records: &mut Records<impl Write>) -> Written {
    let mut malformed = 0;
    for batch in &parcel.batches {
        malformed += format.write(batch, records)?;
    }
    records.finish()?;
    Ok(malformed)
}
