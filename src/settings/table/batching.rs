//! Spans and log records: how they wait, how large they may be.

use super::{Entry, Heading, MOST};
use crate::settings::kind::Kind;

const LIMIT: Kind = Kind::Count { least: 0, most: MOST };

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Batching,
        "OTEL_BSP_SCHEDULE_DELAY",
        "bsp_schedule_delay",
        Kind::Millis { least: 0 },
        "Longest time that spans wait for a batch, in milliseconds",
    )
    .default("200 here, 1000 in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "bsp_max_queue_size",
        Kind::Count { least: 1, most: MOST },
        "Spans that may wait",
    )
    .default("16 MiB here, 8192 spans in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "bsp_max_export_batch_size",
        Kind::Count { least: 1, most: MOST },
        "Spans in one batch",
    )
    .default("2 MiB here, 512 spans in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BSP_EXPORT_TIMEOUT",
        "bsp_export_timeout",
        Kind::Millis { least: 0 },
        "Longest time to export a batch in the program, in milliseconds",
    )
    .default("30000")
    .target(),
    Entry::new(
        Heading::Batching,
        "OTEL_BLRP_SCHEDULE_DELAY",
        "blrp_schedule_delay",
        Kind::Millis { least: 0 },
        "Longest time that log records wait for a batch, in milliseconds",
    )
    .default("200 here, 1000 in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BLRP_MAX_QUEUE_SIZE",
        "blrp_max_queue_size",
        Kind::Count { least: 1, most: MOST },
        "Log records that may wait",
    )
    .default("16 MiB here, 8192 records in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        "blrp_max_export_batch_size",
        Kind::Count { least: 1, most: MOST },
        "Log records in one batch",
    )
    .default("2 MiB here, 512 records in the program")
    .both(),
    Entry::new(
        Heading::Batching,
        "OTEL_BLRP_EXPORT_TIMEOUT",
        "blrp_export_timeout",
        Kind::Millis { least: 0 },
        "Longest time to export a batch in the program, in milliseconds",
    )
    .default("30000")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "attribute_count_limit",
        LIMIT,
        "Attributes of anything",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "attribute_value_length_limit",
        LIMIT,
        "Characters of an attribute's value",
    )
    .default("unlimited")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "span_attribute_count_limit",
        LIMIT,
        "Attributes of a span",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "span_attribute_value_length_limit",
        LIMIT,
        "Characters of a span attribute's value",
    )
    .default("unlimited")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "span_event_count_limit",
        LIMIT,
        "Events of a span",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "span_link_count_limit",
        LIMIT,
        "Links of a span",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "event_attribute_count_limit",
        LIMIT,
        "Attributes of a span's event",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "link_attribute_count_limit",
        LIMIT,
        "Attributes of a span's link",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        "logrecord_attribute_count_limit",
        LIMIT,
        "Attributes of a log record",
    )
    .default("128")
    .target(),
    Entry::new(
        Heading::Limits,
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "logrecord_attribute_value_length_limit",
        LIMIT,
        "Characters of a log attribute's value",
    )
    .default("unlimited")
    .target(),
];
