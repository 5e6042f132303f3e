//! One JSON object a line: pino, bunyan, winston, structlog, python-json-logger, Logback's and Log4j's encoders, ECS, zap.

use super::{Parsed, Value, level, time, trace};
use serde_json::{Map, Value as Json};

const MESSAGES: [&str; 5] = ["message", "msg", "event", "body", "text"];
const LEVELS: [&str; 8] =
    ["level", "severity", "levelname", "log.level", "lvl", "loglevel", "@level", "severity_text"];
const TIMES: [&str; 7] = ["time", "timestamp", "@timestamp", "ts", "asctime", "datetime", "instant"];
const TRACES: [&str; 6] = ["trace_id", "traceId", "trace.id", "otelTraceID", "traceid", "TraceId"];
const SPANS: [&str; 6] = ["span_id", "spanId", "span.id", "otelSpanID", "spanid", "SpanId"];
const STACKS: [&str; 6] =
    ["exc_info", "stack_trace", "stack", "exception", "error.stack_trace", "stacktrace"];

/// Longest value of an attribute that is kept as JSON, in bytes.
const LONGEST: usize = 4096;

pub(super) fn parse(text: &str) -> Option<Parsed> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    let Ok(Json::Object(mut object)) = serde_json::from_str::<Json>(text) else { return None };
    let mut parsed = Parsed::default();
    // An object without a message is data that somebody prints.
    let message = take(&mut object, &MESSAGES, |value| value.as_str().map(str::to_owned));
    let said = take(&mut object, &LEVELS, |value| match value {
        Json::String(level) => level::severity(level).map(|severity| (severity, level.clone())),
        // pino and bunyan.
        Json::Number(number) => {
            let number = number.as_u64().filter(|number| (1..=60).contains(number))?;
            let severity = [1, 1, 5, 9, 13, 17, 21].get(usize::try_from(number / 10).ok()?)?;
            Some((*severity, number.to_string()))
        }
        _ => None,
    });
    if message.is_none() && said.is_none() {
        return None;
    }
    if let Some((severity, level)) = said {
        (parsed.severity, parsed.level) = (severity, level);
    }
    parsed.body = message.unwrap_or_else(|| text.to_owned());
    parsed.time = take(&mut object, &TIMES, |value| match value {
        Json::String(text) => time::at_start(text),
        Json::Number(number) => time::of_number(number.as_f64()?),
        _ => None,
    });
    parsed.trace_id = take(&mut object, &TRACES, |value| trace::id(value.as_str()?));
    parsed.span_id = take(&mut object, &SPANS, |value| trace::id(value.as_str()?));
    if let Some(stack) = take(&mut object, &STACKS, |value| value.as_str().map(str::to_owned)) {
        parsed.text("exception.stacktrace", stack);
    }
    if let Some(Json::Object(error)) = object.get("err").or_else(|| object.get("error")) {
        for (from, to) in
            [("type", "exception.type"), ("message", "exception.message"), ("stack", "exception.stacktrace")]
        {
            if let Some(text) = error.get(from).and_then(Json::as_str) {
                parsed.text(to, text);
            }
        }
    }
    for (key, value) in object {
        match value {
            Json::Null => {}
            Json::Bool(flag) => parsed.add(&key, Value::Bool(flag)),
            Json::String(text) => parsed.text(&key, text),
            Json::Number(number) => match number.as_i64() {
                Some(number) => parsed.add(&key, Value::Int(number)),
                None => parsed.add(&key, Value::Double(number.as_f64().unwrap_or_default())),
            },
            Json::Array(_) | Json::Object(_) => {
                let text = value.to_string();
                if text.len() <= LONGEST {
                    parsed.text(&key, text);
                }
            }
        }
    }
    Some(parsed)
}

/// Takes the first of these members that means something.
fn take<T>(object: &mut Map<String, Json>, names: &[&str], read: impl Fn(&Json) -> Option<T>) -> Option<T> {
    for name in names {
        if let Some(read) = object.get(*name).and_then(&read) {
            object.remove(*name);
            return Some(read);
        }
    }
    None
}
