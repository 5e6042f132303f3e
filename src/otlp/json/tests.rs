//! Both ways, against the specification's words and against the implementation in
//! opentelemetry-proto.

use super::{decode, encode};
use crate::otlp::schema::{self, Field, Kind, Message, Shape};
use crate::otlp::write::{FIXED32, FIXED64, LENGTH, VARINT, begin, end, put_key, put_varint};
use crate::otlp::{Batch, Decoded, Signal};
use bytes::Bytes;

fn to_json(signal: Signal, protobuf: &[u8]) -> String {
    let mut json = Vec::new();
    encode(signal, protobuf, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fn structs(signal: Signal, protobuf: Bytes) -> Batch {
    let batch = Batch::from_protobuf(signal, protobuf).unwrap();
    batch.decoded().unwrap();
    batch
}

/// JSON to JSON, by way of protobuf.
fn normal(signal: Signal, json: &str) -> String {
    to_json(signal, &decode(signal, json.as_bytes()).unwrap())
}

fn span(fields: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#)
}

fn value(value: &str) -> String {
    span(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#))
}

#[test]
fn ids_are_hexadecimal() {
    let lower = span(r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#);
    assert_eq!(normal(Signal::Traces, &lower), lower);
    let upper = span(r#""traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174""#);
    assert_eq!(normal(Signal::Traces, &upper), lower);
    for wrong in ["5b8", "5b8g", "W47/95gDgQPSabYzgT/GDA==", "é", "+1"] {
        decode(Signal::Traces, span(&format!(r#""traceId":"{wrong}""#)).as_bytes()).unwrap_err();
    }
}

#[test]
fn integers_of_64_bits_are_strings_or_numbers() {
    let string =
        span(r#""startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"18446744073709551615""#);
    assert_eq!(normal(Signal::Traces, &string), string);
    assert_eq!(
        normal(Signal::Traces, &string.replace(":\"1", ":1").replace("0\"", "0").replace("5\"", "5")),
        string
    );
    for (written, meant) in
        [("-3", "-3"), ("\"-3\"", "-3"), ("3.0", "3"), ("1e3", "1000"), ("\"1e3\"", "1000")]
    {
        let json = normal(Signal::Traces, &value(&format!(r#"{{"intValue":{written}}}"#)));
        assert_eq!(json, value(&format!(r#"{{"intValue":"{meant}"}}"#)));
    }
    for wrong in ["1.5", "\"\"", "\" 1\"", "\"x\"", "1e30", "9223372036854775808", "true", "[]", "{}"] {
        decode(Signal::Traces, value(&format!(r#"{{"intValue":{wrong}}}"#)).as_bytes()).unwrap_err();
    }
}

#[test]
fn enums_are_numbers_and_their_names_are_understood() {
    assert_eq!(normal(Signal::Traces, &span(r#""kind":2"#)), span(r#""kind":2"#));
    assert_eq!(normal(Signal::Traces, &span(r#""kind":"SPAN_KIND_SERVER""#)), span(r#""kind":2"#));
    assert_eq!(normal(Signal::Traces, &span(r#""kind":99"#)), span(r#""kind":99"#), "of a later version");
    let status = span(r#""status":{"message":"no","code":"STATUS_CODE_ERROR"}"#);
    assert_eq!(normal(Signal::Traces, &status), span(r#""status":{"message":"no","code":2}"#));
    decode(Signal::Traces, span(r#""kind":"SERVER""#).as_bytes()).unwrap_err();
}

#[test]
fn null_is_absent_and_unknown_is_ignored() {
    let json =
        span(r#""name":null,"attributes":null,"status":null,"resource":{"x":[1,{"y":2}]},"trace_id":"zz""#);
    assert_eq!(normal(Signal::Traces, &json), span(""));
    assert_eq!(normal(Signal::Traces, r#"{"resourceSpans":null,"other":{}}"#), "{}");
    assert_eq!(normal(Signal::Traces, &value("null")), span(r#""attributes":[{"key":"k"}]"#));
    decode(Signal::Traces, br#"{"resourceSpans":[null]}"#).unwrap_err();
}

#[test]
fn values_of_every_kind() {
    for json in [
        r#"{"stringValue":"a\n\"ü\""}"#,
        r#"{"boolValue":true}"#,
        r#"{"boolValue":false}"#,
        r#"{"intValue":"-9223372036854775808"}"#,
        r#"{"doubleValue":-1.5}"#,
        r#"{"doubleValue":"NaN"}"#,
        r#"{"doubleValue":"Infinity"}"#,
        r#"{"doubleValue":"-Infinity"}"#,
        r#"{"arrayValue":{"values":[{"stringValue":""},{},{"intValue":"0"}]}}"#,
        r#"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}}]}}"#,
        r#"{"bytesValue":"+/8="}"#,
        r#"{"arrayValue":{}}"#,
        "{}",
    ] {
        assert_eq!(normal(Signal::Traces, &value(json)), value(json));
    }
    for other in ["\"-_8=\"", "\"+/8\"", "\"-_8\""] {
        let json = normal(Signal::Traces, &value(&format!(r#"{{"bytesValue":{other}}}"#)));
        assert_eq!(json, value(r#"{"bytesValue":"+/8="}"#), "{other}");
    }
    for (other, meant) in [("1", "1.0"), ("\"1.25\"", "1.25"), ("\"-2e-3\"", "-0.002")] {
        let json = normal(Signal::Traces, &value(&format!(r#"{{"doubleValue":{other}}}"#)));
        assert_eq!(json, value(&format!(r#"{{"doubleValue":{meant}}}"#)));
    }
    for wrong in
        [r#"{"doubleValue":"nan"}"#, r#"{"doubleValue":"inf"}"#, r#"{"boolValue":1}"#, r#"{"stringValue":1}"#]
    {
        decode(Signal::Traces, value(wrong).as_bytes()).unwrap_err();
    }
}

#[test]
fn metrics_of_every_kind() {
    let point = r#""attributes":[{"key":"k","value":{"stringValue":"v"}}],"startTimeUnixNano":"1","timeUnixNano":"2""#;
    for metric in [
        format!(r#""gauge":{{"dataPoints":[{{{point},"asDouble":1.5,"flags":1}},{{"asInt":"-7"}}]}}"#),
        format!(
            r#""sum":{{"dataPoints":[{{{point},"asInt":"0"}}],"aggregationTemporality":2,"isMonotonic":true}}"#
        ),
        format!(
            r#""histogram":{{"dataPoints":[{{{point},"count":"3","sum":0.0,"bucketCounts":["1","2"],"explicitBounds":[0.5],"min":-1.0,"max":2.0}}],"aggregationTemporality":1}}"#
        ),
        format!(
            r#""exponentialHistogram":{{"dataPoints":[{{{point},"count":"3","scale":-4,"zeroCount":"1","positive":{{"offset":-2,"bucketCounts":["18446744073709551615","300"]}},"negative":{{"offset":2147483647}},"exemplars":[{{"timeUnixNano":"5","asInt":"1","spanId":"00ff"}}],"zeroThreshold":0.1}}]}}"#
        ),
        format!(
            r#""summary":{{"dataPoints":[{{{point},"count":"1","sum":2.0,"quantileValues":[{{"quantile":0.5,"value":2.0}}]}}]}}"#
        ),
    ] {
        let json = format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m",{metric}}}]}}]}}]}}"#
        );
        assert_eq!(normal(Signal::Metrics, &json), json);
    }
}

#[test]
fn one_of_several_is_the_last() {
    let mut request =
        decode(Signal::Traces, value(r#"{"stringValue":"a","intValue":"1"}"#).as_bytes()).unwrap();
    assert_eq!(to_json(Signal::Traces, &request), value(r#"{"intValue":"1"}"#));
    // Two requests behind one another are one; messages that come twice are merged.
    request = [request.as_ref(), request.as_ref()].concat().into();
    assert_eq!(to_json(Signal::Traces, &request).matches("scopeSpans").count(), 2);
    let status = [0x0a, 10, 0x12, 8, 0x12, 6, 0x7a, 0, 0x7a, 2, 0x18, 1];
    assert_eq!(to_json(Signal::Traces, &status), span(r#""status":{"code":1}"#));
}

#[test]
fn text_that_is_not_utf8_is_mended() {
    let name = [0x0a, 9, 0x12, 7, 0x12, 5, 0x2a, 3, b'a', 0xff, b'b'];
    assert_eq!(to_json(Signal::Traces, &name), span("\"name\":\"a\u{fffd}b\""));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| {
        let (open, close) = (r#"{"arrayValue":{"values":["#, "]}}");
        value(&format!("{}{{}}{}", open.repeat(depth), close.repeat(depth)))
    };
    let protobuf = decode(Signal::Traces, nested(39).as_bytes()).unwrap();
    structs(Signal::Traces, protobuf.clone());
    assert_eq!(to_json(Signal::Traces, &protobuf), nested(39));
    let error = decode(Signal::Traces, nested(100_000).as_bytes()).unwrap_err();
    assert!(error.reason.starts_with("invalid JSON at line 1 column "), "{error}");
    decode(Signal::Traces, "[".repeat(100_000).as_bytes()).unwrap_err();
    decode(Signal::Traces, format!("{{\"x\":{}", "[".repeat(100_000)).as_bytes()).unwrap_err();

    // An any value in an array in an any value, and so on.
    let mut value = Vec::new();
    for _ in 0..1000 {
        for number in [1, 5] {
            let inner = std::mem::take(&mut value);
            put_key(&mut value, number, LENGTH);
            let start = begin(&mut value);
            value.extend(inner);
            end(&mut value, start);
        }
    }
    for number in [5, 2, 2, 1] {
        let inner = std::mem::take(&mut value);
        put_key(&mut value, number, LENGTH);
        let start = begin(&mut value);
        value.extend(inner);
        end(&mut value, start);
    }
    let error = encode(Signal::Logs, &value, &mut Vec::new()).unwrap_err();
    assert_eq!(error.reason, "nested deeper than 100 messages");
}

#[test]
fn what_is_not_json_is_refused_without_repeating_it() {
    for (json, reason) in [
        ("", "truncated JSON at line 1 column 0"),
        ("{", "truncated JSON at line 1 column 1"),
        ("[]", "unexpected value at line 1 column 0"),
        ("{}{}", "invalid JSON at line 1 column 3"),
        (r#"{"resourceSpans":"secret"}"#, "unexpected value at line 1 column 25"),
        ("{\"resourceSpans\":\n\n  7}", "unexpected value at line 3 column 3"),
        ("\u{feff}{}", "invalid JSON at line 1 column 1"),
    ] {
        assert_eq!(decode(Signal::Traces, json.as_bytes()).unwrap_err().reason, reason, "{json}");
    }
}

/// A generator of numbers, the same at every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Small, huge or in between.
    fn edge(&mut self) -> u64 {
        match self.below(4) {
            0 => self.below(3),
            1 => u64::MAX - self.below(2),
            _ => self.next() >> self.below(64),
        }
    }
}

fn any_message(kind: &'static Message, numbers: &mut Numbers, depth: u32, out: &mut Vec<u8>) {
    let mut chosen = false;
    for field in kind.fields {
        let message = matches!(field.kind, Kind::Message(_));
        let wanted = depth < 5 || numbers.below(3) == 0;
        if !wanted
            || (message && depth > 9)
            || (field.shape == Shape::Choice && std::mem::replace(&mut chosen, true))
        {
            continue;
        }
        let times = if field.shape == Shape::Many { numbers.below(3) } else { 1 };
        for _ in 0..times {
            any_value(field, numbers, depth, out);
        }
    }
}

fn any_value(field: &Field, numbers: &mut Numbers, depth: u32, out: &mut Vec<u8>) {
    let n = numbers.edge();
    match field.kind {
        Kind::Bool => {
            put_key(out, field.number, VARINT);
            put_varint(out, n & 1);
        }
        Kind::Int64 | Kind::Uint64 => {
            put_key(out, field.number, VARINT);
            put_varint(out, n);
        }
        Kind::Uint32 | Kind::Sint32 => {
            put_key(out, field.number, VARINT);
            put_varint(out, n & u64::from(u32::MAX));
        }
        Kind::Enum(..) => {
            put_key(out, field.number, VARINT);
            put_varint(out, n % 30);
        }
        Kind::Fixed32 => {
            put_key(out, field.number, FIXED32);
            out.extend_from_slice(&(n as u32).to_le_bytes());
        }
        Kind::Fixed64 | Kind::Sfixed64 => {
            put_key(out, field.number, FIXED64);
            out.extend_from_slice(&n.to_le_bytes());
        }
        Kind::Double => {
            put_key(out, field.number, FIXED64);
            let n = f64::from_bits(n);
            out.extend_from_slice(&if n.is_nan() { 0.1 } else { n }.to_le_bytes());
        }
        Kind::String | Kind::Bytes | Kind::Id | Kind::Message(_) => {
            put_key(out, field.number, LENGTH);
            let start = begin(out);
            match field.kind {
                Kind::Message(kind) => any_message(kind, numbers, depth + 1, out),
                Kind::String => out
                    .extend("äb\"\\\u{1}\u{10ffff}".chars().take(n as usize % 7).collect::<String>().bytes()),
                _ => out.extend(n.to_le_bytes().into_iter().cycle().take(n as usize % 300)),
            }
            end(out, start);
        }
    }
}

/// Any request comes back as it was, and opentelemetry-proto reads our JSON as we do.
#[test]
fn there_and_back() {
    let mut numbers = Numbers(4318);
    let mut items = 0;
    for round in 0..300 {
        let signal = Signal::ALL[round % 3];
        let mut original = Vec::new();
        any_message(schema::request(signal), &mut numbers, 0, &mut original);
        let json = to_json(signal, &original);
        let original = structs(signal, original.into());
        let back = structs(signal, decode(signal, json.as_bytes()).unwrap());
        assert!(back.decoded() == original.decoded(), "round {round}: {json}");
        items += back.items();
        let theirs = match original.decoded().unwrap() {
            Decoded::Traces(ours) => serde_json::to_string(ours),
            Decoded::Metrics(ours) => serde_json::to_string(ours),
            Decoded::Logs(ours) => serde_json::to_string(ours),
        };
        let theirs = structs(signal, decode(signal, theirs.unwrap().as_bytes()).unwrap());
        assert!(theirs.decoded() == original.decoded(), "round {round}: {json}");
    }
    assert!(items > 300, "{items}");
}

/// Bytes that are changed or cut at any place are taken or refused, and nothing else.
#[test]
fn broken_input_is_harmless() {
    let mut numbers = Numbers(1);
    for round in 0..60 {
        let signal = Signal::ALL[round % 3];
        let mut request = Vec::new();
        any_message(schema::request(signal), &mut numbers, 0, &mut request);
        let json = to_json(signal, &request).into_bytes();
        for original in [&request, &json] {
            for _ in 0..200 {
                let mut broken = original.clone();
                let place = numbers.below(broken.len().max(1) as u64) as usize;
                match numbers.below(3) {
                    0 => broken.truncate(place),
                    1 => broken.splice(place..place, [numbers.next() as u8]).for_each(drop),
                    _ => broken.get_mut(place).into_iter().for_each(|byte| *byte = numbers.next() as u8),
                }
                let _ = encode(signal, &broken, &mut Vec::new());
                if let Ok(protobuf) = decode(signal, &broken) {
                    structs(signal, protobuf);
                }
                let _ = Batch::from_protobuf(signal, broken.into()).map(|batch| batch.decoded().is_ok());
            }
        }
    }
}
