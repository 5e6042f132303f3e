//! Telemetry as text, for people: on stdout, on stderr or in a file.
//!
//! A thread of its own decodes, formats and writes, one parcel at a time, so that a console
//! that is slow, stopped (`Ctrl-S`) or never read holds up nothing else.

mod format;
mod json;
mod lines;
mod output;
mod records;
mod text;
mod time;
mod writer;

use super::{Exporter, Outcome, Parcel};
use crate::environment::Environment;
use crate::error::Error;
use crate::settings::ConsoleSettings;
use format::Format;
use output::Output;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use writer::{Busy, Writer, Written};

/// How long one attempt waits for a console that does not take what is written. What was
/// handed over stays with the thread, and the next attempt goes on waiting for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prints what it is given in one of the formats of [`crate::settings::ConsoleFormat`].
pub struct ConsoleExporter {
    writer: Writer,
    patience: Duration,
    /// The parcel that the thread is still writing, by [`identity`].
    writing: Option<(usize, oneshot::Receiver<Written>)>,
    /// The last write failed, and that was said.
    failing: bool,
}

impl ConsoleExporter {
    /// Opens the output. Fails when a file cannot be opened for appending.
    pub fn new(settings: &ConsoleSettings) -> Result<Self, Error> {
        Self::start(Output::open(&settings.output)?, settings)
    }

    fn start(output: Output, settings: &ConsoleSettings) -> Result<Self, Error> {
        let format = Format::new(settings.format, &output, &Environment::current());
        let writer = Writer::start(output, format)
            .map_err(|e| Error::launcher(format!("cannot start the console's thread: {e}")))?;
        Ok(ConsoleExporter { writer, patience: PATIENCE, writing: None, failing: false })
    }

    /// What is said of a failure: only the first of several in a row has words.
    fn failed(&mut self, reason: &str, error: &str) -> Outcome {
        let message = if self.failing { String::new() } else { format!("{reason}: {error}") };
        self.failing = true;
        Outcome::Rejected { reason: reason.to_owned(), message }
    }
}

/// Fails as [`ConsoleExporter::new`] would, before anything is started.
pub fn check(settings: &ConsoleSettings) -> Result<(), Error> {
    Output::open(&settings.output).map(drop)
}

impl Exporter for ConsoleExporter {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let blocked = || Outcome::Retry {
            // The wait was here already.
            after: Some(Duration::ZERO),
            message: "nobody reads the output".into(),
            maybe_received: false,
        };
        let mut written = match self.writing.take() {
            Some((same, written)) if same == identity(parcel) => written,
            _ => match self.writer.hand_over(parcel) {
                Ok(written) => written,
                Err(Busy) => return blocked(),
            },
        };
        match timeout(self.patience, &mut written).await {
            Err(_) => {
                self.writing = Some((identity(parcel), written));
                blocked()
            }
            Ok(Ok(Ok(rejected))) => {
                self.failing = false;
                let message = (rejected > 0).then(|| "malformed".to_owned());
                Outcome::Delivered { rejected, message }
            }
            Ok(Ok(Err(error))) => self.failed("cannot write", &error.to_string()),
            Ok(Err(_)) => self.failed("cannot write", "the console's thread has ended"),
        }
    }
}

