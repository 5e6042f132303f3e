//! `microsoft.custom_measurements`: numbers that go with an item.

use crate::export::azure::envelope::{Envelope, KEY};
use crate::export::azure::json::cut;
use crate::otlp::view::{Value, entries};

/// The attribute's name.
pub(in crate::export::azure) const ATTRIBUTE: &str = "microsoft.custom_measurements";

/// Bytes of a JSON text that is read.
const LONGEST: usize = 64 * 1024;

/// The numbers of a map, or of a JSON object in a text. What is no finite number is left out, and
/// what is neither of both gives none.
pub(in crate::export::azure) fn read(value: &Value<'_>) -> Vec<(String, f64)> {
    let mut numbers: Vec<(String, f64)> = match value {
        Value::Map(map) => {
            entries(map).filter_map(|(key, value)| Some((key.into(), number(&value)?))).collect()
        }
        Value::Text(text) if text.len() <= LONGEST => {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_f64()?)))
                .collect()
        }
        _ => Vec::new(),
    };
    for (key, _) in &mut numbers {
        key.truncate(cut(key, KEY).len());
    }
    numbers.retain(|(key, number)| !key.is_empty() && number.is_finite());
    numbers.sort_by(|a, b| a.0.cmp(&b.0));
    numbers.dedup_by(|a, b| a.0 == b.0);
    numbers
}

/// Writes the object `measurements`, if there are any.
pub(in crate::export::azure) fn write(envelope: &mut Envelope<'_>, numbers: &[(String, f64)]) {
    if numbers.is_empty() {
        return;
    }
    envelope.object("measurements");
    for (key, number) in numbers {
        envelope.measurement(key, *number);
    }
    envelope.end_object();
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_json_text() {
        let read = |text: &str| read(&Value::Text(text.to_owned().into()));
        let numbers = read(r#"{"a":1,"b":2.5,"c":"x","d":true,"e":null,"":3,"f":{"g":1}}"#);
        assert_eq!(numbers, [("a".to_owned(), 1.0), ("b".to_owned(), 2.5)]);
        assert_eq!(read(&format!("{{\"{}\":3}}", "é".repeat(200))), [("é".repeat(150), 3.0)]);
        for text in ["{not json", "[1,2]", "7", "", "{\"a\":1e999}", &"[".repeat(60_000)] {
            assert_eq!(read(text), [], "{text:.20}");
        }
    }
}
