//! Messages that peers answer with: partial success and status, in protobuf and JSON.

use super::super::{Outcome, excerpt};
use crate::otlp::wire::{Fields, Value};

/// What a successful reply says about the items. A reply that cannot be read is a success
/// like an empty one: the status has decided.
pub(super) fn of_protobuf(reply: &[u8]) -> Outcome {
    // Export{Trace,Metrics,Logs}ServiceResponse { partial_success = 1 }, and in that
    // { rejected_* = 1; error_message = 2 }: the same numbers for all three signals.
    let mut rejected = 0;
    let mut message = None;
    let _ = each(reply, |number, value| {
        if let (1, Value::Bytes(partial)) = (number, value) {
            let _ = each(partial, |number, value| match (number, value) {
                (1, Value::Varint(count)) => rejected = count,
                (2, Value::Bytes(text)) => message = Some(String::from_utf8_lossy(text).into_owned()),
                _ => {}
            });
        }
    });
    outcome(i64::try_from(rejected).unwrap_or(0), message)
}

/// The same in JSON; 64-bit numbers may be strings (protobuf's JSON mapping).
pub(super) fn of_json(reply: &[u8]) -> Outcome {
    let reply: serde_json::Value = serde_json::from_slice(reply).unwrap_or_default();
    let partial = &reply["partialSuccess"];
    let rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
        .iter()
        .find_map(|name| {
            let value = &partial[*name];
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        })
        .unwrap_or(0);
    outcome(rejected, partial["errorMessage"].as_str().map(str::to_owned))
}

fn outcome(rejected: i64, message: Option<String>) -> Outcome {
    let message = message.map(|text| excerpt(&text)).filter(|text| !text.is_empty());
    Outcome::Delivered { rejected: u64::try_from(rejected).unwrap_or(0), message }
}

/// The `message` of a `google.rpc.Status`, with which OTLP/HTTP explains an error.
pub(super) fn status_message(status: &[u8]) -> Option<String> {
    let mut message = None;
    each(status, |number, value| {
        if let (2, Value::Bytes(text)) = (number, value) {
            message = std::str::from_utf8(text).ok().map(str::to_owned);
        }
    })?;
    message
}

/// Visits the fields; `None` when the bytes are no message.
pub(super) fn each<'a>(message: &'a [u8], mut visit: impl FnMut(u32, Value<'a>)) -> Option<()> {
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next_field().ok()? {
        visit(number, value);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use prost::Message;

    fn delivered(rejected: u64, message: Option<&str>) -> Outcome {
        Outcome::Delivered { rejected, message: message.map(str::to_owned) }
    }

    #[test]
    fn protobuf() {
        let reply = |rejected_spans, error_message: &str| {
            let partial_success =
                Some(ExportTracePartialSuccess { rejected_spans, error_message: error_message.to_owned() });
            ExportTraceServiceResponse { partial_success }.encode_to_vec()
        };
        assert_eq!(of_protobuf(&[]), Outcome::DELIVERED);
        assert_eq!(of_protobuf(&reply(0, "")), Outcome::DELIVERED);
        assert_eq!(of_protobuf(&reply(3, "too old")), delivered(3, Some("too old")));
        assert_eq!(of_protobuf(&reply(0, "deprecated")), delivered(0, Some("deprecated")));
        assert_eq!(of_protobuf(&reply(-5, "odd\x1b")), delivered(0, Some("odd\\u{1b}")));
        assert_eq!(of_protobuf(b"<html>"), Outcome::DELIVERED);
    }

    #[test]
    fn json() {
        for (reply, expected) in [
            ("", Outcome::DELIVERED),
            ("{}", Outcome::DELIVERED),
            ("[1]", Outcome::DELIVERED),
            ("{\"partialSuccess\":null}", Outcome::DELIVERED),
            ("{\"partialSuccess\":{\"rejectedSpans\":2}}", delivered(2, None)),
            ("{\"partialSuccess\":{\"rejectedLogRecords\":\"7\"}}", delivered(7, None)),
            (
                "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"no unit\"}}",
                delivered(1, Some("no unit")),
            ),
            ("{\"partialSuccess\":{\"rejectedSpans\":-1,\"errorMessage\":\" \"}}", Outcome::DELIVERED),
            ("{\"partialSuccess\":{\"rejectedSpans\":\"many\"}}", Outcome::DELIVERED),
        ] {
            assert_eq!(of_json(reply.as_bytes()), expected, "{reply}");
        }
    }

    #[test]
    fn status() {
        assert_eq!(status_message(b"\x08\x03\x12\x02no"), Some("no".to_owned()));
        assert_eq!(status_message(b"\x08\x03"), None);
        assert_eq!(status_message(b"Bad Request"), None);
    }
}
