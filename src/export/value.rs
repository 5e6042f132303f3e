//! Attribute values as JSON, for all exporters that print them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde::{Serialize, Serializer};

/// A value of any type; bytes are base64, numbers that are not finite are `null`.
pub(super) struct Value<'a>(pub(super) Option<&'a AnyValue>);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.and_then(|value| value.value.as_ref()) {
            // An index into a table that only profiles have.
            None | Some(Any::StringValueStrindex(_)) => serializer.serialize_unit(),
            Some(Any::StringValue(text)) => serializer.serialize_str(text),
            Some(Any::BoolValue(value)) => serializer.serialize_bool(*value),
            Some(Any::IntValue(value)) => serializer.serialize_i64(*value),
            Some(Any::DoubleValue(value)) => serializer.serialize_f64(*value),
            Some(Any::ArrayValue(array)) => {
                serializer.collect_seq(array.values.iter().map(|value| Value(Some(value))))
            }
            Some(Any::KvlistValue(list)) => Attributes(&list.values).serialize(serializer),
            Some(Any::BytesValue(bytes)) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

/// An object with a key for each attribute, in their order.
pub(super) struct Attributes<'a>(pub(super) &'a [KeyValue]);

impl<'a> Attributes<'a> {
    /// Where no attributes are `null` and not `{}`.
    pub(super) fn or_null(attributes: &'a [KeyValue]) -> Option<Self> {
        (!attributes.is_empty()).then_some(Attributes(attributes))
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|pair| (&pair.key, Value(pair.value.as_ref()))))
    }
}
