//! Several batches as one OTLP/JSON request.

use crate::otlp::{Batch, Signal, json};

/// Nothing of a parcel could be looked into, so nothing of it can be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be encoded: {0}")]
pub(super) struct Undecodable(pub(super) String);

/// The batches in one request, and the number of items of those that cannot be decoded.
///
/// # Errors
/// When none of them can.
pub(super) fn join(signal: Signal, batches: &[Batch]) -> Result<(Vec<u8>, u64), Undecodable> {
    let head: &[u8] = match signal {
        Signal::Traces => b"{\"resourceSpans\":[",
        Signal::Metrics => b"{\"resourceMetrics\":[",
        Signal::Logs => b"{\"resourceLogs\":[",
    };
    let bytes: usize = batches.iter().map(|batch| batch.bytes().len()).sum();
    let (mut joined, mut one) = (Vec::with_capacity(bytes * 2), Vec::new());
    let (mut undecodable, mut reason) = (0, None);
    for batch in batches {
        one.clear();
        if let Err(malformed) = json::encode(signal, batch.bytes(), &mut one) {
            undecodable += batch.items();
            reason = Some(malformed.reason);
            continue;
        }
        // A request is one list of resources, and says nothing when that is empty.
        if let Some(resources) = one.strip_prefix(head).and_then(|rest| rest.strip_suffix(b"]}")) {
            joined.extend_from_slice(if joined.is_empty() { head } else { b"," });
            joined.extend_from_slice(resources);
        }
    }
    match reason {
        Some(reason) if joined.is_empty() => Err(Undecodable(reason)),
        _ => {
            joined.extend_from_slice(if joined.is_empty() { b"{}" } else { b"]}" });
            Ok((joined, undecodable))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn batch(bytes: &'static [u8]) -> Batch {
        Batch::from_protobuf(Signal::Traces, Bytes::from_static(bytes)).expect("a request")
    }

    #[test]
    fn joined_and_what_cannot_be_decoded_left_out() {
        // One resource with one scope with one span named `a`; nothing; the same with a name
        // of the wrong wire type.
        let a = || batch(b"\x0a\x07\x12\x05\x12\x03\x2a\x01a");
        let none = || batch(b"");
        let broken = || batch(b"\x0a\x06\x12\x04\x12\x02\x28\x01");
        let resource = r#"{"scopeSpans":[{"spans":[{"name":"a"}]}]}"#;
        for (batches, expected, undecodable) in [
            (vec![a()], format!("{{\"resourceSpans\":[{resource}]}}"), 0),
            (vec![none(), a(), none(), a()], format!("{{\"resourceSpans\":[{resource},{resource}]}}"), 0),
            (vec![broken(), a(), broken()], format!("{{\"resourceSpans\":[{resource}]}}"), 2),
            (vec![none()], "{}".to_owned(), 0),
        ] {
            let (json, lost) = join(Signal::Traces, &batches).expect("JSON");
            assert_eq!((String::from_utf8(json).expect("UTF-8"), lost), (expected, undecodable));
        }
        let error = join(Signal::Traces, &[broken(), none()]).expect_err("nothing is left");
        assert_eq!(error, Undecodable("field 5 has the wrong wire type".to_owned()));
    }
}
