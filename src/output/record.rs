//! Entries as one OTLP request.

use super::join::Entry;
use super::parse::{Parsed, Value};
use crate::clock;
use crate::link::Iostream;
use crate::otlp::write::{
    put_bytes, put_fixed64, put_int_attribute, put_message, put_number, put_text_attribute,
};
use crate::otlp::{Batch, Signal};
use crate::settings::Settings;

/// Instrumentation scope.
const SCOPE: &str = "otel_run.output";

/// Who speaks, encoded: the service as the user has named it. Which of its processes has written a line is not known.
#[derive(Debug)]
pub(super) struct Resource(Vec<u8>);

impl Resource {
    pub(super) fn of(settings: &Settings) -> Resource {
        let mut out = Vec::new();
        let mut put = |key: &str, value: &str| put_text_attribute(&mut out, 1, key, value.as_bytes());
        for (key, value) in &settings.resource_attributes {
            put(key, value);
        }
        put("service.name", &settings.service_name);
        put("telemetry.distro.name", "otel-run");
        put("telemetry.distro.version", env!("CARGO_PKG_VERSION"));
        Resource(out)
    }
}

/// The request; `None` when there is nothing to tell.
pub(super) fn batch<'a>(
    Resource(resource): &Resource,
    records: impl Iterator<Item = (Iostream, &'a Entry, &'a Parsed)>,
) -> Option<Batch> {
    let mut request = Vec::new();
    put_message(&mut request, 1, |out| {
        put_bytes(out, 1, resource);
        put_message(out, 2, |out| {
            put_message(out, 1, |out| {
                put_bytes(out, 1, SCOPE.as_bytes());
                put_bytes(out, 2, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for (stream, entry, parsed) in records {
                put_message(out, 2, |out| put_record(out, stream, entry, parsed));
            }
        });
    });
    // What was written above is a request.
    Batch::from_protobuf(Signal::Logs, request.into()).ok().filter(|batch| batch.items() > 0)
}

/// `LogRecord`.
fn put_record(out: &mut Vec<u8>, stream: Iostream, entry: &Entry, parsed: &Parsed) {
    put_fixed64(out, 1, parsed.time.unwrap_or(entry.time));
    if parsed.severity > 0 {
        put_number(out, 2, u64::from(parsed.severity));
        put_bytes(out, 3, parsed.level.as_bytes());
    }
    put_message(out, 5, |out| put_bytes(out, 1, parsed.body.as_bytes()));
    if let Some(name) = stream.name() {
        put_text_attribute(out, 6, "log.iostream", name.as_bytes());
    }
    for (key, value) in &parsed.attributes {
        match value {
            Value::Text(text) => put_text_attribute(out, 6, key, text.as_bytes()),
            Value::Int(number) => put_int_attribute(out, 6, key, *number),
            Value::Double(number) => put_message(out, 6, |out| {
                put_bytes(out, 1, key.as_bytes());
                put_message(out, 2, |out| {
                    crate::otlp::write::put_key(out, 4, 1);
                    out.extend_from_slice(&number.to_le_bytes());
                });
            }),
            Value::Bool(flag) => put_message(out, 6, |out| {
                put_bytes(out, 1, key.as_bytes());
                put_message(out, 2, |out| put_number(out, 2, u64::from(*flag)));
            }),
        }
    }
    parsed.trace_id.iter().for_each(|id| put_bytes(out, 9, id));
    parsed.span_id.iter().for_each(|id| put_bytes(out, 10, id));
    let observed = if parsed.time.is_some() { entry.time } else { clock::unix_nano() };
    put_fixed64(out, 11, observed);
}
