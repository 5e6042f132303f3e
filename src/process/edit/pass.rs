//! One pass over a request, which writes what becomes of it.

use super::Rules;
use super::counts::Counts;
use super::draft::{self, Draft, EVENTS, Origin};
use super::gone::{Gone, Ids};
use super::metrics;
use super::step::{Fate, Step};
use crate::otlp::Signal;
use crate::otlp::view::Scope;
use crate::otlp::wire::{Fields, Value, WireError, count_points, each_message};
use crate::otlp::write::{LENGTH, begin, end, put_key, put_message};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) struct Pass<'r, 'a> {
    rules: &'r Rules,
    signal: Signal,
    gone: Option<&'r mut Gone>,
    out: Vec<u8>,
    /// Something is other than it was.
    changed: bool,
    counts: Counts,
    /// What was left out with all that hangs on it.
    roots: Vec<Ids>,
    draft: Draft<'a>,
    event: Draft<'a>,
}

impl<'r, 'a> Pass<'r, 'a> {
    pub(super) fn new(
        rules: &'r Rules,
        signal: Signal,
        gone: Option<&'r mut Gone>,
        bytes: usize,
    ) -> Pass<'r, 'a> {
        let layout = match signal {
            Signal::Traces => draft::SPAN,
            Signal::Metrics => draft::METRIC,
            Signal::Logs => draft::LOG,
        };
        Pass {
            rules,
            signal,
            gone,
            out: Vec::with_capacity(bytes + bytes / 4),
            changed: false,
            counts: Counts::default(),
            roots: Vec::new(),
            draft: Draft::new(layout),
            event: Draft::new(draft::EVENT),
        }
    }

    /// What was written, whether it differs from what came, what was left out, and what hung on others.
    pub(super) fn end(self) -> (Vec<u8>, bool, Counts, Vec<Ids>) {
        (self.out, self.changed, self.counts, self.roots)
    }

    pub(super) fn request(&mut self, request: &'a [u8]) -> Result<(), WireError> {
        let mut fields = Fields::new(request);
        while let Some((number, value, whole)) = fields.next_whole()? {
            match (number, value) {
                (1, Value::Bytes(group)) => self.group(group)?,
                _ => self.out.extend_from_slice(whole),
            }
        }
        Ok(())
    }

    /// What one resource sent.
    fn group(&mut self, group: &'a [u8]) -> Result<(), WireError> {
        let mut resource: Option<&'a [u8]> = None;
        each_message(group, 1, |message| {
            resource = Some(message);
            Ok(())
        })?;
        let mut origin = Origin::default();
        let mut edited = Draft::new(draft::RESOURCE);
        edited.read(resource.unwrap_or_default())?;
        if let Fate::Dropped(name) | Fate::DroppedTree(name) =
            run(&self.rules.resources, &mut edited, &origin)
        {
            self.changed = true;
            let items = self.items(group)?;
            self.counts.add(name, items);
            return Ok(());
        }
        let (before, opened) = self.open(1);
        self.changed |= edited.is_changed();
        match resource {
            Some(_) if edited.is_changed() => put_message(&mut self.out, 1, |out| edited.write(out)),
            None if edited.is_changed() => put_message(&mut self.out, 1, |out| edited.write(out)),
            Some(resource) => put_message(&mut self.out, 1, |out| out.extend_from_slice(resource)),
            None => {}
        }
        origin.resource = edited.attributes;
        let mut is_empty = true;
        let mut fields = Fields::new(group);
        while let Some((number, value, whole)) = fields.next_whole()? {
            match (number, value) {
                (1, _) => {}
                (2, Value::Bytes(scope)) => is_empty &= !self.scope(scope, whole, &mut origin)?,
                _ => self.out.extend_from_slice(whole),
            }
        }
        self.close(before, opened, is_empty);
        Ok(())
    }

    /// What one scope sent. False: nothing of it is left.
    fn scope(
        &mut self,
        scope: &'a [u8],
        whole: &'a [u8],
        origin: &mut Origin<'a>,
    ) -> Result<bool, WireError> {
        let rules = self.rules;
        let redactors = rules.resources.iter().filter(|step| step.redacts());
        if rules.items.is_empty()
            && rules.events.is_empty()
            && self.gone.is_none()
            && redactors.clone().count() == 0
        {
            self.out.extend_from_slice(whole);
            return Ok(true);
        }
        let mut told: Option<&'a [u8]> = None;
        each_message(scope, 1, |message| {
            told = Some(message);
            Ok(())
        })?;
        origin.scope = name(told.unwrap_or_default())?;
        let (before, opened) = self.open(2);
        if let Some(told) = told {
            let mut edited = Draft::new(draft::SCOPE);
            edited.read(told)?;
            for step in redactors {
                step.apply(&mut edited, origin);
            }
            self.changed |= edited.is_changed();
            put_message(&mut self.out, 1, |out| match edited.is_changed() {
                true => edited.write(out),
                false => out.extend_from_slice(told),
            });
        }
        let mut items = 0;
        let mut fields = Fields::new(scope);
        while let Some((number, value, whole)) = fields.next_whole()? {
            match (number, value) {
                (1, _) => {}
                (2, Value::Bytes(item)) => items += u64::from(self.item(item, whole, origin)),
                _ => self.out.extend_from_slice(whole),
            }
        }
        self.close(before, opened, items == 0);
        Ok(items > 0)
    }

