//! Label sets, kept as the text in which they are exposed.

use super::name;
use crate::export::value::Value;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};

/// Pairs on their way to a label set: the key as OpenTelemetry has it, and the value as text.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(Vec<Pair>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    label: String,
    key: String,
    value: String,
}

impl Pairs {
    /// Name, version, schema and attributes of a scope, all with the prefix `otel_scope_`.
    pub(super) fn scope(scope: Option<&InstrumentationScope>, schema_url: &str) -> Self {
        const OWN: [&str; 3] = ["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];
        let (name, version) = scope.map_or(("", ""), |scope| (&scope.name, &scope.version));
        let mut pairs = Pairs::default();
        for attribute in scope.map_or(&[][..], |scope| &scope.attributes) {
            pairs.push(&format!("otel_scope_{}", attribute.key), text(attribute.value.as_ref()));
        }
        pairs.0.retain(|pair| !OWN.contains(&pair.label.as_str()));
        for (key, value) in OWN.into_iter().zip([name, version, schema_url]) {
            // A label without a value is the same as no label.
            if !value.is_empty() {
                pairs.push(key, value.to_owned());
            }
        }
        pairs
    }

    pub(super) fn add(&mut self, attributes: &[KeyValue]) {
        for attribute in attributes {
            self.push(&attribute.key, text(attribute.value.as_ref()));
        }
    }

    pub(super) fn push(&mut self, key: &str, value: String) {
        self.0.push(Pair { label: name::label(key), key: key.to_owned(), value });
    }

    /// The set as text, without braces. Values of keys that became the same label are joined
    /// with `;` in the order of their keys. `reserved` is a label that is not the sender's to
    /// use in this place, such as `le`.
    pub(super) fn render(mut self, reserved: Option<&str>) -> String {
        for pair in &mut self.0 {
            if Some(pair.label.as_str()) == reserved {
                pair.label.insert_str(0, "exported_");
            }
        }
        self.0.sort();
        let mut rendered = String::new();
        let mut last: Option<&str> = None;
        for pair in &self.0 {
            if last == Some(&pair.label) {
                rendered.pop();
                rendered.push(';');
            } else {
                let comma = if last.is_some() { "," } else { "" };
                rendered.push_str(&format!("{comma}{}=\"", pair.label));
            }
            escape(&pair.value, true, &mut rendered);
            rendered.push('"');
            last = Some(&pair.label);
        }
        rendered
    }
}

/// One pair as text, with the comma that follows `labels` when there are any.
pub(super) fn with(labels: &str, name: &str, value: &str) -> String {
    let comma = if labels.is_empty() { "" } else { "," };
    let mut all = format!("{labels}{comma}{name}=\"");
    escape(value, true, &mut all);
    all.push('"');
    all
}

/// One pair more, which tells one series from others; its name gives way to the same name
/// among the labels that are there.
pub(super) fn apart(labels: &str, name: &str, value: &str) -> String {
    let mut name = name.to_owned();
    // Quotes in values are escaped, so this is found in front of a value only.
    while labels.starts_with(&format!("{name}=\"")) || labels.contains(&format!(",{name}=\"")) {
        name.insert_str(0, "otel_run_");
    }
    with(labels, &name, value)
}

/// Escapes for label values and help texts; quotes only where `quotes` says so.
pub(super) fn escape(text: &str, quotes: bool, into: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '"' if quotes => into.push_str("\\\""),
            other => into.push(other),
        }
    }
}

/// A value as text ("AnyValue representation for non-OTLP protocols"): strings as they are,
/// the rest as JSON.
pub(super) fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None => String::new(),
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::DoubleValue(value)) if value.is_nan() => "NaN".into(),
        Some(Any::DoubleValue(value)) if value.is_infinite() => {
            if *value > 0.0 { "Infinity" } else { "-Infinity" }.into()
        }
        Some(_) => {
            let json = serde_json::to_string(&Value(value)).unwrap_or_default();
            // Bytes are base64, which needs no quotes.
            json.trim_matches('"').to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::ArrayValue;

    fn pair(key: &str, value: Any) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
    }

    fn string(key: &str, value: &str) -> KeyValue {
        pair(key, Any::StringValue(value.into()))
    }

    fn rendered(attributes: &[KeyValue]) -> String {
        let mut pairs = Pairs::default();
        pairs.add(attributes);
        pairs.render(Some("le"))
    }

    #[test]
    fn values() {
        let list =
            vec![string("", "a\"").value.expect("a value"), AnyValue { value: Some(Any::IntValue(1)) }];
        let attributes = [
            string("s", "a\\b\"c\nd"),
            pair("b", Any::BoolValue(true)),
            pair("i", Any::IntValue(-1)),
            pair("d", Any::DoubleValue(0.5)),
            pair("n", Any::DoubleValue(f64::NEG_INFINITY)),
            pair("x", Any::BytesValue(vec![255])),
            pair("l", Any::ArrayValue(ArrayValue { values: list })),
            KeyValue { key: "e".into(), ..Default::default() },
        ];
        assert_eq!(
            rendered(&attributes),
            r#"b="true",d="0.5",e="",i="-1",l="[\"a\\\"\",1]",n="-Infinity",s="a\\b\"c\nd",x="/w==""#
        );
    }

    #[test]
    fn keys_that_become_the_same_label_are_joined() {
        let attributes = [string("a_b", "3"), string("a.b", "2"), string("a-b", "1"), string("le", "x")];
        assert_eq!(rendered(&attributes), r#"a_b="1;2;3",exported_le="x""#);
    }

    #[test]
    fn scopes() {
        let scope = InstrumentationScope {
            name: "lib".into(),
            attributes: vec![string("name", "other"), string("schema.url", "x"), string("mascot", "bear")],
            ..Default::default()
        };
        assert_eq!(
            Pairs::scope(Some(&scope), "https://s").render(None),
            r#"otel_scope_mascot="bear",otel_scope_name="lib",otel_scope_schema_url="https://s""#
        );
        assert_eq!(Pairs::scope(None, "").render(None), "");
    }

    #[test]
    fn one_more() {
        assert_eq!(with("", "le", "1"), r#"le="1""#);
        assert_eq!(with(r#"a="b""#, "le", "\""), r#"a="b",le="\"""#);
        assert_eq!(apart(r#"a="b""#, "b", "c"), r#"a="b",b="c""#);
        assert_eq!(apart(r#"a="b""#, "a", "c"), r#"a="b",otel_run_a="c""#);
        assert_eq!(
            apart(r#"b="1",a="2",otel_run_a="3""#, "a", "4"),
            r#"b="1",a="2",otel_run_a="3",otel_run_otel_run_a="4""#
        );
        assert_eq!(apart(r#"b=",a=\"""#, "a", "4"), r#"b=",a=\"",a="4""#);
    }
}
