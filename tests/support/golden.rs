//! Compares envelopes with those of a reference, field by field (`tests/golden/azure/`).
//!
//! Tolerated: times and durations within a millisecond; 1 against 1.0; absent against null or empty,
//! outside of properties; the defaults `ver` 1, `sampleRate` 100, `count` 1; the order of envelopes. Of ours
//! beyond the reference: frames of stacks, the causes of an exception, names of events cut as the schema says,
//! ports that are not said twice.
//! Free: what a case's meta file lists under `ignore`, and under `quirks`, where it may list the
//! values to accept; properties beyond the reference's that keep an attribute of the input.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// One difference: where (segments of a JSON Pointer, the first the envelope's index), what was
/// expected, what was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: Vec<String>,
    pub(crate) expected: Option<Value>,
    pub(crate) seen: Option<Value>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<Value>| {
            let text = value.as_ref().map_or("(absent)".to_owned(), Value::to_string);
            text.chars().take(200).collect::<String>()
        };
        let path: Vec<String> = self.path.iter().map(|s| s.replace('~', "~0").replace('/', "~1")).collect();
        write!(f, "/{}: expected {}, saw {}", path.join("/"), show(&self.expected), show(&self.seen))
    }
}

/// What a case expects.
pub(crate) struct Golden {
    expected: Vec<Value>,
    ignore: Vec<Pattern>,
    quirks: Vec<(Pattern, Option<Vec<Value>>)>,
    /// Keys of all attributes of the input.
    keys: HashSet<String>,
}

type Pattern = Vec<String>;

const DEFAULTS: [(&str, f64); 4] = [
    ("/*/ver", 1.0),
    ("/*/sampleRate", 100.0),
    ("/*/data/baseData/ver", 2.0),
    ("/*/data/baseData/metrics/*/count", 1.0),
];

/// Allowed, though the reference does not send them.
const OPTIONAL: [&str; 8] = [
    "/*/seq",
    "/*/flags",
    "/*/tags/ai.internal.*",
    "/*/tags/ai.device.*",
    "/*/data/baseData/metrics/*/kind",
    "/*/data/baseData/metrics/*/dataPointType",
    "/*/data/baseData/exceptions/*/id",
    "/*/data/baseData/exceptions/*/parsedStack",
];

/// Longest name of a custom event in the schema; the reference sends longer ones.
const EVENT_NAME: usize = 512;

/// Properties of ours that stand for something of the input which is no attribute.
const KEPT: [&str; 5] =
    ["LoggerName", "otel.status_description", "otel.scope.name", "otel.scope.version", "exception.message"];

const MARKER: &str = "_MS.ProcessedByMetricExtractors";

impl Golden {
    /// From the three files of a case.
    pub(crate) fn new(input: &Value, expected: Value, meta: &Value) -> Golden {
        let Value::Array(expected) = expected else { panic!("an array of envelopes") };
        let patterns = |value: &Value| -> Vec<Pattern> {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(pattern).collect()
        };
        let quirks = meta["quirks"].as_array().into_iter().flatten().flat_map(|quirk| {
            quirk["paths"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|path| (pattern(path), quirk["accept"].get(path).and_then(Value::as_array).cloned()))
        });
        let mut keys = HashSet::new();
        attribute_keys(input, &mut keys);
        Golden { expected, ignore: patterns(&meta["ignore"]), quirks: quirks.collect(), keys }
    }

