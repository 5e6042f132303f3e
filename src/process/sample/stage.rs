//! Sampling with rules, for all destinations: one place in the pipeline, behind everything that counts.
//!
//! What is kept is drawn once for all. Azure may have a sampler of its own beside the rules, so there are two readers,
//! which get the same bytes wherever the same is kept. What is kept in part tells so ([`super::mark`]); everything else goes
//! on as it came.

use super::entry::{Class, Entry};
use super::hash;
use super::mark;
use super::rules::Rules;
use super::sampler::{Decision, Draw, Sampler};
use super::waiting::{Held, Waiting};
use crate::otlp::wire::WireError;
use crate::otlp::{Batch, Signal};
use crate::process::parts::{Part, split};
use crate::settings::{self, Exporter, Settings};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long items wait for the end of what they belong to, unless somebody says otherwise.
const DELAY: Duration = Duration::from_secs(5);

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Azure,
    Others,
}

/// Samples spans and log records by rules.
#[derive(Debug)]
pub struct Stage {
    rules: Rules,
    /// Whose items no rule concerns is decided by these.
    readers: Vec<(Reader, Sampler)>,
    draw: Draw,
    logs_follow_traces: bool,
    waiting: Mutex<Waiting>,
    /// Something waits.
    begun: Notify,
}

/// What goes on of a batch.
#[derive(Debug)]
pub struct Passed {
    pub signal: Signal,
    parts: Vec<(Reader, Kept)>,
}

/// What one reader gets of it.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub batch: Option<Batch>,
    /// Items that are not kept.
    pub left_out: u64,
}

/// What becomes of an item for one reader.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pick {
    Drop,
    AsItIs,
    /// It stands for more than it says. `randomness`: what was drawn, if nobody could tell.
    Mark {
        rate: f64,
        randomness: Option<f64>,
    },
    /// Not yet decided.
    Wait,
}

impl Passed {
    /// What this reader gets.
    pub fn for_reader(&self, reader: Reader) -> Kept {
        self.parts
            .iter()
            .find(|(known, _)| *known == reader)
            .map(|(_, kept)| kept.clone())
            .unwrap_or_default()
    }
}

impl Stage {
    /// `None`: there are no rules.
    pub fn new(settings: &Settings) -> Option<Stage> {
        let rules = &settings.shape.sampling;
        if rules.is_empty() {
            return None;
        }
        let goes = |is_azure: bool| {
            let exporters = settings.exporters.traces.iter().chain(&settings.exporters.logs);
            exporters.into_iter().any(|exporter| (*exporter == Exporter::Azure) == is_azure)
        };
        let azure = settings.azure.as_ref().filter(|_| goes(true));
        let sampler = azure.map_or(settings.sampler, |azure| azure.sampler);
        let draw = match sampler {
            settings::Sampler::TraceIdRatio { .. } => Draw::Fraction,
            _ if goes(false) => Draw::Randomness,
            _ => Draw::Score,
        };
        let mut readers = Vec::new();
        if let Some(azure) = azure {
            let sampler =
                Sampler::new(azure.sampler, azure.log_sampling_percentage, azure.logs_follow_traces);
            readers.push((Reader::Azure, sampler));
        }
        if goes(false) {
            // Without a word about it, a sampler of traces leaves log records alone, as in SDKs.
            let follow = settings.logs_follow_traces == Some(true);
            readers.push((Reader::Others, Sampler::new(settings.sampler, 100.0, follow)));
        }
        (!readers.is_empty()).then(|| Stage {
            rules: Rules::new(rules, draw),
            readers,
            draw,
            logs_follow_traces: settings.logs_follow_traces != Some(false),
            waiting: Mutex::new(Waiting::new(rules.delay.unwrap_or(DELAY))),
            begun: Notify::new(),
        })
    }

    /// Takes a batch of spans or log records, and returns what goes on now: of this one, and of those before that
    /// waited for it. `unsampled`: it is of traces that nobody wants, unless a rule does.
    pub fn pass(&self, batch: &Batch, unsampled: bool) -> Vec<Passed> {
        // A mistake there must not cost the batch.
        catch_unwind(AssertUnwindSafe(|| self.enter(batch, unsampled))).unwrap_or_else(|_| {
            let kept = match unsampled {
                true => Kept { batch: None, left_out: batch.items() },
                false => Kept { batch: Some(batch.clone()), left_out: 0 },
            };
            let parts = self.readers.iter().map(|(reader, _)| (*reader, kept.clone())).collect();
            vec![Passed { signal: batch.signal(), parts }]
        })
    }

    fn enter(&self, batch: &Batch, unsampled: bool) -> Vec<Passed> {
        let entries = Entry::all(&self.rules, batch, unsampled);
        let now = Instant::now();
        let whole = self.rules.concern_spans();
        let mut waiting = self.waiting();
        waiting.enter(batch.clone(), entries, now, |entry| {
            whole && (self.logs_follow_traces || !entry.is_log())
        });
        let passed = self.taken(&mut waiting, now);
        if waiting.due().is_some() {
            self.begun.notify_one();
        }
        passed
    }

    /// Waits until something waits, and returns when it is due.
    pub async fn due(&self) -> Instant {
        loop {
            let due = self.waiting().due();
            match due {
                Some(due) => return due,
                None => self.begun.notified().await,
            }
        }
    }

    /// What has waited for long enough at `now`; with `None` all that waits.
    pub fn overdue(&self, now: Option<Instant>) -> Vec<Passed> {
        let mut waiting = self.waiting();
        if now.is_none() {
            waiting.hurry();
        }
        catch_unwind(AssertUnwindSafe(|| self.taken(&mut waiting, now.unwrap_or_else(Instant::now))))
            .unwrap_or_default()
    }

