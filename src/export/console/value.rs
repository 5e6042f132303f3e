//! What all signals have in common: attributes, resources, identifiers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;
use serde::{Serialize, Serializer};

/// A value of any type; bytes are base64.
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

#[derive(Serialize)]
pub(super) struct Resource<'a> {
    attributes: Attributes<'a>,
    schema_url: &'a str,
}

impl<'a> Resource<'a> {
    pub(super) fn new(resource: Option<&'a OtlpResource>, schema_url: &'a str) -> Self {
        let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
        Resource { attributes: Attributes(attributes), schema_url }
    }
}

/// A trace or span identifier of `width` bytes: `0x` and hexadecimal digits. An identifier that is
/// missing is all zeros, which is also how the SDK knows it.
pub(super) fn identifier(bytes: &[u8], width: usize) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits:0>width$}", width = 2 * width)
}

/// An identifier as a number; `None` when it is missing.
pub(super) fn number(bytes: &[u8]) -> Option<u128> {
    let value = bytes.iter().take(16).fold(0, |value: u128, byte| value << 8 | u128::from(*byte));
    (value != 0).then_some(value)
}

/// A time in nanoseconds; `None` when it is not known.
pub(super) fn nanos(unix_nanos: u64) -> Option<u64> {
    (unix_nanos != 0).then_some(unix_nanos)
}