    /// Everything that is neither the same nor permitted.
    pub(crate) fn differences(&self, seen: &[Value]) -> Vec<Difference> {
        let pairs = self.pair(seen);
        let mut found = Vec::new();
        for (index, expected) in self.expected.iter().enumerate() {
            let path = vec![index.to_string()];
            match pairs.get(&index) {
                Some(at) => self.diff(Some(expected), Some(&seen[*at]), &path, &mut found),
                None => found.push(Difference { path, expected: Some(expected.clone()), seen: None }),
            }
        }
        let used: HashSet<usize> = pairs.into_values().collect();
        for (index, extra) in seen.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            let path = vec![(self.expected.len() + index).to_string()];
            found.push(Difference { path, expected: None, seen: Some(extra.clone()) });
        }
        found.retain(|difference| !self.allowed(difference) && !self.kept(difference));
        found
    }

    /// Which envelopes belong together, whatever their order: equal ones, then those of the same
    /// identity, then any.
    fn pair(&self, seen: &[Value]) -> BTreeMap<usize, usize> {
        let mut pairs = BTreeMap::new();
        let mut free: BTreeSet<usize> = (0..seen.len()).collect();
        let score = |i: usize, j: usize| {
            let mut found = Vec::new();
            self.diff(Some(&self.expected[i]), Some(&seen[j]), &[i.to_string()], &mut found);
            found.len()
        };
        for index in 0..self.expected.len().min(seen.len()) {
            if score(index, index) == 0 {
                pairs.insert(index, index);
                free.remove(&index);
            }
        }
        for same_identity in [true, false] {
            let mut candidates = Vec::new();
            for i in (0..self.expected.len()).filter(|i| !pairs.contains_key(i)) {
                for j in &free {
                    if !same_identity || identity(&self.expected[i]) == identity(&seen[*j]) {
                        candidates.push((score(i, *j), i.abs_diff(*j), i, *j));
                    }
                }
            }
            candidates.sort_unstable();
            for (_, _, i, j) in candidates {
                if !pairs.contains_key(&i) && free.remove(&j) {
                    pairs.insert(i, j);
                }
            }
        }
        pairs
    }

    fn diff(
        &self,
        expected: Option<&Value>,
        seen: Option<&Value>,
        path: &[String],
        found: &mut Vec<Difference>,
    ) {
        if self.ignore.iter().any(|pattern| covers(pattern, path)) {
            return;
        }
        let deeper = |segment: &str| [path, &[segment.to_owned()]].concat();
        match (expected, seen) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
                for key in keys {
                    self.diff(left.get(key), right.get(key), &deeper(key), found);
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) => {
                for index in 0..left.len().max(right.len()) {
                    self.diff(left.get(index), right.get(index), &deeper(&index.to_string()), found);
                }
            }
            _ if same(expected, seen, path) => {}
            // An object against nothing is told apart member by member, so that ignored paths count.
            (Some(Value::Object(left)), None) if path.len() > 1 => {
                left.iter().for_each(|(key, value)| self.diff(Some(value), None, &deeper(key), found));
            }
            (None, Some(Value::Object(right))) if path.len() > 1 => {
                right.iter().for_each(|(key, value)| self.diff(None, Some(value), &deeper(key), found));
            }
            _ => found.push(Difference {
                path: path.to_vec(),
                expected: expected.cloned(),
                seen: seen.cloned(),
            }),
        }
    }

    /// A quirk permits any value, or only those that it lists (null: left out).
    fn allowed(&self, difference: &Difference) -> bool {
        let seen = difference.seen.as_ref();
        if is_port_once(difference) {
            return true;
        }
        self.quirks.iter().filter(|(pattern, _)| covers(pattern, &difference.path)).any(|(_, accept)| {
            let Some(values) = accept else { return true };
            values.iter().any(|value| match value {
                Value::Null => is_empty(seen),
                value => same(Some(value), seen, &difference.path),
            })
        })
    }

    fn kept(&self, difference: &Difference) -> bool {
        let [_, data, base, properties, key] = difference.path.as_slice() else { return false };
        (data.as_str(), base.as_str(), properties.as_str()) == ("data", "baseData", "properties")
            && (key == MARKER
                || difference.expected.is_none() && (self.keys.contains(key) || KEPT.contains(&key.as_str())))
    }
}

/// A URL in which the reference says the port twice, and we once.
fn is_port_once(difference: &Difference) -> bool {
    let (Some(Value::String(expected)), Some(Value::String(seen))) = (&difference.expected, &difference.seen)
    else {
        return false;
    };
    let Some((before, rest)) = seen.split_once("://").and_then(|(_, rest)| rest.split_once(':')) else {
        return false;
    };
    let port = rest.split('/').next().unwrap_or_default();
    difference.path.last().is_some_and(|last| last == "url")
        && *expected == seen.replacen(&format!("{before}:{port}"), &format!("{before}:{port}:{port}"), 1)
}

fn pattern(text: &str) -> Pattern {
    text.trim_start_matches('/').split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect()
}

