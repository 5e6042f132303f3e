//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding"), from and to protobuf. Both
//! ways follow the schema over the bytes; nothing is built in between.
//!
//! The mapping of protobuf to JSON, with OTLP's own rules: ids are hexadecimal, enums are
//! numbers, keys are lowerCamelCase only, unknown keys are ignored.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
