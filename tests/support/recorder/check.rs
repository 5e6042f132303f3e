//! What the schema of Application Insights asks of an envelope: names, types, lengths in UTF-16
//! units, and nothing besides.

use super::KEY;
use serde_json::{Map, Value};

type Checked = Result<(), String>;

/// Kinds of fields.
#[derive(Clone, Copy)]
enum Of {
    /// At most so many UTF-16 units.
    Text(usize),
    Bool,
    /// `d.hh:mm:ss.fffffff`.
    Duration,
    Severity,

    Int,
    Number,
    Exceptions,
    Frames,
    Metrics,
    Kind,
}

use Of::{Bool, Duration, Exceptions, Frames, Int, Kind, Metrics, Number, Severity, Text};

/// Name, kind, required.
type Fields = &'static [(&'static str, Of, bool)];

const TYPES: [(&str, &str, Fields); 9] = [
    (
        "Request",
        "RequestData",
        &[
            ("id", Text(512), true),
            ("name", Text(1024), false),
            ("duration", Duration, true),
            ("success", Bool, true),
            ("responseCode", Text(1024), true),
            ("source", Text(1024), false),
            ("url", Text(2048), false),
        ],
    ),
    (
        "RemoteDependency",
        "RemoteDependencyData",
        &[
            ("id", Text(512), false),
            ("name", Text(1024), true),
            ("resultCode", Text(1024), false),
            ("data", Text(8192), false),
            ("type", Text(1024), false),
            ("target", Text(1024), false),
            ("duration", Duration, true),
            ("success", Bool, false),
        ],
    ),
    ("Message", "MessageData", &[("message", Text(32768), true), ("severityLevel", Severity, false)]),
    (
        "Exception",
        "ExceptionData",
        &[
            ("exceptions", Exceptions, true),
            ("severityLevel", Severity, false),
            ("problemId", Text(1024), false),
        ],
    ),
    ("Event", "EventData", &[("name", Text(512), true)]),
    ("Metric", "MetricData", &[("metrics", Metrics, true)]),
    (
        "Availability",
        "AvailabilityData",
        &[
            ("id", Text(512), true),
            ("name", Text(1024), true),
            ("duration", Duration, true),
            ("success", Bool, true),
            ("runLocation", Text(1024), false),
            ("message", Text(8192), false),
        ],
    ),
    (
        "PageView",
        "PageViewData",
        &[
            ("id", Text(512), false),
            ("name", Text(1024), false),
            ("url", Text(2048), false),
            ("referredUri", Text(2048), false),
            ("duration", Duration, false),
        ],
    ),
    (
        "PageViewPerf",
        "PageViewPerfData",
        &[
            ("id", Text(512), false),
            ("name", Text(1024), false),
            ("url", Text(2048), false),
            ("referredUri", Text(2048), false),
            ("duration", Duration, false),
            ("perfTotal", Duration, false),
            ("networkConnect", Duration, false),
            ("sentRequest", Duration, false),
            ("receivedResponse", Duration, false),
            ("domProcessing", Duration, false),
        ],
    ),
];

const EXCEPTION: Fields = &[
    ("id", Int, false),
    ("outerId", Int, false),
    ("typeName", Text(1024), false),
    ("message", Text(32768), true),
    ("hasFullStack", Bool, false),
    ("stack", Text(32768), false),
    ("parsedStack", Frames, false),
];

const FRAME: Fields = &[
    ("level", Int, true),
    ("method", Text(1024), true),
    ("assembly", Text(1024), false),
    ("fileName", Text(1024), false),
    ("line", Int, false),
];

const METRIC: Fields = &[
    ("ns", Text(256), false),
    ("name", Text(1024), true),
    ("kind", Kind, false),
    ("value", Number, true),
    ("count", Int, false),
    ("min", Number, false),
    ("max", Number, false),
    ("stdDev", Number, false),
];

const TAGS: [(&str, usize); 33] = [
    ("ai.application.ver", 1024),
    ("ai.cloud.location", 256),
    ("ai.cloud.role", 256),
    ("ai.cloud.roleInstance", 256),
    ("ai.cloud.roleVer", 256),
    ("ai.device.id", 1024),
    ("ai.device.locale", 64),
    ("ai.device.model", 256),
    ("ai.device.oemName", 256),
    ("ai.device.os", 256),
    ("ai.device.osVersion", 256),
    ("ai.device.type", 64),
    ("ai.internal.agentVersion", 64),
    ("ai.internal.nodeName", 256),
    ("ai.internal.sdkVersion", 64),
    ("ai.location.city", 256),
    ("ai.location.country", 256),
    ("ai.location.ip", 46),
    ("ai.location.province", 256),
    ("ai.operation.correlationVector", 64),
    ("ai.operation.id", 128),
    ("ai.operation.name", 1024),
    ("ai.operation.parentId", 512),
    ("ai.operation.rootId", 128),
    ("ai.operation.syntheticSource", 1024),
    ("ai.session.id", 64),
    ("ai.session.isFirst", 5),
    ("ai.user.accountId", 1024),
    ("ai.user.authUserId", 1024),
    ("ai.user.id", 1024),
    ("ai.user.storeRegion", 1024),
    ("ai.user.type", 1024),
    ("ai.user.userAgent", 2048),
];

