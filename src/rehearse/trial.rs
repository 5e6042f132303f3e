//! `otel-run try`: what the rules make of recorded telemetry, before they go to production.

use super::input;
use super::lines::{Lines, difference};
use super::numbered::{self, Numbered};
use crate::account::Loss;
use crate::cli::Launch;
use crate::error::Error;
use crate::notice;
use crate::otlp::Batch;
use crate::process::edit::Editor;
use crate::process::sample::{Passed, Reader, Stage};
use crate::settings::{Exporter, Settings};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Exit status when something could not be read.
const INCOMPLETE: u8 = 1;

/// Items that are looked at: all of them are in memory.
const MOST: usize = 100_000;

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TryOptions {
    /// Empty: the standard input.
    pub files: Vec<PathBuf>,
    /// Values and items that stay as they are, too.
    pub all: bool,
    /// What is left as OTLP in JSON lines, instead of differences.
    pub json: bool,
}

/// Puts what the files hold through the rules of the settings, and returns what is to be printed and the exit status.
/// Nothing is sent. Fails when a file cannot be opened.
pub fn attempt(launch: &Launch, options: &TryOptions) -> Result<(String, u8), Error> {
    notice::configure(launch.settings.verbosity, launch.settings.quiet);
    launch.warnings.iter().for_each(|warning| notice::warn("settings", warning));
    let standard = [PathBuf::from("-")];
    let inputs = input::open(if options.files.is_empty() { &standard } else { &options.files })?;
    let mut trial = Trial::new(&launch.settings)?;
    let mut malformed = false;
    let complete = input::each(inputs, |batches| {
        for batch in batches {
            malformed |= trial.put(&batch).is_err();
        }
        let more = trial.before.len() < MOST;
        if !more {
            notice::warn("try", &format!("{MOST} items are enough; the rest of the input is passed over"));
        }
        more
    })?;
    trial.end();
    let text = if options.json { trial.json() } else { trial.differences(options.all) };
    Ok((text, if complete && !malformed { 0 } else { INCOMPLETE }))
}

/// The rules, and what went through them.
struct Trial {
    editor: Option<Editor>,
    stage: Option<Stage>,
    reader: Reader,
    next: u64,
    before: Vec<Numbered>,
    /// Behind the processors.
    edited: BTreeMap<u64, Numbered>,
    /// Behind everything.
    after: BTreeMap<u64, Numbered>,
    passed: Vec<Batch>,
    left_out: BTreeMap<Loss, u64>,
}

impl Trial {
    fn new(settings: &Settings) -> Result<Trial, Error> {
        let editor = Editor::new(&settings.shape).map_err(|e| Error::usage(e.to_string()))?;
        let all: Vec<Exporter> = settings.exporters.iter().flat_map(|(_, some)| some.clone()).collect();
        let azure = !all.is_empty() && all.iter().all(|exporter| *exporter == Exporter::Azure);
        Ok(Trial {
            editor,
            stage: Stage::new(settings),
            reader: if azure { Reader::Azure } else { Reader::Others },
            next: 0,
            before: Vec::new(),
            edited: BTreeMap::new(),
            after: BTreeMap::new(),
            passed: Vec::new(),
            left_out: BTreeMap::new(),
        })
    }

    fn put(&mut self, batch: &Batch) -> Result<(), crate::otlp::Malformed> {
        let numbered = numbered::number(batch, &mut self.next)?;
        self.before.extend(numbered::items(&numbered));
        let edited = match &self.editor {
            Some(editor) => {
                let edited = editor.edit(&numbered);
                for (loss, items) in edited.left_out {
                    *self.left_out.entry(loss).or_default() += items;
                }
                edited.batch
            }
            None => Some(numbered),
        };
        let Some(edited) = edited else { return Ok(()) };
        self.edited.extend(numbered::items(&edited).into_iter().map(|item| (item.number, item)));
        let passed = self.stage.as_ref().map(|stage| stage.pass(&edited, false));
        match passed {
            Some(passed) => self.pass(passed),
            None => self.keep(edited),
        }
        Ok(())
    }

    /// What waits for the end of its request gets its decision.
    fn end(&mut self) {
        let passed = self.stage.as_ref().map(|stage| stage.overdue(None)).unwrap_or_default();
        self.pass(passed);
    }

    fn pass(&mut self, passed: Vec<Passed>) {
        for passed in passed {
            if let Some(batch) = passed.for_reader(self.reader).batch {
                self.keep(batch);
            }
        }
    }

    fn keep(&mut self, batch: Batch) {
        self.after.extend(numbered::items(&batch).into_iter().map(|item| (item.number, item)));
        self.passed.push(batch);
    }

    fn json(&self) -> String {
        let lines = self.passed.iter().filter_map(numbered::line);
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }

    fn differences(&self, all: bool) -> String {
        let mut text = String::new();
        let (mut changed, mut unchanged, mut gone, mut unsampled) = (0, 0, 0, 0);
        for item in &self.before {
            let Some(before) = Lines::of(&item.request) else { continue };
            let title = &before.title;
            let after = self.after.get(&item.number).and_then(|item| Lines::of(&item.request));
            let Some(after) = after else {
                let why = if self.edited.contains_key(&item.number) {
                    unsampled += 1;
                    "not sampled"
                } else {
                    gone += 1;
                    "left out"
                };
                let _ = writeln!(text, "{title}: {why}");
                continue;
            };
            let lines = difference(&before, &after, all);
            if before == after {
                unchanged += 1;
            } else {
                changed += 1;
            }
            if !lines.is_empty() {
                let _ = writeln!(text, "{title}");
                lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
            }
        }
        let _ = writeln!(
            text,
            "{} items: {unchanged} unchanged, {changed} changed, {gone} left out, {unsampled} not sampled",
            self.before.len()
        );
        for (loss, items) in &self.left_out {
            let (Loss::LeftOut(why) | Loss::Dropped(why)) = loss else { continue };
            let _ = writeln!(text, "  {why}: {items}");
        }
        text
    }
}