    /// True if it stays, or something of it.
    fn item(&mut self, message: &'a [u8], whole: &'a [u8], origin: &Origin<'a>) -> bool {
        let read = match self.signal {
            Signal::Metrics => self.metric(message, whole, origin),
            Signal::Traces | Signal::Logs => self.span_or_log(message, whole, origin),
        };
        read.unwrap_or_else(|_| {
            if self.rules.redacts {
                self.counts.unreadable +=
                    if self.signal == Signal::Metrics { count_points(message).unwrap_or(1) } else { 1 };
                self.changed = true;
                return false;
            }
            self.out.extend_from_slice(whole);
            true
        })
    }

    fn span_or_log(
        &mut self,
        message: &'a [u8],
        whole: &'a [u8],
        origin: &Origin<'a>,
    ) -> Result<bool, WireError> {
        let draft = &mut self.draft;
        draft.read(message)?;
        let ids = Ids::new(draft.trace_id, draft.span_id, draft.parent);
        let mut fate = match self.gone.as_deref_mut().and_then(|gone| gone.hangs_on(&ids)) {
            Some(name) => Fate::Dropped(name),
            None => run(&self.rules.items, draft, origin),
        };
        if let Fate::DroppedTree(name) = fate {
            if self.signal == Signal::Traces
                && let Some(gone) = self.gone.as_deref_mut()
            {
                gone.add(&ids, name);
                self.roots.push(ids);
            }
            fate = Fate::Dropped(name);
        }
        if let Fate::Dropped(name) = fate {
            self.counts.add(name, 1);
            self.changed = true;
            return Ok(false);
        }
        if !self.rules.events.is_empty() {
            events(&self.rules.events, draft, &mut self.event, origin)?;
        }
        if draft.is_changed() {
            self.changed = true;
            put_message(&mut self.out, 2, |out| draft.write(out));
        } else {
            self.out.extend_from_slice(whole);
        }
        Ok(true)
    }

    fn metric(&mut self, message: &'a [u8], whole: &'a [u8], origin: &Origin<'a>) -> Result<bool, WireError> {
        let draft = &mut self.draft;
        draft.read(message)?;
        let points = metrics::edit(&self.rules.items, draft, origin, &mut self.counts)?;
        self.changed |= points.dropped || points.changed || draft.is_changed();
        if points.none_left {
            return Ok(false);
        }
        if points.dropped || points.changed || draft.is_changed() {
            put_message(&mut self.out, 2, |out| draft.write(out));
        } else {
            self.out.extend_from_slice(whole);
        }
        Ok(true)
    }

    /// Items of a group.
    fn items(&self, group: &[u8]) -> Result<u64, WireError> {
        let mut items = 0;
        each_message(group, 2, |scope| {
            each_message(scope, 2, |item| {
                items += if self.signal == Signal::Metrics { count_points(item)? } else { 1 };
                Ok(())
            })
        })?;
        Ok(items)
    }

    fn open(&mut self, number: u32) -> (usize, usize) {
        let before = self.out.len();
        put_key(&mut self.out, number, LENGTH);
        (before, begin(&mut self.out))
    }

    fn close(&mut self, before: usize, opened: usize, is_empty: bool) {
        if is_empty {
            self.out.truncate(before);
        } else {
            end(&mut self.out, opened);
        }
    }
}

/// Sends an item through processors, until one leaves it out.
#[inline]
fn run<'a>(steps: &[Arc<Step>], draft: &mut Draft<'a>, origin: &Origin<'a>) -> Fate {
    for step in steps {
        let fate = step.apply(draft, origin);
        if fate != Fate::Stays {
            return fate;
        }
    }
    Fate::Stays
}

/// The events of a span.
fn events<'a>(
    steps: &[Arc<Step>],
    span: &mut Draft<'a>,
    event: &mut Draft<'a>,
    origin: &Origin<'a>,
) -> Result<(), WireError> {
    let mut changed = false;
    let mut failed = None;
    span.rest.retain_mut(|(number, whole)| {
        let Cow::Borrowed(field) = *whole else { return true };
        let Ok(Some((EVENTS, Value::Bytes(message)))) = Fields::new(field).next_field() else { return true };
        debug_assert_eq!(*number, EVENTS);
        if let Err(error) = event.read(message) {
            failed = Some(error);
            return true;
        }
        let stays = run(steps, event, origin) == Fate::Stays;
        if stays && event.is_changed() {
            let mut written = Vec::with_capacity(message.len() + 64);
            put_message(&mut written, EVENTS, |out| event.write(out));
            *whole = written.into();
        }
        changed |= !stays || event.is_changed();
        stays
    });
    span.changed |= changed;
    failed.map_or(Ok(()), Err)
}

/// The name of an `InstrumentationScope`.
fn name(scope: &[u8]) -> Result<&[u8], WireError> {
    // Only to see that it can be read.
    Scope::read(scope)?;
    let mut name: &[u8] = &[];
    each_message(scope, 1, |text| {
        name = text;
        Ok(())
    })?;
    Ok(name)
}
