//! An item as lines that can be compared, one for each value.

use serde_json::Value;

/// What an item is called, and its values by their paths, in the order in which OTLP has them.
#[derive(Debug, PartialEq)]
pub(super) struct Lines {
    pub(super) title: String,
    pub(super) values: Vec<(String, String)>,
}

/// Longest title.
const TITLE: usize = 80;

/// Keys of the signals, of their scopes and of their items.
const SIGNALS: [(&str, &str, &str, &str); 3] = [
    ("resourceSpans", "scopeSpans", "spans", "span"),
    ("resourceLogs", "scopeLogs", "logRecords", "log"),
    ("resourceMetrics", "scopeMetrics", "metrics", "metric"),
];

impl Lines {
    /// Of a request with one item.
    pub(super) fn of(request: &Value) -> Option<Lines> {
        let (groups, scopes, items, kind) =
            SIGNALS.into_iter().find(|(key, ..)| request.get(key).is_some())?;
        let group = request.get(groups)?.get(0)?;
        let scope = group.get(scopes)?.get(0)?;
        let item = scope.get(items)?.get(0)?;
        let mut values = Vec::new();
        flatten("", item, &mut values);
        for (name, value) in [("scope", scope.get("scope")), ("resource", group.get("resource"))] {
            value.into_iter().for_each(|value| flatten(name, value, &mut values));
        }
        let name = match kind {
            "log" => item.get("body").map(any).unwrap_or_default(),
            _ => item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        };
        let title =
            format!("{kind} {}", name.chars().filter(|c| !c.is_control()).take(TITLE).collect::<String>());
        Some(Lines { title, values })
    }
}

/// Attributes go by their keys, lists by numbers.
fn flatten(path: &str, value: &Value, values: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("attributes", Value::Array(pairs)) => {
                        for pair in pairs {
                            let key = pair.get("key").and_then(Value::as_str).unwrap_or_default();
                            let value = pair.get("value").map(any).unwrap_or_default();
                            values.push((below(&format!("attributes.{key}")), value));
                        }
                    }
                    ("body", value) => values.push((below(name), any(value))),
                    _ => flatten(&below(name), value, values),
                }
            }
        }
        Value::Array(elements) => {
            for (number, element) in elements.iter().enumerate() {
                flatten(&format!("{path}[{number}]"), element, values);
            }
        }
        value => values.push((path.to_owned(), value.to_string())),
    }
}

/// An `AnyValue`; the type of most is seen by how they are written.
fn any(value: &Value) -> String {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else {
        return "null".to_owned();
    };
    match (kind.as_str(), inner) {
        // 64 bits are text in JSON.
        ("intValue", Value::String(digits)) => digits.clone(),
        _ => inner.to_string(),
    }
}

/// What is different: lines of the first alone (`-`), of the second alone (`+`), and with `all` those of both.
pub(super) fn difference(before: &Lines, after: &Lines, all: bool) -> Vec<String> {
    let get = |lines: &Lines, path: &str| {
        lines.values.iter().find(|(known, _)| known == path).map(|(_, value)| value.clone())
    };
    let mut lines = Vec::new();
    for (path, value) in &before.values {
        match get(after, path) {
            Some(same) if same == *value => {
                if all {
                    lines.push(format!("    {path}: {value}"));
                }
            }
            now => {
                lines.push(format!("  - {path}: {value}"));
                lines.extend(now.map(|now| format!("  + {path}: {now}")));
            }
        }
    }
    let new = after.values.iter().filter(|(path, _)| get(before, path).is_none());
    lines.extend(new.map(|(path, value)| format!("  + {path}: {value}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(name: &str, attributes: Value) -> Lines {
        Lines::of(&json!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [{"scope": {"name": "s"}, "spans": [{
                "name": name, "kind": 2, "attributes": attributes,
                "events": [{"name": "e", "attributes": [{"key": "n", "value": {"intValue": "7"}}]}],
            }]}],
        }]}))
        .expect("a span")
    }

    #[test]
    fn what_is_different() {
        let before = lines(
            "GET\n/a",
            json!([{"key": "a", "value": {"stringValue": "x"}}, {"key": "b", "value": {"boolValue": true}}]),
        );
        assert_eq!(before.title, "span GET/a");
        let after =
            lines("GET\n/a", json!([{"key": "a", "value": {"stringValue": "y"}}, {"key": "c", "value": {}}]));
        assert_eq!(
            difference(&before, &after, false),
            [
                "  - attributes.a: \"x\"",
                "  + attributes.a: \"y\"",
                "  - attributes.b: true",
                "  + attributes.c: null"
            ]
        );
        let same = difference(&before, &before, true);
        assert!(same.contains(&"    events[0].attributes.n: 7".to_owned()), "{same:?}");
        assert!(same.contains(&"    resource.attributes.service.name: \"shop\"".to_owned()), "{same:?}");
        assert!(difference(&before, &before, false).is_empty());
    }
}
