//! Strings that are not UTF-8. Protobuf forbids them, and decoders refuse the whole request
//! for one of them; some languages' SDKs let them through.

use super::Signal;
use super::schema::{self, Kind, Message};
use super::wire::{Fields, Value, WireError};
use super::write::put_bytes;

/// Deeper than what a decoder accepts, so that it does not matter how it looks there.
const DEEPEST: u32 = 100;

/// The request with U+FFFD in place of what is not UTF-8, and the number of strings in which
/// that was the case.
pub(super) fn mend(signal: Signal, request: &[u8]) -> Result<(Vec<u8>, u64), WireError> {
    let mut mended = Vec::with_capacity(request.len() + 64);
    let strings = message(schema::request(signal), request, &mut mended, DEEPEST)?;
    Ok((mended, strings))
}

fn message(kind: &'static Message, bytes: &[u8], out: &mut Vec<u8>, depth: u32) -> Result<u64, WireError> {
    let mut strings = 0;
    let mut fields = Fields::new(bytes);
    loop {
        let Some((number, value, whole)) = fields.next_whole()? else { return Ok(strings) };
        let known = kind.fields.iter().find(|field| field.number == number).map(|field| field.kind);
        match (known, value) {
            (Some(Kind::Message(kind)), Value::Bytes(inner)) if depth > 0 => {
                let mut mended = Vec::with_capacity(inner.len());
                strings += message(kind, inner, &mut mended, depth - 1)?;
                put_bytes(out, number, &mended);
            }
            (Some(Kind::String), Value::Bytes(text)) if std::str::from_utf8(text).is_err() => {
                strings += 1;
                put_bytes(out, number, String::from_utf8_lossy(text).as_bytes());
            }
            // As it is, key included.
            _ => out.extend_from_slice(whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::{Batch, Decoded};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;

    /// RCV-7: one bad byte in 512 spans.
    #[test]
    fn one_bad_string_does_not_cost_the_batch() {
        let value = AnyValue { value: Some(Value::StringValue("a\u{1}b".into())) };
        let attribute = |n: usize| KeyValue {
            key: format!("key {n}"),
            value: Some(value.clone()),
            ..KeyValue::default()
        };
        let span = |n: usize| Span {
            trace_id: vec![0xff; 16],
            name: format!("span {n}"),
            attributes: vec![attribute(n)],
            start_time_unix_nano: u64::MAX,
            ..Span::default()
        };
        let scope = ScopeSpans { spans: (0..512).map(span).collect(), ..ScopeSpans::default() };
        let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
        let mut request = ExportTraceServiceRequest { resource_spans: vec![resource] };
        let mut bytes = request.encode_to_vec();
        let place = bytes.iter().rposition(|byte| *byte == 1).unwrap();
        bytes[place] = 0xfe;

        ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap_err();
        let batch = Batch::from_protobuf(Signal::Traces, bytes.into()).unwrap();
        let last = request.resource_spans[0].scope_spans[0].spans.last_mut().unwrap();
        last.attributes[0].value = Some(AnyValue { value: Some(Value::StringValue("a\u{fffd}b".into())) });
        assert!(batch.decoded() == Ok(&Decoded::Traces(request)));
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        // Unknown fields, a field of another wire type, bytes that are no string.
        let request = [0x0a, 9, 0x12, 7, 0x12, 5, 0x0a, 1, 0xff, 0x28, 7, 0xf8, 1, 0xff, 1];
        assert_eq!(mend(Signal::Traces, &request), Ok((request.to_vec(), 0)));
        assert_eq!(mend(Signal::Traces, &request[..6]), Err(WireError::Truncated));
    }
}
