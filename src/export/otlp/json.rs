//! Several batches as one OTLP/JSON request.

use super::encode::Undecodable;
use crate::otlp::{Batch, Decoded, Signal};
use serde::Serialize;

/// The batches in one request, and the number of items of those that cannot be decoded.
///
/// # Errors
/// When none of them can.
pub(super) fn join(signal: Signal, batches: &[Batch]) -> Result<(Vec<u8>, u64), Undecodable> {
    let mut json = Vec::with_capacity(batches.iter().map(|b| b.bytes().len()).sum::<usize>() * 3);
    json.extend_from_slice(match signal {
        Signal::Traces => b"{\"resourceSpans\":[",
        Signal::Metrics => b"{\"resourceMetrics\":[",
        Signal::Logs => b"{\"resourceLogs\":[",
    });
    let (mut undecodable, mut reason, mut any) = (0, None, false);
    for batch in batches {
        let mark = json.len();
        let written = match batch.decoded() {
            Ok(Decoded::Traces(request)) => append(&mut json, &request.resource_spans),
            Ok(Decoded::Metrics(request)) => append(&mut json, &request.resource_metrics),
            Ok(Decoded::Logs(request)) => append(&mut json, &request.resource_logs),
            Err(malformed) => Err(malformed.to_string()),
        };
        match written {
            Ok(()) => any = true,
            Err(why) => {
                json.truncate(mark);
                undecodable += batch.items();
                reason = Some(why);
            }
        }
    }
    match reason {
        Some(reason) if !any => Err(Undecodable(reason)),
        _ => {
            json.extend_from_slice(b"]}");
            Ok((json, undecodable))
        }
    }
}

fn append(json: &mut Vec<u8>, resources: &[impl Serialize]) -> Result<(), String> {
    for resource in resources {
        if json.last() != Some(&b'[') {
            json.push(b',');
        }
        serde_json::to_writer(&mut *json, resource).map_err(|e| e.to_string())?;
    }
    Ok(())
}
