//! How much may wait for a destination, and how long.

use super::QueueSettings;
use super::notes::Notes;
use super::origin::Layers;
use super::read::{Queue, Variables};
use crate::error::Error;
use crate::otlp::PerSignal;
use std::time::Duration;

/// The defaults are in bytes, because that is what memory is made of; what the user says is in
/// items, as the specification counts.
pub(super) fn queues(variables: &Variables, layers: &Layers, notes: &mut Notes) -> PerSignal<QueueSettings> {
    let defaults = QueueSettings {
        max_bytes: 16 << 20,
        max_items: None,
        parcel_bytes: 2 << 20,
        parcel_items: None,
        delay: Duration::from_millis(200),
    };
    let mut queue = |said: &Queue, prefix: &str| {
        let mut parcel_items = said.max_export_batch_size;
        if let (Some(batch), Some(room)) = (parcel_items, said.max_queue_size)
            && batch > room
        {
            let variable = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
            notes.warn(
                Error::usage(format!(
                    "{variable}: {batch} is more than {prefix}_MAX_QUEUE_SIZE, which is {room}; batches of {room} it is"
                ))
                .from(layers.origin(&variable))
                .hint(format!("use at most {room}")),
            );
            parcel_items = Some(room);
        }
        QueueSettings {
            max_items: said.max_queue_size,
            parcel_items,
            delay: said.schedule_delay.map_or(defaults.delay, |m| m.0),
            ..defaults.clone()
        }
    };
    PerSignal {
        traces: queue(&variables.spans, "OTEL_BSP"),
        logs: queue(&variables.logs, "OTEL_BLRP"),
        metrics: defaults.clone(),
    }
}
