//! The report as text and as JSON.

use super::{Report, Verdict};
use std::fmt::Write;

/// Longest value that the text shows.
const LONGEST: usize = 200;

pub(super) fn json(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    format!("{text}\n")
}

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let command = match report.command.as_slice() {
        [] => "no command".to_owned(),
        words => words.join(" "),
    };
    let _ = writeln!(text, "otel-run {}: {}\n\nSettings", report.version, plain(&command));
    for setting in &report.settings {
        let why = match &setting.because {
            Some(because) => format!("because {because}"),
            None => setting.origin.clone(),
        };
        let _ = writeln!(text, "  {} = {}  ({})", setting.variable, plain(&setting.value), plain(&why));
    }
    text.push_str("\nDestinations\n");
    for destination in &report.destinations {
        let (signal, exporter) = (destination.signal, destination.exporter);
        let _ = writeln!(text, "  {:<8} {:<10} {}", signal.name(), exporter, plain(&destination.to));
    }
    text.push_str("\nChecks\n");
    for check in &report.checks {
        let verdict = match check.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
            Verdict::Skipped => "skipped",
        };
        let _ = writeln!(text, "  {verdict:<8} {:<10} {}", check.area, plain(&check.what));
        if let Some(hint) = &check.hint {
            let _ = writeln!(text, "  {:<8} {:<10} hint: {}", "", "", plain(hint));
        }
    }
    text
}

/// One line, without anything that moves the cursor: values come from anywhere.
fn plain(text: &str) -> String {
    let mut line: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    // Quotes are harmless, and paths are full of them.
    line = line.replace("\\\"", "\"").replace("\\'", "'").replace("\\\\", "\\");
    if text.chars().nth(LONGEST).is_some() {
        line.push_str("...");
    }
    line
}
