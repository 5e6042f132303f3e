//! What all signals have in common: resources, identifiers, times.

use crate::export::value::Attributes;
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;
use serde::Serialize;

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