    /// Items that were decided before the end of what they belong to, for want of room.
    pub fn early(&self) -> u64 {
        self.waiting().early
    }

    fn taken(&self, waiting: &mut Waiting, now: Instant) -> Vec<Passed> {
        let mut all = Vec::new();
        while let Some((number, held)) = waiting.take(now) {
            let (passed, rest) = self.decide(&held);
            all.push(passed);
            if let Some(rest) = rest {
                waiting.put_back(number, rest, held);
            }
        }
        all
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes on of a batch, and what of it waits on.
    fn decide(&self, held: &Held) -> (Passed, Option<Batch>) {
        self.foresee(held);
        let picks: Vec<Vec<Pick>> = self
            .readers
            .iter()
            .map(|(reader, sampler)| {
                let items = held.entries.iter().zip(&held.classes);
                items.map(|(entry, class)| self.pick(entry, *class, *reader, sampler)).collect()
            })
            .collect();
        let waits = held.classes.iter().any(Option::is_none);
        let mut rest = None;
        let mut parts: Vec<(Reader, Kept)> = Vec::new();
        for ((reader, _), picks_of) in self.readers.iter().zip(&picks) {
            let is_marked = |picks: &[Pick]| picks.iter().any(|pick| matches!(pick, Pick::Mark { .. }));
            let same = parts.last().filter(|_| picks.first() == Some(picks_of) && !is_marked(picks_of));
            let kept = match same {
                Some((_, kept)) => kept.clone(),
                None => {
                    let left_out = picks_of.iter().filter(|pick| **pick == Pick::Drop).count() as u64;
                    let batch = if picks_of.iter().all(|pick| *pick == Pick::AsItIs) {
                        Some(held.batch.clone())
                    } else {
                        let wants_rest = waits && rest.is_none();
                        let (batch, waiting) = write(&held.batch, picks_of, *reader, wants_rest);
                        rest = rest.or(waiting);
                        batch
                    };
                    Kept { batch, left_out }
                }
            };
            parts.push((*reader, kept));
        }
        (Passed { signal: held.batch.signal(), parts }, rest)
    }

    /// Lets the samplers that count see what they will be asked for, together.
    fn foresee(&self, held: &Held) {
        let of = |class: Class| {
            let items = held.entries.iter().zip(&held.classes);
            items
                .filter(move |(_, known)| **known == Some(class))
                .map(|(entry, _)| (entry.source, &entry.item))
        };
        for (rule, sampler) in self.rules.samplers() {
            sampler.foresee_items(of(Class::Rule(rule)));
        }
        for (_, sampler) in &self.readers {
            sampler.foresee_items(of(Class::Rest));
        }
    }

    fn pick(&self, entry: &Entry, class: Option<Class>, reader: Reader, rest: &Sampler) -> Pick {
        let decision = match class {
            None => return Pick::Wait,
            Some(Class::Keep) => return Pick::AsItIs,
            Some(Class::Rule(rule)) => match self.rules.sampler(rule) {
                Some(sampler) => sampler.decide_alike(&entry.item),
                None => return Pick::AsItIs,
            },
            Some(Class::Rest) if entry.unsampled => Decision::Drop,
            Some(Class::Rest) => rest.decide(&entry.item),
        };
        let applied = entry.item.applied;
        match decision {
            Decision::Drop => Pick::Drop,
            Decision::Keep { rate } if (rate - applied.percent()).abs() < 1e-9 => Pick::AsItIs,
            Decision::Keep { rate } => {
                let untold =
                    self.draw == Draw::Fraction && !applied.consistent && applied.randomness.is_none();
                let drawn = entry.item.trace_id.filter(|_| untold && reader == Reader::Others);
                Pick::Mark { rate, randomness: drawn.map(|trace_id| 1.0 - hash::fraction(&trace_id)) }
            }
        }
    }
}

/// What is kept of a batch, and if that is wanted what waits.
fn write(batch: &Batch, picks: &[Pick], reader: Reader, wants_rest: bool) -> (Option<Batch>, Option<Batch>) {
    let signal = batch.signal();
    let mut parts = [Part::with_capacity(batch.bytes().len()), Part::with_capacity(0)];
    let mut picks = picks.iter();
    let written = split(batch.bytes(), &mut parts, |message, whole, [kept, rest]| match picks.next() {
        Some(Pick::Drop) => {}
        Some(Pick::Wait) if wants_rest => rest.add_item(whole),
        Some(Pick::Wait) => {}
        Some(Pick::Mark { rate, randomness }) => {
            let mut marked = Vec::with_capacity(message.len() + 64);
            let done = marked_as(signal, reader, message, *rate, *randomness, &mut marked);
            match done {
                Ok(()) => kept.add_message(2, &marked),
                Err(_) => kept.add_item(whole),
            }
        }
        Some(Pick::AsItIs) | None => kept.add_item(whole),
    });
    let [kept, rest] = parts;
    match (written, kept.made(signal), rest.made(signal)) {
        (Ok(()), Ok(kept), Ok(rest)) => (kept, rest),
        // It has been walked over before: this cannot be.
        _ => (Some(batch.clone()), None),
    }
}

fn marked_as(
    signal: Signal,
    reader: Reader,
    message: &[u8],
    rate: f64,
    randomness: Option<f64>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    match (signal, reader) {
        (Signal::Logs, Reader::Azure) => mark::log_for_azure(message, rate, out),
        (Signal::Logs, Reader::Others) => mark::log_for_others(message, rate, out),
        (_, Reader::Azure) => mark::span_for_azure(message, rate, out),
        (_, Reader::Others) => mark::span_for_others(message, rate, randomness, out),
    }
}

#[cfg(test)]
mod tests;
