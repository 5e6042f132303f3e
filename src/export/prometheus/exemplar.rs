//! Exemplars, as OpenMetrics shows them.

use super::labels;
use super::name;
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;

/// Characters of all names and values together (OpenMetrics 1.0, "Exemplars").
const MAX_CHARACTERS: usize = 128;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exemplar {
    /// Without braces.
    pub(super) labels: String,
    pub(super) value: f64,
    pub(super) time_unix_nano: u64,
}

impl Exemplar {
    /// Trace and span first, and of the filtered attributes those for which there is room.
    pub(super) fn new(exemplar: &otlp::Exemplar) -> Option<Self> {
        let value = match exemplar.value? {
            Value::AsInt(value) => value as f64,
            Value::AsDouble(value) => value,
        };
        let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut pairs: Vec<(String, String)> =
            [("trace_id", &exemplar.trace_id, 16), ("span_id", &exemplar.span_id, 8)]
                .into_iter()
                .filter(|(_, id, length)| id.len() == *length && id.iter().any(|byte| *byte != 0))
                .map(|(name, id, _)| (name.to_owned(), hex(id)))
                .collect();
        let size = |(name, value): &(String, String)| name.chars().count() + value.chars().count();
        let mut room = MAX_CHARACTERS - pairs.iter().map(size).sum::<usize>();
        for attribute in &exemplar.filtered_attributes {
            let pair = (name::label(&attribute.key), labels::text(attribute.value.as_ref()));
            let new = pairs.iter().all(|(name, _)| *name != pair.0);
            if new && let Some(rest) = room.checked_sub(size(&pair)) {
                room = rest;
                pairs.push(pair);
            }
        }
        let labels = pairs.iter().fold(String::new(), |all, (name, value)| labels::with(&all, name, value));
        Some(Exemplar { labels, value, time_unix_nano: exemplar.time_unix_nano })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

    #[test]
    fn what_fits() {
        let attribute = |key: &str, length| KeyValue {
            key: key.into(),
            value: Some(AnyValue { value: Some(Any::StringValue("é".repeat(length))) }),
            ..Default::default()
        };
        let exemplar = otlp::Exemplar {
            filtered_attributes: vec![
                attribute("too.long", 100),
                attribute("trace_id", 1),
                attribute("fits", 57),
                attribute("x", 1),
            ],
            time_unix_nano: 5,
            span_id: vec![1; 8],
            trace_id: vec![2; 16],
            value: Some(Value::AsInt(3)),
        };
        let shown = Exemplar::new(&exemplar).expect("a value");
        let (trace, span) = ("02".repeat(16), "01".repeat(8));
        // 8 + 32 + 7 + 16 characters are taken, 65 are left.
        let fits = format!("trace_id=\"{trace}\",span_id=\"{span}\",fits=\"{}\",x=\"é\"", "é".repeat(57));
        assert_eq!(shown, Exemplar { labels: fits, value: 3.0, time_unix_nano: 5 });
        let none = otlp::Exemplar { trace_id: vec![0; 16], span_id: vec![1; 3], value: None, ..exemplar };
        assert_eq!(Exemplar::new(&none), None);
    }
}
