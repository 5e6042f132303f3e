//! Changes telemetry by rules (`settings/shape`), as bytes: what no rule touches is handed on as it came, unknown fields and
//! all, and only what is touched is written anew.
//!
//! Resources are edited before what they hold, so that rules for items see them as they will be. Then each item goes
//! through the processors in their order.

mod action;
mod attributes;
mod counts;
mod draft;
mod gone;
mod metrics;
mod naming;
mod pass;
mod redact;
mod step;
mod sweep;
mod template;
#[cfg(test)]
mod tests;

use crate::account::Loss;
use crate::notice;
use crate::otlp::{Batch, PerSignal, Signal};
use crate::settings::shape::{Item, Shape, Work};
use counts::UNREADABLE;
use gone::Gone;
use pass::Pass;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use step::Step;

/// A processor that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{processor}: {reason}")]
pub struct Unusable {
    pub processor: String,
    pub reason: String,
}

/// The processors of a launch.
#[derive(Debug)]
pub struct Editor {
    rules: PerSignal<Rules>,
    /// What hangs on items that were left out with all of it; if there is a rule for that.
    gone: Option<Mutex<Gone>>,
}

/// What concerns one signal.
#[derive(Debug, Default)]
struct Rules {
    resources: Vec<Arc<Step>>,
    items: Vec<Arc<Step>>,
    /// Of spans.
    events: Vec<Arc<Step>>,
    /// There is redaction among it: nothing may pass that was not looked at.
    redacts: bool,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Edited {
    /// `None`: nothing of it is left.
    pub batch: Option<Batch>,
    /// What was left out, and why.
    pub left_out: Vec<(Loss, u64)>,
}

impl Editor {
    /// `None`: there is nothing to do.
    ///
    /// # Errors
    /// A pattern is no regular expression, or too large.
    pub fn new(shape: &Shape) -> Result<Option<Editor>, Unusable> {
        let mut rules: PerSignal<Rules> = PerSignal::default();
        for processor in &shape.processors {
            let step = Step::new(processor)
                .map_err(|error| Unusable { processor: processor.name.clone(), reason: error.to_string() })?;
            let step = Arc::new(step);
            let of = |signal| match signal {
                Signal::Traces => Item::Span,
                Signal::Metrics => Item::Metric,
                Signal::Logs => Item::Log,
            };
            for signal in Signal::ALL {
                let rules = &mut rules[signal];
                let mut add = |to: &mut Vec<Arc<Step>>, item| {
                    if step.concerns(item) {
                        to.push(step.clone());
                        rules.redacts |= step.redacts();
                    }
                };
                add(&mut rules.resources, Item::Resource);
                add(&mut rules.items, of(signal));
                if signal == Signal::Traces {
                    add(&mut rules.events, Item::SpanEvent);
                }
            }
        }
        if rules.iter().all(|(_, rules)| rules.is_empty()) {
            return Ok(None);
        }
        let drops_trees = shape.processors.iter().any(|processor| processor.work == Work::DropTree);
        Ok(Some(Editor { rules, gone: drops_trees.then(Mutex::default) }))
    }

    /// Whether there is a rule for this signal.
    pub fn concerns(&self, signal: Signal) -> bool {
        !self.rules[signal].is_empty() || signal == Signal::Logs && self.gone.is_some()
    }

    /// Does everything that the rules say. A batch in which nothing changes is the same batch.
    pub fn edit(&self, batch: &Batch) -> Edited {
        let as_it_came = || Edited { batch: Some(batch.clone()), left_out: Vec::new() };
        if !self.concerns(batch.signal()) {
            return as_it_came();
        }
        // A mistake here must cost nothing, but a secret that gets out cannot be taken back.
        match catch_unwind(AssertUnwindSafe(|| self.written(batch))) {
            Ok(Some(edited)) => edited,
            _ if self.rules[batch.signal()].redacts => {
                notice::warn(
                    "redact",
                    &format!("{}: a batch could not be redacted, and was dropped", batch.signal()),
                );
                Edited { batch: None, left_out: vec![(UNREADABLE, batch.items())] }
            }
            _ => as_it_came(),
        }
    }

    /// `None`: it cannot be read.
    fn written(&self, batch: &Batch) -> Option<Edited> {
        let signal = batch.signal();
        let mut gone = self.gone.as_ref().map(|gone| gone.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(gone) = &mut gone {
            gone.age(std::time::Instant::now());
        }
        let mut pass = Pass::new(&self.rules[signal], signal, gone.as_deref_mut(), batch.bytes().len());
        pass.request(batch.bytes()).ok()?;
        let (mut out, changed, mut counts, roots) = pass.end();
        if !roots.is_empty()
            && let Some(gone) = &mut gone
        {
            out = sweep::sweep(&out, gone, &mut counts).ok()?;
        }
        if !changed {
            return Some(Edited { batch: Some(batch.clone()), left_out: Vec::new() });
        }
        let edited = Batch::from_protobuf(signal, out.into()).ok()?;
        let batch = (edited.items() > 0).then_some(edited);
        Some(Edited { batch, left_out: counts.into_losses() })
    }
}

impl Rules {
    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.items.is_empty() && self.events.is_empty()
    }
}
