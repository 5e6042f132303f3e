//! Values for the tests of this folder.

use crate::link::Ended;
use crate::settings::{self, Settings};
use std::time::Duration;

/// Everything goes to the console, nothing comes by itself within an hour.
pub(crate) fn settings() -> Settings {
    settings::fixture::settings(&[
        ("OTEL_SERVICE_NAME", "tested"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", "console"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
    ])
}

/// Process 7 ended after a second and a half.
pub(crate) fn ended() -> Ended {
    Ended {
        pid: 7,
        code: Some(0),
        signal: None,
        core_dumped: false,
        ended_unix_nano: 1_800_000_000_000_000_000,
        run_time: Duration::from_millis(1500),
        user_time: Duration::from_millis(250),
        system_time: Duration::from_millis(125),
        max_rss_kib: 1024,
        minor_faults: 30,
        major_faults: 1,
        voluntary_switches: 20,
        involuntary_switches: 10,
        oom_kills: None,
    }
}