const KEY_LENGTH: usize = 150;
const VALUE_LENGTH: usize = 8192;

/// Properties that may be long, and how long.
const LONG: [&str; 7] = [
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.evaluation.explanation",
];
const LONG_LENGTH: usize = 262_144;

/// Says what is wrong with an envelope.
pub(crate) fn check(envelope: &Value) -> Checked {
    let envelope = envelope.as_object().ok_or("an envelope is an object")?;
    let mut base_type = None;
    for (name, value) in envelope {
        match name.as_str() {
            "ver" => integer(value, 1..=1).map_err(|e| at("ver", e))?,
            "name" => base_type = Some(base_type_of(value)?),
            "time" => time(value).map_err(|e| at("time", e))?,
            "sampleRate" => match value.as_f64() {
                Some(rate) if rate > 0.0 && rate <= 100.0 => {}
                _ => return Err(format!("sampleRate is {value}")),
            },
            "seq" => text(value, 64, false).map_err(|e| at("seq", e))?,
            "iKey" if value == KEY => {}
            "iKey" => return Err("iKey is not known".to_owned()),
            "tags" => tags(value)?,
            "data" => {}
            other => return Err(format!("field {other:?} is not known")),
        }
    }
    for name in ["name", "time", "iKey", "data"] {
        if !envelope.contains_key(name) {
            return Err(format!("{name} is missing"));
        }
    }
    let base_type = base_type.ok_or("name is missing")?;
    let data = object(&envelope["data"], "data")?;
    if data.keys().any(|key| key != "baseType" && key != "baseData") {
        return Err("data has a field that is not known".to_owned());
    }
    if data.get("baseType").and_then(Value::as_str) != Some(base_type) {
        return Err(format!("baseType is not {base_type}"));
    }
    base_data(base_type, data.get("baseData").unwrap_or(&Value::Null)).map_err(|e| at(base_type, e))
}

fn at(name: &str, why: String) -> String {
    format!("{name}: {why}")
}

fn base_type_of(name: &Value) -> Result<&'static str, String> {
    let name = name.as_str().ok_or("name is no text")?;
    let short = name.strip_prefix("Microsoft.ApplicationInsights.").unwrap_or(name);
    TYPES
        .iter()
        .find(|(known, ..)| *known == short)
        .map(|(_, base, _)| *base)
        .ok_or_else(|| format!("name {name:?} is not known"))
}

fn base_data(base_type: &str, data: &Value) -> Checked {
    let data = object(data, "baseData")?;
    if data.get("ver").and_then(Value::as_i64) != Some(2) {
        return Err("ver is not 2".to_owned());
    }
    let mut data = data.clone();
    data.remove("ver");
    if let Some(properties) = data.remove("properties") {
        for (key, value) in object(&properties, "properties")? {
            let longest = if LONG.contains(&key.as_str()) { LONG_LENGTH } else { VALUE_LENGTH };
            length(key, KEY_LENGTH, true).map_err(|e| at("key of a property", e))?;
            text(value, longest, false).map_err(|e| at(&format!("property {key:?}"), e))?;
        }
    }
    if let Some(measurements) = data.remove("measurements") {
        for (key, value) in object(&measurements, "measurements")? {
            length(key, KEY_LENGTH, true).map_err(|e| at("key of a measurement", e))?;
            number(value).map_err(|e| at(&format!("measurement {key:?}"), e))?;
        }
    }
    let known = TYPES.iter().find(|(_, base, _)| *base == base_type).map_or(&[][..], |(.., fields)| fields);
    fields(&data, known)
}

fn fields(object: &Map<String, Value>, known: Fields) -> Checked {
    for (name, value) in object {
        let Some((_, of, required)) = known.iter().find(|(known, ..)| known == name) else {
            return Err(format!("field {name:?} is not known"));
        };
        field(value, *of, *required).map_err(|e| at(name, e))?;
    }
    match known.iter().find(|(name, _, required)| *required && !object.contains_key(*name)) {
        Some((name, ..)) => Err(format!("{name} is missing")),
        None => Ok(()),
    }
}

