//! What waits on disk.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Spool,
        "OTEL_RUN_SPOOL",
        "spool",
        Kind::Choice("LEVEL", &["memory", "process", "power"]),
        "What telemetry that was acknowledged outlives: memory, nothing; process, the end of otel-run; power, that of \
         the machine",
    )
    .default("memory"),
    Entry::new(
        Heading::Spool,
        "OTEL_RUN_SPOOL_DIR",
        "spool_dir",
        Kind::Text("DIR"),
        "Folder of the batches that wait, which only the user may write to",
    )
    .default("otel-run in $STATE_DIRECTORY, $XDG_STATE_HOME, ~/.local/state, /var/lib or $XDG_RUNTIME_DIR"),
    Entry::new(
        Heading::Spool,
        "OTEL_RUN_SPOOL_MAX_BYTES",
        "spool_max_bytes",
        Kind::Count { least: 1, most: 1 << 40 },
        "Bytes that may wait for one signal of a destination; the oldest batches give way, and those of two days ago",
    )
    .default("67108864"),
];