/// Tells a parcel that comes again from another one: where its first batch lies in memory.
/// The thread holds the parcel while it writes, so nothing else can lie there.
fn identity(parcel: &Parcel) -> usize {
    parcel.batches.first().map_or(0, |batch| batch.bytes().as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::{Batch, Signal};
    use crate::settings::{ConsoleFormat, ConsoleOutput};
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;
    use std::fs::File;
    use std::io::{PipeReader, PipeWriter, Read, pipe};
    use std::os::fd::OwnedFd;

    /// An exporter that writes into a pipe and is not patient.
    fn piped() -> (ConsoleExporter, PipeReader) {
        let (reader, writer) = pipe().expect("a pipe");
        writing_to(writer, reader)
    }

    fn writing_to(writer: PipeWriter, reader: PipeReader) -> (ConsoleExporter, PipeReader) {
        let settings = ConsoleSettings { format: ConsoleFormat::Json, output: ConsoleOutput::Stdout };
        let output = Output::from(File::from(OwnedFd::from(writer)));
        let mut exporter = ConsoleExporter::start(output, &settings).expect("an exporter");
        exporter.patience = Duration::from_millis(50);
        (exporter, reader)
    }

    fn parcel(name: String) -> Parcel {
        let scope_spans =
            vec![ScopeSpans { spans: vec![Span { name, ..Span::default() }], ..Default::default() }];
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { scope_spans, ..Default::default() }],
        };
        let batch =
            Batch::from_protobuf(Signal::Traces, request.encode_to_vec().into()).expect("well-formed");
        Parcel { signal: Signal::Traces, items: 1, bytes: batch.bytes().len(), batches: vec![batch] }
    }

    /// More than a pipe holds.
    fn large(letter: &str) -> Parcel {
        parcel(letter.repeat(1 << 20))
    }

    fn is_blocked(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Retry { after: Some(Duration::ZERO), .. })
    }

    #[tokio::test]
    async fn blocked_is_bounded_and_goes_on_where_it_was() {
        let (mut exporter, mut reader) = piped();
        let (first, second) = (large("a"), large("b"));
        assert!(is_blocked(&exporter.export(&first).await));
        assert!(is_blocked(&exporter.export(&first).await));

        let read = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        exporter.patience = Duration::from_secs(60);
        assert_eq!(exporter.export(&first).await, Outcome::DELIVERED);
        assert_eq!(exporter.export(&second).await, Outcome::DELIVERED);
        drop(exporter);
        let text = read.join().expect("no panic").expect("UTF-8");
        let count = |letter: &str| text.matches(&letter.repeat(1 << 20)).count();
        assert_eq!((count("a"), count("b")), (1, 1));
    }

    #[tokio::test]
    async fn blocked_is_bounded_when_nothing_is_tried_twice() {
        let (mut exporter, _reader) = piped();
        for letter in ["a", "b", "c", "d"] {
            assert!(is_blocked(&exporter.export(&large(letter)).await));
        }
    }

    /// The target shares our stdout, and may have made it non-blocking.
    #[tokio::test]
    async fn an_output_that_does_not_block_is_waited_for() {
        let (reader, writer) = pipe().expect("a pipe");
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("not blocking");
        let (mut exporter, mut reader) = writing_to(writer, reader);
        let parcel = large("a");
        assert!(is_blocked(&exporter.export(&parcel).await));
        let read = std::thread::spawn(move || reader.read_to_string(&mut String::new()));
        exporter.patience = Duration::from_secs(60);
        assert_eq!(exporter.export(&parcel).await, Outcome::DELIVERED);
        drop(exporter);
        assert!(read.join().expect("no panic").expect("UTF-8") > 1 << 20);
    }

    #[tokio::test]
    async fn closed_is_said_once() {
        let (mut exporter, reader) = piped();
        drop(reader);
        let rejected =
            |message: &str| Outcome::Rejected { reason: "cannot write".into(), message: message.into() };
        let closed = "cannot write: Broken pipe (os error 32)";
        assert_eq!(exporter.export(&parcel("a".into())).await, rejected(closed));
        assert_eq!(exporter.export(&parcel("b".into())).await, rejected(""));
    }

    #[test]
    fn a_file_that_cannot_be_opened() {
        let output = ConsoleOutput::File("/nowhere/at/all".into());
        let error =
            check(&ConsoleSettings { format: ConsoleFormat::Json, output }).expect_err("no such folder");
        assert_eq!(
            error.to_string(),
            "cannot write to /nowhere/at/all: No such file or directory (os error 2)\n  \
             hint: name a file in a folder that exists and that you may write to"
        );
        assert_eq!(error.code, 2);
    }
}