fn field(value: &Value, of: Of, required: bool) -> Checked {
    match of {
        Text(longest) => text(value, longest, required),
        Bool => value.as_bool().map(drop).ok_or_else(|| "is neither true nor false".to_owned()),
        Duration => duration(value),
        Severity => match value.as_str() {
            Some("Verbose" | "Information" | "Warning" | "Error" | "Critical") => Ok(()),
            _ => integer(value, 0..=4),
        },

        Int => integer(value, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        Number => number(value),
        Kind => match value.as_str() {
            Some("Measurement" | "Aggregation") => Ok(()),
            _ => integer(value, 0..=1),
        },
        Exceptions => each(value, 1..=100, EXCEPTION),
        Frames => each(value, 0..=100, FRAME),
        Metrics => {
            each(value, 1..=1, METRIC)?;
            let metric = &value[0];
            let single = metric["kind"] == "Measurement" || metric["kind"] == 0;
            let aggregate = ["count", "min", "max", "stdDev"].iter().any(|name| metric.get(name).is_some());
            match single && aggregate {
                true => Err("a measurement has no count, min, max, stdDev".to_owned()),
                false => Ok(()),
            }
        }
    }
}

fn each(value: &Value, count: std::ops::RangeInclusive<usize>, known: Fields) -> Checked {
    let values = value.as_array().ok_or("is no array")?;
    if !count.contains(&values.len()) {
        return Err(format!("has {} elements", values.len()));
    }
    values.iter().try_for_each(|value| fields(object(value, "an element")?, known))
}

fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{name} is no object"))
}

fn text(value: &Value, longest: usize, required: bool) -> Checked {
    length(value.as_str().ok_or("is no text")?, longest, required)
}

fn length(text: &str, longest: usize, required: bool) -> Checked {
    match text.encode_utf16().count() {
        0 if required => Err("is empty".to_owned()),
        units if units > longest => Err(format!("has {units} UTF-16 units, more than {longest}")),
        _ => Ok(()),
    }
}

fn integer(value: &Value, range: std::ops::RangeInclusive<i64>) -> Checked {
    match value.as_i64() {
        Some(number) if range.contains(&number) => Ok(()),
        _ => Err(format!("is {value}, not one of {} to {}", range.start(), range.end())),
    }
}

fn number(value: &Value) -> Checked {
    match value.as_f64() {
        Some(number) if number.is_finite() => Ok(()),
        _ => Err(format!("is {value}, no finite number")),
    }
}

fn tags(value: &Value) -> Checked {
    for (name, value) in object(value, "tags")? {
        let Some((_, longest)) = TAGS.iter().find(|(known, _)| known == name) else {
            return Err(format!("tag {name:?} is not known"));
        };
        text(value, *longest, false).map_err(|e| at(name, e))?;
    }
    Ok(())
}

/// Digits where the pattern has `0`, anything else as it stands.
fn like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        })
}

/// `2026-11-21T00:57:47.094789Z`, with 0 to 7 digits of a fraction.
fn time(value: &Value) -> Checked {
    let text = value.as_str().ok_or("is no text")?;
    let wrong = || format!("is {text:?}, no moment in UTC");
    let plain = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or_else(wrong)?;
    let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(a, b)| (a, Some(b)));
    if !like(whole, "0000-00-00T00:00:00") || !fraction.is_none_or(is_fraction) {
        return Err(wrong());
    }
    let part = |range: std::ops::Range<usize>| whole[range].parse::<u32>().unwrap_or(u32::MAX);
    let within = (1..=12).contains(&part(5..7))
        && (1..=31).contains(&part(8..10))
        && part(11..13) < 24
        && part(14..16) < 60
        && part(17..19) < 60;
    if within { Ok(()) } else { Err(wrong()) }
}

fn is_fraction(text: &str) -> bool {
    (1..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[d.]hh:mm:ss[.fffffff]`, below 1000 days.
fn duration(value: &Value) -> Checked {
    let text = value.as_str().ok_or("is no text")?;
    let wrong = || format!("is {text:?}, no duration");
    let colon = text.find(':').ok_or_else(wrong)?;
    let (days, rest) = match text[..colon].split_once('.') {
        Some((days, _)) => (days, &text[days.len() + 1..]),
        None => ("0", text),
    };
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(a, b)| (a, Some(b)));
    let shaped = (1..=3).contains(&days.len())
        && days.bytes().all(|byte| byte.is_ascii_digit())
        && like(whole, "00:00:00")
        && fraction.is_none_or(is_fraction);
    if !shaped {
        return Err(wrong());
    }
    let part = |range: std::ops::Range<usize>| whole[range].parse::<u32>().unwrap_or(u32::MAX);
    if part(0..2) < 24 && part(3..5) < 60 && part(6..8) < 60 { Ok(()) } else { Err(wrong()) }
}
