//! Which streams of the program become log records.

use super::Mode;
use super::kind::quoted;
use super::notes::Notes;
use super::origin::Layers;
use crate::error::Error;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureSettings {
    pub stdout: bool,
    pub stderr: bool,
}

const VARIABLE: &str = "OTEL_RUN_CAPTURE_OUTPUT";

/// What is meant by these words. Nothing where it would lead nowhere.
pub(super) fn capture(
    words: Option<&[String]>,
    logs_go_nowhere: bool,
    mode: Mode,
    layers: &Layers,
    notes: &mut Notes,
) -> CaptureSettings {
    let mut meant = CaptureSettings::default();
    let mut say = |what: String, hint: &str| {
        notes.warn(Error::usage(what).from(layers.origin(VARIABLE)).hint(hint));
    };
    for word in words.unwrap_or_default() {
        match word.to_lowercase().as_str() {
            "stdout" => meant.stdout = true,
            "stderr" => meant.stderr = true,
            "none" => {}
            _ => say(
                format!("{VARIABLE}: {} is no stream, and was dropped", quoted(word)),
                "use stdout, stderr, or stdout,stderr",
            ),
        }
    }
    if meant == CaptureSettings::default() {
        return meant;
    }
    if mode == Mode::Exec {
        let what = format!("{VARIABLE} has no effect: the program takes otel-run's place");
        say(what, "leave it out, or use --mode parent");
        return CaptureSettings::default();
    }
    if logs_go_nowhere {
        say(
            format!("{VARIABLE} has no effect: log records go nowhere"),
            "choose a destination with --logs_exporter",
        );
        return CaptureSettings::default();
    }
    meant
}
