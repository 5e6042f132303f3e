//! Values and attributes in readable text.

use crate::export::value::Value;
use crate::plain::Plain;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use std::fmt::{self, Display, Formatter};

/// A value alone: text as it is, everything that is nested as JSON.
pub(super) struct Bare<'a>(pub(super) Option<&'a AnyValue>);

impl Display for Bare<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.and_then(|value| value.value.as_ref()) {
            None => Ok(()),
            Some(Any::StringValue(text)) => write!(f, "{}", Plain(text)),
            Some(Any::DoubleValue(value)) => write!(f, "{value:?}"),
            Some(Any::BytesValue(bytes)) => write!(f, "{}", Base64(bytes)),
            Some(_) => write!(f, "{}", Json(self.0)),
        }
    }
}

/// A value with the name of its type: `Int(42)`.
pub(super) struct Typed<'a>(pub(super) Option<&'a AnyValue>);

impl Display for Typed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = match self.0.and_then(|value| value.value.as_ref()) {
            None | Some(Any::StringValueStrindex(_)) => "Empty",
            Some(Any::StringValue(_)) => "Str",
            Some(Any::BoolValue(_)) => "Bool",
            Some(Any::IntValue(_)) => "Int",
            Some(Any::DoubleValue(_)) => "Double",
            Some(Any::ArrayValue(_)) => "Slice",
            Some(Any::KvlistValue(_)) => "Map",
            Some(Any::BytesValue(_)) => "Bytes",
        };
        write!(f, "{name}({})", Bare(self.0))
    }
}

/// `key=value` pairs with something between them.
pub(super) struct Pairs<'a>(pub(super) &'a [KeyValue], pub(super) &'static str);

impl Display for Pairs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { self.1 };
            write!(f, "{between}{}={}", Plain(&pair.key), Bare(pair.value.as_ref()))?;
        }
        Ok(())
    }
}

/// Hexadecimal digits of an identifier; nothing when it is missing.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct Json<'a>(Option<&'a AnyValue>);

impl Display for Json<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(&Value(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{}", Plain(json))
    }
}

struct Base64<'a>(&'a [u8]);

impl Display for Base64<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use base64::display::Base64Display;
        use base64::engine::general_purpose::STANDARD;
        write!(f, "{}", Base64Display::new(self.0, &STANDARD))
    }
}
