//! OTLP requests out of text: JSON lines as the OpenTelemetry protocol's file exporter writes them, or documents
//! over several lines.

use crate::otlp::{Batch, Signal, json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::{self, BufRead, Read};

/// Longest document. What is received is shorter as protobuf, and a few times this as JSON.
const LONGEST: usize = 256 << 20;

/// A place in the input that is no OTLP request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(super) struct Unreadable {
    /// Where the document begins, from 1.
    line: usize,
    reason: String,
}

/// Reads one document after the other. One that cannot be read costs no other.
pub(super) struct Documents<R> {
    input: R,
    longest: usize,
    line: usize,
}

/// Which signals a document holds: one, in files that were written as the protocol says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    resource_spans: Option<IgnoredAny>,
    resource_metrics: Option<IgnoredAny>,
    resource_logs: Option<IgnoredAny>,
}

impl<R: BufRead> Documents<R> {
    pub(super) fn new(input: R) -> Self {
        Documents { input, longest: LONGEST, line: 0 }
    }

    /// The requests of the next document; `None` at the end. The outer error is the input's own.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Vec<Batch>, Unreadable>>> {
        let mut text = Vec::new();
        let mut first = 0;
        loop {
            let start = text.len();
            let room = self.longest.saturating_sub(start);
            let read = self.input.by_ref().take(room as u64 + 1).read_until(b'\n', &mut text)?;
            self.line += usize::from(read > 0);
            if text.trim_ascii().is_empty() {
                if read == 0 {
                    return Ok(None);
                }
                text.clear();
                continue;
            }
            if first == 0 {
                first = self.line;
            }
            if text.len() > self.longest {
                self.skip_line()?;
                return Ok(Some(Err(too_long(first, self.longest))));
            }
            if read == 0 || could_end(&text, start) {
                match batches(&text) {
                    Err(Fault::Unfinished(_)) if read > 0 => {}
                    Err(Fault::Unfinished(reason) | Fault::Wrong(reason)) => {
                        return Ok(Some(Err(Unreadable { line: first, reason })));
                    }
                    Ok(batches) => return Ok(Some(Ok(batches))),
                }
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let length = buffer.len();
            self.input.consume(end.unwrap_or(length));
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

fn too_long(line: usize, longest: usize) -> Unreadable {
    Unreadable { line, reason: format!("a document of more than {longest} bytes") }
}

/// Whether the line that begins at `start` may be a document's last: so that a long document is not tried after each line.
fn could_end(text: &[u8], start: usize) -> bool {
    let line = text.get(start..).unwrap_or_default();
    start == 0 || line.first() == Some(&b'}')
}

enum Fault {
    /// There may be more of it.
    Unfinished(String),
    Wrong(String),
}

fn batches(text: &[u8]) -> Result<Vec<Batch>, Fault> {
    let keys: Keys = serde_json::from_slice(text).map_err(|e| match e.is_eof() {
        true => Fault::Unfinished("it ends in the middle of a document".to_owned()),
        false => Fault::Wrong(format!("no JSON: {e}")),
    })?;
    let held = [
        (Signal::Traces, keys.resource_spans.is_some()),
        (Signal::Metrics, keys.resource_metrics.is_some()),
        (Signal::Logs, keys.resource_logs.is_some()),
    ];
    let signals: Vec<Signal> = held.into_iter().filter(|(_, held)| *held).map(|(signal, _)| signal).collect();
    if signals.is_empty() {
        let reason = "no OTLP: there is no resourceSpans, resourceMetrics or resourceLogs";
        return Err(Fault::Wrong(reason.to_owned()));
    }
    let read = |signal| Batch::from_protobuf(signal, json::decode(signal, text)?);
    signals.into_iter().map(read).collect::<Result<_, _>>().map_err(|e| Fault::Wrong(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#;
    const LOG: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":9},{}]}]}]}"#;

    /// What is read: signals and items, or the complaint.
    fn read(text: &str, longest: usize) -> Vec<Result<Vec<(Signal, u64)>, String>> {
        let mut documents = Documents { longest, ..Documents::new(text.as_bytes()) };
        let mut all = Vec::new();
        while let Some(next) = documents.next().expect("bytes in memory") {
            let told = |batches: Vec<Batch>| batches.iter().map(|b| (b.signal(), b.items())).collect();
            all.push(next.map(told).map_err(|e| e.to_string()));
        }
        all
    }

    #[test]
    fn lines_and_documents_over_several() {
        let pretty: serde_json::Value = serde_json::from_str(LOG).expect("JSON");
        let text = format!("{SPAN}\n\n{pretty:#}\n{SPAN}");
        let traces = || Ok(vec![(Signal::Traces, 1)]);
        assert_eq!(read(&text, 1000), [traces(), Ok(vec![(Signal::Logs, 2)]), traces()]);
    }

    #[test]
    fn a_document_with_two_signals() {
        let text = format!("{}, {}", SPAN.trim_end_matches('}'), LOG.trim_start_matches('{'));
        let text = text.replace("]}]}], ", "]}]}]}]}], ");
        assert!(read(&text, 1000).first().is_some_and(Result::is_err));
        let both = format!("{{{},{}}}", &SPAN[1..SPAN.len() - 1], &LOG[1..LOG.len() - 1]);
        assert_eq!(read(&both, 1000), [Ok(vec![(Signal::Traces, 1), (Signal::Logs, 2)])]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line_and_costs_no_other() {
        let text =
            format!("{SPAN}\nnonsense\n{{\"a\":1}}\n{}\n{SPAN}\n{{\"resourceSpans\":", "x".repeat(300));
        let read = read(&text, 200);
        let complaints: Vec<&str> =
            read.iter().filter_map(|r| r.as_ref().err()).map(String::as_str).collect();
        assert_eq!(
            complaints,
            [
                "line 2: no JSON: expected ident at line 1 column 2",
                "line 3: no OTLP: there is no resourceSpans, resourceMetrics or resourceLogs",
                "line 4: a document of more than 200 bytes",
                "line 6: it ends in the middle of a document",
            ]
        );
        assert_eq!(read.iter().filter(|r| r.is_ok()).count(), 2);
    }
}
