//! `distribution.otel_run`: every flag by its name, and rules in our own form.

use crate::settings::file::rules::{self, Style};
use crate::settings::file::said::Said;
use crate::settings::file::scalar::{Reading, Scalar, ScalarKind};
use crate::settings::file::schema::Walk;
use crate::settings::file::tree::{Name, Node, Value};
use crate::settings::file::{VARIABLES, pair};
use crate::settings::shape::Shape;
use crate::settings::table::{self, Entry};
use crate::settings::{Kind, sampling, suggest};

const PROCESSORS: &str = "processors";
const SAMPLING: &str = "sampling";
const PATH: &str = "distribution.otel_run";

/// The settings that a file may say: all that have a flag, but for those that name a file to read.
pub(in crate::settings::file) fn entries() -> impl Iterator<Item = (&'static str, &'static Entry)> {
    table::entries()
        .filter(|entry| {
            !VARIABLES.contains(&entry.variable) && entry.variable != crate::settings::env_file::VARIABLE
        })
        .filter_map(|entry| Some((entry.flag?, entry)))
}

/// Reads the section.
pub(super) fn read(reading: Reading<'_>, said: &Said, node: &Node, shape: &mut Shape) {
    let pairs = match &node.value {
        Value::Map(pairs) => pairs,
        _ if node.is_null() => return,
        _ => {
            let what = format!("{PATH} is {}, and must be a mapping of keys", node.what());
            return reading.problems.error(node.place, what, "");
        }
    };
    let walk = Walk { reading, said, prefixes: &[] };
    let style = Style { reading, own: true };
    for (name, node) in pairs {
        let path = format!("{PATH}.{}", name.text);
        match name.text.as_str() {
            PROCESSORS => shape.processors.extend(rules::processors(style, &path, node)),
            SAMPLING => rules::sampling(style, &walk, &path, node, &mut shape.sampling),
            flag => match entries().find(|(known, _)| *known == flag) {
                Some((_, entry)) => setting(&walk, &path, entry, node),
                None => unknown(reading, name),
            },
        }
    }
}

fn unknown(reading: Reading<'_>, name: &Name) {
    let names = entries().map(|(flag, _)| flag).chain([PROCESSORS, SAMPLING]);
    let hint = match suggest::nearest(&name.text, names) {
        Some(near) => format!("did you mean {near}?"),
        None => "every flag that otel-run --help shows, without the dashes, and processors and sampling"
            .to_owned(),
    };
    reading.problems.error(name.place, format!("unknown key of {PATH}: {}", name.text), hint);
}

fn setting(walk: &Walk<'_>, path: &str, entry: &Entry, node: &Node) {
    let Some(mut value) = value(walk.reading, path, entry, node) else { return };
    if value.text.is_empty() {
        return;
    }
    if let (Kind::Choice(_, words), ScalarKind::Bool(on)) = (entry.kind, value.kind)
        && words.contains(&"on")
    {
        value.text = if on { "on" } else { "off" }.to_owned();
    }
    walk.say(entry.variable, value, path, node.place);
}

/// One value; or a list, or a mapping of names, where the setting is one.
fn value(reading: Reading<'_>, path: &str, entry: &Entry, node: &Node) -> Option<Scalar> {
    match (&node.value, entry.kind) {
        (Value::List(nodes), Kind::List(_) | Kind::Exporters) => {
            let words: Option<Vec<Scalar>> = nodes.iter().map(|node| reading.scalar(path, node)).collect();
            Some(joined(words?.into_iter().map(|word| (word.text, word.replaced))))
        }
        (Value::List(nodes), Kind::Rules) => {
            let rules: Option<Vec<Scalar>> = nodes.iter().map(|node| reading.scalar(path, node)).collect();
            let rules: Vec<String> = rules?.into_iter().map(|rule| rule.text).collect();
            Some(Scalar { text: rules.join(sampling::SEPARATOR), kind: ScalarKind::Text, replaced: false })
        }
        (Value::Map(_), Kind::Pairs) => {
            let Value::Map(pairs) = &node.value else { return None };
            let read = |(name, node): &(Name, Node)| {
                let value = reading.scalar(path, node)?;
                Some((pair(&name.text, &value.text), value.replaced))
            };
            let pairs: Option<Vec<(String, bool)>> = pairs.iter().map(read).collect();
            Some(joined(pairs?.into_iter()))
        }
        _ => reading.scalar(path, node),
    }
}

fn joined(parts: impl Iterator<Item = (String, bool)>) -> Scalar {
    let (mut texts, mut replaced) = (Vec::new(), true);
    for (text, from_environment) in parts {
        texts.push(text);
        replaced &= from_environment;
    }
    Scalar { text: texts.join(","), kind: ScalarKind::Text, replaced }
}
