//! `basic`: one line for each request, with its counts.

use crate::export::console::records::Records;
use crate::otlp::Decoded;
use std::io::{self, Write};

pub(in crate::export::console) fn write(
    request: &Decoded,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    records.add(|out| line(request, out))
}

fn line(request: &Decoded, out: &mut Vec<u8>) -> io::Result<()> {
    match request {
        Decoded::Traces(request) => {
            let resources = &request.resource_spans;
            let spans: usize = resources.iter().flat_map(|r| &r.scope_spans).map(|s| s.spans.len()).sum();
            writeln!(out, "Traces: {} resource spans, {spans} spans", resources.len())
        }
        Decoded::Metrics(request) => {
            let resources = &request.resource_metrics;
            let metrics = || resources.iter().flat_map(|r| &r.scope_metrics).flat_map(|scope| &scope.metrics);
            let points: usize = metrics().map(|metric| super::point::points(metric, false).len()).sum();
            writeln!(
                out,
                "Metrics: {} resource metrics, {} metrics, {points} data points",
                resources.len(),
                metrics().count()
            )
        }
        Decoded::Logs(request) => {
            let resources = &request.resource_logs;
            let records: usize =
                resources.iter().flat_map(|r| &r.scope_logs).map(|s| s.log_records.len()).sum();
            writeln!(out, "Logs: {} resource logs, {records} log records", resources.len())
        }
    }
}