/// Whether the pattern's segments match the first of the path; `*` is any one, or any end of one.
fn covers(pattern: &[String], path: &[String]) -> bool {
    pattern.len() <= path.len()
        && pattern.iter().zip(path).all(|(pattern, segment)| match pattern.strip_suffix('*') {
            Some(start) => segment.starts_with(start),
            None => pattern == segment,
        })
}

fn exactly(text: &str, path: &[String]) -> bool {
    let pattern = pattern(text);
    pattern.len() == path.len() && covers(&pattern, path)
}

/// Whether it belongs to an exception that led to the one that the reference tells.
fn is_cause(path: &[String]) -> bool {
    exactly("/*/data/baseData/exceptions/*/*", path) && path.get(4).is_some_and(|index| index != "0")
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

fn same(expected: Option<&Value>, seen: Option<&Value>, path: &[String]) -> bool {
    if expected == seen {
        return true;
    }
    let last = path.last().map(String::as_str).unwrap_or_default();
    let in_properties = path.iter().any(|segment| segment == "properties");
    if expected.is_none() && (OPTIONAL.iter().any(|pattern| exactly(pattern, path)) || is_cause(path)) {
        return true;
    }
    if is_empty(expected) && is_empty(seen) {
        return !in_properties || last == "properties";
    }
    let default = DEFAULTS.iter().find(|(pattern, _)| exactly(pattern, path)).map(|(_, value)| *value);
    let number = |value: Option<&Value>| match value {
        None | Some(Value::Null) => default,
        Some(value) => value.as_f64(),
    };
    if let (Some(left), Some(right)) = (number(expected), number(seen)) {
        return left == right || (left - right).abs() <= 1e-12 * left.abs().max(right.abs());
    }
    let (Some(Value::String(expected)), Some(Value::String(seen))) = (expected, seen) else { return false };
    let within = |left: Option<i128>, right: Option<i128>| {
        left.zip(right).is_some_and(|(left, right)| (left - right).abs() <= 1_000_000)
    };
    match last {
        "time" if path.len() == 2 => within(instant(expected), instant(seen)),
        "name" if exactly("/*/data/baseData/name", path) && seen.len() == EVENT_NAME => {
            expected.starts_with(seen)
        }
        "duration" if !in_properties => within(timespan(expected), timespan(seen)),
        "_MS.links" => {
            let parsed = serde_json::from_str::<Value>(expected);
            parsed.is_ok_and(|value| serde_json::from_str::<Value>(seen).is_ok_and(|seen| seen == value))
        }
        _ => false,
    }
}

/// Nanoseconds of a fraction's digits.
fn fraction(digits: &str) -> Option<i128> {
    let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
    nine.parse().ok()
}

/// `2026-11-21T00:57:47.094789Z` in nanoseconds, on a calendar of its own: only good for comparing
/// two moments that are close to each other.
fn instant(text: &str) -> Option<i128> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let day = date.replace('-', "").parse::<i128>().ok()?;
    timespan(time).map(|time| day * 86_400_000_000_000 + time)
}

/// `[d.]hh:mm:ss[.fraction]` in nanoseconds.
fn timespan(text: &str) -> Option<i128> {
    let (hours, rest) = text.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (minutes, seconds) = rest.split_once(':')?;
    let (seconds, digits) = seconds.split_once('.').unwrap_or((seconds, ""));
    let number = |text: &str| text.parse::<u32>().ok().map(i128::from);
    let total = ((number(days)? * 24 + number(hours)?) * 60 + number(minutes)?) * 60 + number(seconds)?;
    Some(total * 1_000_000_000 + fraction(digits)?)
}

/// A first guess at which envelopes belong together.
fn identity(envelope: &Value) -> [Option<&Value>; 4] {
    let base = &envelope["data"]["baseData"];
    let id = base.get("id").filter(|id| !is_empty(Some(id)));
    let parent = envelope["tags"].get("ai.operation.parentId").filter(|_| id.is_none());
    [envelope["data"].get("baseType"), id, parent, base["metrics"][0].get("name")]
}

fn attribute_keys(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(members) => {
            key_of(members).into_iter().for_each(|key| {
                found.insert(key);
            });
            members.values().for_each(|member| attribute_keys(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| attribute_keys(element, found)),
        _ => {}
    }
}

fn key_of(members: &Map<String, Value>) -> Option<String> {
    members.get("key").and_then(Value::as_str).map(str::to_owned)
}
