//! Processors and sampling overrides: the Java agent's vocabulary with our additions, in both of the files' forms.

mod actions;
mod fields;
mod naming;
mod never;
mod overrides;
mod pattern;
mod selector;

pub(super) use fields::{Fields, Style};
pub(super) use overrides::{overrides, sampling};
pub(super) use selector::severity_number;

use super::problems::Place;
use super::tree::Node;
use crate::settings::shape::{Item, Processor, Redaction, RedactionKind, Selector, Work};
use selector::Match;

/// What a processor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Attribute,
    Span,
    SpanEvent,
    Log,
    Metric,
    MetricFilter,
    Drop,
    Redact,
}

const TYPES: [(&str, Type); 8] = [
    ("attribute", Type::Attribute),
    ("span", Type::Span),
    ("log", Type::Log),
    ("metric-filter", Type::MetricFilter),
    ("drop", Type::Drop),
    ("redact", Type::Redact),
    ("span_event", Type::SpanEvent),
    ("metric", Type::Metric),
];

const ITEMS: [(&str, Item); 5] = [
    ("span", Item::Span),
    ("span_event", Item::SpanEvent),
    ("log", Item::Log),
    ("metric", Item::Metric),
    ("resource", Item::Resource),
];

/// Kinds of what is redacted, by name.
const REDACTED: [(&str, RedactionKind); 5] = [
    (RedactionKind::Credentials.name(), RedactionKind::Credentials),
    (RedactionKind::Headers.name(), RedactionKind::Headers),
    (RedactionKind::Sql.name(), RedactionKind::Sql),
    (RedactionKind::Email.name(), RedactionKind::Email),
    (RedactionKind::Tokens.name(), RedactionKind::Tokens),
];

/// Processors that are read; no file has as many.
const MOST: usize = 1000;

/// Reads a list of processors; what is wrong with them is said.
pub(super) fn processors(style: Style<'_>, path: &str, node: &Node) -> Vec<Processor> {
    let mut processors = Vec::new();
    let entries = fields::list(style, path, node);
    if entries.len() > MOST {
        style.problems().error(node.place, format!("{path} has more than {MOST} entries"), "");
        return processors;
    }
    for (index, entry) in entries.into_iter().enumerate() {
        let name = name(style, "processor", index, &entry);
        processors.extend(processor(style, name, &entry));
        entry.finish();
    }
    processors
}

/// `processor 2 (otel-run.yaml:14)`.
fn name(style: Style<'_>, noun: &str, index: usize, entry: &Fields<'_>) -> String {
    let at = style.problems().at(entry.place());
    match entry.text("id") {
        Some((id, _)) => format!("{noun} {id} ({at})"),
        None => format!("{noun} {} ({at})", index + 1),
    }
}

fn processor(style: Style<'_>, name: String, entry: &Fields<'_>) -> Vec<Processor> {
    let kind = entry.choice("type", &TYPES);
    if entry.get("type").is_none() {
        entry.missing("type");
    }
    let include = chosen(style, entry, "include");
    let exclude = chosen(style, entry, "exclude");
    let items: Vec<Item> = entry
        .texts("items")
        .iter()
        .filter_map(|(text, place)| entry.word("items", text, *place, &ITEMS))
        .collect();
    let Some(kind) = kind else {
        ["actions", "name", "body", "kinds", "patterns"].into_iter().for_each(|key| entry.ignore(key));
        return Vec::new();
    };
    let default: &[Item] = match kind {
        Type::Attribute => &[Item::Span, Item::Log],
        Type::Span => &[Item::Span],
        Type::SpanEvent => &[Item::SpanEvent],
        Type::Log => &[Item::Log],
        Type::Metric | Type::MetricFilter => &[Item::Metric],
        Type::Drop => &[],
        Type::Redact => &[Item::Span, Item::SpanEvent, Item::Log, Item::Metric, Item::Resource],
    };
    let choosable = matches!(kind, Type::Attribute | Type::Drop | Type::Redact);
    if !items.is_empty() && !choosable {
        entry.wrong(entry.place(), format!("{} has no meaning for this type", entry.path("items")));
    }
    let mut parts = Parts { include, exclude, items };
    if parts.items.is_empty() {
        parts.items = default.to_vec();
    }
    let works = works(style, kind, entry, &mut parts);
    never::check(style, &name, entry.place(), kind, &parts);
    works.into_iter().flat_map(|work| parts.processors(&name, &work)).collect()
}

/// Which items a processor is for, as it is written.
struct Parts {
    include: Option<Chosen>,
    exclude: Option<Chosen>,
    items: Vec<Item>,
}

