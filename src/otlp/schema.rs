//! The messages of OTLP as data (opentelemetry-proto 1.x, the three signals): what a field
//! is called in JSON, its number and its type on the wire.

use super::Signal;

/// A message type.
pub(crate) struct Message {
    pub(crate) fields: &'static [Field],
}

pub(crate) struct Field {
    pub(crate) number: u32,
    /// In lowerCamelCase, as in JSON.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    One,
    Many,
    /// At most one of a message's fields of this shape is set: the last one on the wire.
    Choice,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Bool,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Fixed32,
    Fixed64,
    Sfixed64,
    Double,
    String,
    /// Base64 in JSON.
    Bytes,
    /// Hexadecimal in JSON (OTLP specification, "JSON Protobuf Encoding").
    Id,
    /// Names start with the prefix; in their order they are the numbers from 0.
    Enum(&'static str, &'static [&'static str]),
    Message(&'static Message),
}

use Kind::{
    Bool, Bytes, Double, Enum, Fixed32, Fixed64, Id, Int64, Sfixed64, Sint32, String, Uint32, Uint64,
};
use Shape::{Choice, Many, One};

/// Most fields that a message has.
pub(super) const MOST_FIELDS: usize = 16;

/// The request of a signal's `Export`.
pub(super) fn request(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &TRACES,
        Signal::Metrics => &METRICS,
        Signal::Logs => &LOGS,
    }
}

const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, shape: One }
}

const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, shape: Many }
}

const fn choice(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, shape: Choice }
}

const fn message(of: &'static Message) -> Kind {
    Kind::Message(of)
}

macro_rules! messages {
    ($($name:ident: [$($field:expr),* $(,)?];)*) => {
        $(pub(crate) static $name: Message = Message { fields: &[$($field),*] };)*
        #[cfg(test)]
        pub(super) static ALL: &[&Message] = &[$(&$name),*];
    };
}

