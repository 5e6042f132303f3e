//! One processor, compiled.

use super::action::Action;
use super::draft::{Draft, Origin, Seen};
use super::naming::Naming;
use super::redact::Redactor;
use crate::process::select::Matcher;
use crate::settings::shape::{self, Item, Processor};

#[derive(Debug)]
pub(super) struct Step {
    /// As it is counted.
    pub(super) name: &'static str,
    items: Vec<Item>,
    include: Option<Matcher>,
    exclude: Option<Matcher>,
    pub(super) work: Work,
}

#[derive(Debug)]
pub(super) enum Work {
    Attributes(Vec<Action>),
    Name(Naming),
    Drop,
    DropTree,
    Redact(Redactor),
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    /// Left out by the processor of this name.
    Dropped(&'static str),
    /// With all that hangs on it.
    DroppedTree(&'static str),
}

impl Step {
    pub(super) fn new(processor: &Processor) -> Result<Step, regex::Error> {
        let work = match &processor.work {
            shape::Work::Attributes(actions) => {
                Work::Attributes(actions.iter().map(Action::new).collect::<Result<_, _>>()?)
            }
            shape::Work::Name(naming) => Work::Name(Naming::new(naming)?),
            shape::Work::Drop => Work::Drop,
            shape::Work::DropTree => Work::DropTree,
            shape::Work::Redact(redaction) => Work::Redact(Redactor::new(redaction)?),
        };
        Ok(Step {
            // There are a few of them, for as long as the process lives.
            name: Box::leak(processor.name.clone().into_boxed_str()),
            items: processor.items.clone(),
            include: processor.include.as_ref().map(Matcher::new).transpose()?,
            exclude: processor.exclude.as_ref().map(Matcher::new).transpose()?,
            work,
        })
    }

    pub(super) fn concerns(&self, item: Item) -> bool {
        self.items.contains(&item)
    }

    pub(super) fn redacts(&self) -> bool {
        matches!(self.work, Work::Redact(_))
    }

    /// Whether all that is needed of a metric is its name.
    pub(super) fn needs_only_names(&self) -> bool {
        let asks = [&self.include, &self.exclude];
        let asks = asks.into_iter().flatten().any(Matcher::asks_for_attributes);
        !asks
            && match &self.work {
                Work::Drop | Work::DropTree => true,
                Work::Name(naming) => naming.is_alone(),
                Work::Attributes(_) | Work::Redact(_) => false,
            }
    }

    #[inline]
    pub(super) fn selects(&self, seen: &Seen<'_, '_>) -> bool {
        self.include.as_ref().is_none_or(|include| include.selects(seen))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.selects(seen))
    }

    /// Does its work on an item that it selects.
    #[inline]
    pub(super) fn apply<'a>(&self, draft: &mut Draft<'a>, origin: &Origin<'a>) -> Fate {
        if !self.selects(&Seen { draft, origin, name: None }) {
            return Fate::Stays;
        }
        self.work_on(draft, origin)
    }

    pub(super) fn work_on<'a>(&self, draft: &mut Draft<'a>, origin: &Origin<'a>) -> Fate {
        match &self.work {
            Work::Attributes(actions) => actions.iter().for_each(|action| action.apply(draft, origin)),
            Work::Name(naming) => naming.apply(draft),
            Work::Redact(redactor) => redactor.redact(draft),
            Work::Drop => return Fate::Dropped(self.name),
            Work::DropTree => return Fate::DroppedTree(self.name),
        }
        Fate::Stays
    }
}