/// A selector, and where it stands.
struct Chosen {
    selector: Selector,
    place: Place,
}

impl Parts {
    /// One processor; or one for each kind of items where criteria of several kinds stand together, each for its own,
    /// as the Java agent understands it.
    fn processors(&self, name: &str, work: &Work) -> Vec<Processor> {
        let make = |items: Vec<Item>, of: &dyn Fn(&Chosen) -> Selector| Processor {
            name: name.to_owned(),
            items,
            include: self.include.as_ref().map(of),
            exclude: self.exclude.as_ref().map(of),
            work: work.clone(),
        };
        let mixed = [&self.include, &self.exclude].into_iter().flatten();
        if !mixed.into_iter().any(|chosen| selector::concerned(&chosen.selector).len() > 1) {
            return vec![make(self.items.clone(), &|chosen| chosen.selector.clone())];
        }
        self.items
            .iter()
            .map(|item| make(vec![*item], &|chosen| selector::only(&chosen.selector, *item)))
            .collect()
    }
}

fn chosen(style: Style<'_>, entry: &Fields<'_>, key: &'static str) -> Option<Chosen> {
    let node = entry.get(key)?;
    let fields = Fields::of(style, &entry.path(key), node)?;
    let by = match fields.choice("matchType", &[("strict", Match::Strict), ("regexp", Match::Regexp)]) {
        Some(by) => by,
        None if fields.get("matchType").is_some() || style.own => Match::Strict,
        None => {
            fields.missing("matchType");
            Match::Strict
        }
    };
    let mut selector = selector::criteria(&fields, by);
    selector.attributes = selector::attributes(&fields, "attributes", by);
    if selector == Selector::default() && style.problems().is_fine() {
        fields.wrong(fields.place(), format!("{} has no criteria", entry.path(key)));
    }
    let place = fields.place();
    fields.finish();
    Some(Chosen { selector, place })
}

fn works(style: Style<'_>, kind: Type, entry: &Fields<'_>, parts: &mut Parts) -> Vec<Work> {
    let section = |key: &'static str| match entry.get(key) {
        Some(node) => naming::namings(style, &entry.path(key), node).into_iter().map(Work::Name).collect(),
        None => {
            entry.missing(key);
            Vec::new()
        }
    };
    match kind {
        Type::Attribute => vec![Work::Attributes(actions::actions(entry, style.own))],
        Type::Span | Type::SpanEvent | Type::Metric => section("name"),
        Type::Log => section("body"),
        Type::MetricFilter => {
            // What is excluded here is what is left out.
            if parts.include.is_some() {
                let what = "a metric-filter looks at exclude alone, and not at this include";
                entry.warn(entry.place(), what.to_owned(), "a drop processor has both");
            }
            parts.include = parts.exclude.take();
            match &parts.include {
                None => entry.missing("exclude"),
                Some(chosen) if chosen.selector.metric_names.is_empty() => {
                    entry.wrong(chosen.place, format!("{} has no metricNames", entry.path("exclude")));
                }
                Some(_) => {}
            }
            vec![Work::Drop]
        }
        Type::Drop => {
            let Some(include) = &parts.include else {
                entry.missing("include");
                return Vec::new();
            };
            if parts.items.is_empty() {
                parts.items = selector::concerned(&include.selector);
            }
            if parts.items.is_empty() {
                let everything = include.selector.attributes.is_empty();
                parts.items = vec![Item::Span, Item::Log];
                parts.items.extend(everything.then_some(Item::Metric));
            }
            vec![Work::Drop]
        }
        Type::Redact => vec![Work::Redact(redaction(entry))],
    }
}

fn redaction(entry: &Fields<'_>) -> Redaction {
    let kinds: Vec<RedactionKind> = entry
        .texts("kinds")
        .iter()
        .filter_map(|(text, place)| entry.word("kinds", text, *place, &REDACTED))
        .collect();
    let mut patterns = Vec::new();
    for inner in entry.list("patterns") {
        let replace = inner.literal("replace");
        match inner.literal("pattern") {
            Some((text, place)) => {
                if let Some(regex) = pattern::check(&inner, "pattern", &text, place) {
                    let (replace, at) = replace.unwrap_or(("***".to_owned(), place));
                    pattern::check_replacement(&inner, "replace", &regex, &replace, at);
                    patterns.push((text, replace));
                }
            }
            None => inner.missing("pattern"),
        }
        inner.finish();
    }
    if kinds.is_empty() && patterns.is_empty() {
        entry.missing("kinds");
    }
    Redaction { kinds, patterns }
}