messages! {
    TRACES: [many(1, "resourceSpans", message(&RESOURCE_SPANS))];
    RESOURCE_SPANS: [
        one(1, "resource", message(&RESOURCE)),
        many(2, "scopeSpans", message(&SCOPE_SPANS)),
        one(3, "schemaUrl", String),
    ];
    SCOPE_SPANS: [
        one(1, "scope", message(&SCOPE)),
        many(2, "spans", message(&SPAN)),
        one(3, "schemaUrl", String),
    ];
    SPAN: [
        one(1, "traceId", Id),
        one(2, "spanId", Id),
        one(3, "traceState", String),
        one(4, "parentSpanId", Id),
        one(16, "flags", Fixed32),
        one(5, "name", String),
        one(6, "kind", SPAN_KIND),
        one(7, "startTimeUnixNano", Fixed64),
        one(8, "endTimeUnixNano", Fixed64),
        many(9, "attributes", message(&KEY_VALUE)),
        one(10, "droppedAttributesCount", Uint32),
        many(11, "events", message(&EVENT)),
        one(12, "droppedEventsCount", Uint32),
        many(13, "links", message(&LINK)),
        one(14, "droppedLinksCount", Uint32),
        one(15, "status", message(&STATUS)),
    ];
    EVENT: [
        one(1, "timeUnixNano", Fixed64),
        one(2, "name", String),
        many(3, "attributes", message(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Uint32),
    ];
    LINK: [
        one(1, "traceId", Id),
        one(2, "spanId", Id),
        one(3, "traceState", String),
        many(4, "attributes", message(&KEY_VALUE)),
        one(5, "droppedAttributesCount", Uint32),
        one(6, "flags", Fixed32),
    ];
    STATUS: [one(2, "message", String), one(3, "code", STATUS_CODE)];

    LOGS: [many(1, "resourceLogs", message(&RESOURCE_LOGS))];
    RESOURCE_LOGS: [
        one(1, "resource", message(&RESOURCE)),
        many(2, "scopeLogs", message(&SCOPE_LOGS)),
        one(3, "schemaUrl", String),
    ];
    SCOPE_LOGS: [
        one(1, "scope", message(&SCOPE)),
        many(2, "logRecords", message(&LOG_RECORD)),
        one(3, "schemaUrl", String),
    ];
    LOG_RECORD: [
        one(1, "timeUnixNano", Fixed64),
        one(11, "observedTimeUnixNano", Fixed64),
        one(2, "severityNumber", SEVERITY),
        one(3, "severityText", String),
        one(5, "body", message(&ANY_VALUE)),
        many(6, "attributes", message(&KEY_VALUE)),
        one(7, "droppedAttributesCount", Uint32),
        one(8, "flags", Fixed32),
        one(9, "traceId", Id),
        one(10, "spanId", Id),
        one(12, "eventName", String),
    ];

    METRICS: [many(1, "resourceMetrics", message(&RESOURCE_METRICS))];
    RESOURCE_METRICS: [
        one(1, "resource", message(&RESOURCE)),
        many(2, "scopeMetrics", message(&SCOPE_METRICS)),
        one(3, "schemaUrl", String),
    ];
    SCOPE_METRICS: [
        one(1, "scope", message(&SCOPE)),
        many(2, "metrics", message(&METRIC)),
        one(3, "schemaUrl", String),
    ];
    METRIC: [
        one(1, "name", String),
        one(2, "description", String),
        one(3, "unit", String),
        choice(5, "gauge", message(&GAUGE)),
        choice(7, "sum", message(&SUM)),
        choice(9, "histogram", message(&HISTOGRAM)),
        choice(10, "exponentialHistogram", message(&EXPONENTIAL_HISTOGRAM)),
        choice(11, "summary", message(&SUMMARY)),
        many(12, "metadata", message(&KEY_VALUE)),
    ];
    GAUGE: [many(1, "dataPoints", message(&NUMBER_POINT))];
    SUM: [
        many(1, "dataPoints", message(&NUMBER_POINT)),
        one(2, "aggregationTemporality", TEMPORALITY),
        one(3, "isMonotonic", Bool),
    ];
    HISTOGRAM: [
        many(1, "dataPoints", message(&HISTOGRAM_POINT)),
        one(2, "aggregationTemporality", TEMPORALITY),
    ];
    EXPONENTIAL_HISTOGRAM: [
        many(1, "dataPoints", message(&EXPONENTIAL_POINT)),
        one(2, "aggregationTemporality", TEMPORALITY),
    ];
    SUMMARY: [many(1, "dataPoints", message(&SUMMARY_POINT))];
    NUMBER_POINT: [
        many(7, "attributes", message(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        choice(4, "asDouble", Double),
        choice(6, "asInt", Sfixed64),
        many(5, "exemplars", message(&EXEMPLAR)),
        one(8, "flags", Uint32),
    ];
    HISTOGRAM_POINT: [
        many(9, "attributes", message(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        many(6, "bucketCounts", Fixed64),
        many(7, "explicitBounds", Double),
        many(8, "exemplars", message(&EXEMPLAR)),
        one(10, "flags", Uint32),
        one(11, "min", Double),
        one(12, "max", Double),
    ];
    EXPONENTIAL_POINT: [
        many(1, "attributes", message(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        one(6, "scale", Sint32),
        one(7, "zeroCount", Fixed64),
        one(8, "positive", message(&BUCKETS)),
        one(9, "negative", message(&BUCKETS)),
        one(10, "flags", Uint32),
        many(11, "exemplars", message(&EXEMPLAR)),
        one(12, "min", Double),
        one(13, "max", Double),
        one(14, "zeroThreshold", Double),
    ];
    BUCKETS: [one(1, "offset", Sint32), many(2, "bucketCounts", Uint64)];
    SUMMARY_POINT: [
        many(7, "attributes", message(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        many(6, "quantileValues", message(&QUANTILE)),
        one(8, "flags", Uint32),
    ];
    QUANTILE: [one(1, "quantile", Double), one(2, "value", Double)];
    EXEMPLAR: [
        many(7, "filteredAttributes", message(&KEY_VALUE)),
        one(2, "timeUnixNano", Fixed64),
        choice(3, "asDouble", Double),
        choice(6, "asInt", Sfixed64),
        one(4, "spanId", Id),
        one(5, "traceId", Id),
    ];

    RESOURCE: [
        many(1, "attributes", message(&KEY_VALUE)),
        one(2, "droppedAttributesCount", Uint32),
        many(3, "entityRefs", message(&ENTITY_REF)),
    ];
    ENTITY_REF: [
        one(1, "schemaUrl", String),
        one(2, "type", String),
        many(3, "idKeys", String),
        many(4, "descriptionKeys", String),
    ];
    SCOPE: [
        one(1, "name", String),
        one(2, "version", String),
        many(3, "attributes", message(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Uint32),
    ];
    KEY_VALUE: [one(1, "key", String), one(2, "value", message(&ANY_VALUE))];
    ANY_VALUE: [
        choice(1, "stringValue", String),
        choice(2, "boolValue", Bool),
        choice(3, "intValue", Int64),
        choice(4, "doubleValue", Double),
        choice(5, "arrayValue", message(&ARRAY_VALUE)),
        choice(6, "kvlistValue", message(&KEY_VALUE_LIST)),
        choice(7, "bytesValue", Bytes),
    ];
    ARRAY_VALUE: [many(1, "values", message(&ANY_VALUE))];
    KEY_VALUE_LIST: [many(1, "values", message(&KEY_VALUE))];
}

const SPAN_KIND: Kind =
    Enum("SPAN_KIND_", &["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]);
const STATUS_CODE: Kind = Enum("STATUS_CODE_", &["UNSET", "OK", "ERROR"]);
const TEMPORALITY: Kind = Enum("AGGREGATION_TEMPORALITY_", &["UNSPECIFIED", "DELTA", "CUMULATIVE"]);
const SEVERITY: Kind = Enum(
    "SEVERITY_NUMBER_",
    &[
        "UNSPECIFIED",
        "TRACE",
        "TRACE2",
        "TRACE3",
        "TRACE4",
        "DEBUG",
        "DEBUG2",
        "DEBUG3",
        "DEBUG4",
        "INFO",
        "INFO2",
        "INFO3",
        "INFO4",
        "WARN",
        "WARN2",
        "WARN3",
        "WARN4",
        "ERROR",
        "ERROR2",
        "ERROR3",
        "ERROR4",
        "FATAL",
        "FATAL2",
        "FATAL3",
        "FATAL4",
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_has_a_number_or_name_twice() {
        for message in ALL {
            assert!(message.fields.len() <= MOST_FIELDS);
            for (index, field) in message.fields.iter().enumerate() {
                let others = message.fields.iter().skip(index + 1);
                assert!(others.clone().all(|other| other.number != field.number), "{}", field.name);
                assert!(others.clone().all(|other| other.name != field.name), "{}", field.name);
            }
        }
    }
}
