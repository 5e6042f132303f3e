//! `--capture_output`: the streams are what they are without us, and their lines are log records.

#[path = "output/copied.rs"]
mod copied;
#[path = "output/terminal.rs"]
mod terminal;
#[path = "output/told.rs"]
mod told;

use crate::support::process::{OTEL_RUN, children, name_of};
use std::process::Command;

/// Flags that capture both streams and send log records to `url` alone.
fn flags(url: &str) -> Vec<String> {
    let flags = "--traces_exporter none --metrics_exporter none --logs_exporter otlp --host_metrics off \
                 --capture_output stdout,stderr --service_name shop --exporter_otlp_endpoint";
    flags.split_ascii_whitespace().chain([url]).map(str::to_owned).collect()
}

/// otel-run in front of a shell script.
fn captured(url: &str, script: &str) -> Command {
    let mut run = crate::support::process::bare([OTEL_RUN]);
    run.args(flags(url)).args(["--", "sh", "-c", script]);
    run
}

/// The process of this name below `pid`.
fn child(pid: i32, name: &str) -> Option<i32> {
    children(pid).into_iter().find(|child| name_of(*child) == name)
}
