//! The keys of a vocabulary as a table: what may stand where, and what becomes of it. Unknown keys and wrong types
//! are found by it, most settings need nothing else, and the documentation is made from it.

use super::problems::{Place, Problems};
use super::said::Said;
use super::scalar::{Reading, Scalar, ScalarKind};
use super::tree::{Node, Value};
use crate::settings::{suggest, table};

/// One key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Names divided by dots; `[]` behind the name of a list, `a|b` for either, `*` for any other.
    pub(super) path: &'static str,
    pub(super) form: Form,
    pub(super) becomes: Becomes,
}

/// What the value must be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Text,
    Bool,
    Int,
    Number,
    /// A list of texts.
    Words,
    Choice(&'static [&'static str]),
    /// A mapping that may be empty; its keys are in the table, too.
    Section,
    /// Looked at by code, or by nobody.
    Free,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Becomes {
    /// This variable, with the value as it is. `{S}` is the signal.
    Variable(&'static str),
    /// This variable of ours, as `on` and `off`.
    OnOff(&'static str),
    /// This variable in milliseconds, from seconds.
    Seconds(&'static str),
    /// What code makes of it.
    Own(&'static str),
    /// Nothing, and this is why. Nothing is said of these values, which ask for what happens anyway.
    Nothing { silent: &'static [&'static str], why: &'static str },
}

/// A key that code must look at.
pub(super) struct Found<'a> {
    pub(super) key: &'static Key,
    /// As messages name it, such as `preview.processors`.
    pub(super) path: String,
    pub(super) node: &'a Node,
    /// Unless it is a mapping, or any form will do.
    pub(super) value: Option<Scalar>,
}

pub(super) struct Walk<'a> {
    pub(super) reading: Reading<'a>,
    pub(super) said: &'a Said,
    /// Prefixes that paths of the table may begin with, each with what it stands for.
    pub(super) prefixes: &'static [(&'static str, &'static [&'static str])],
}

/// A key, and the names that lead to it.
struct Entry {
    key: &'static Key,
    names: Vec<&'static str>,
}

impl<'a> Walk<'a> {
    /// Reads everything, and returns what code must look at.
    pub(super) fn read(&self, keys: &'static [Key], root: &'a Node) -> Vec<Found<'a>> {
        let entries: Vec<Entry> = keys.iter().flat_map(|key| self.entries(key)).collect();
        let entries: Vec<&Entry> = entries.iter().collect();
        let mut found = Vec::new();
        self.mapping(&entries, 0, "", root, &mut found);
        found
    }

    fn entries(&self, key: &'static Key) -> Vec<Entry> {
        let (first, rest) = key.path.split_once('.').unwrap_or((key.path, ""));
        let heads = self.prefixes.iter().find(|(name, _)| *name == first).map(|(_, heads)| *heads);
        let names = |head: &'static str| -> Vec<&'static str> {
            head.split('.').chain(rest.split('.')).filter(|name| !name.is_empty()).collect()
        };
        match heads {
            Some(heads) => heads.iter().map(|head| Entry { key, names: names(head) }).collect(),
            None => vec![Entry { key, names: names(first) }],
        }
    }

    fn problems(&self) -> &'a Problems {
        self.reading.problems
    }

    fn mapping(
        &self,
        entries: &[&Entry],
        depth: usize,
        path: &str,
        node: &'a Node,
        found: &mut Vec<Found<'a>>,
    ) {
        let pairs = match &node.value {
            Value::Map(pairs) => pairs,
            _ if node.is_null() => return,
            _ => {
                let names = known(entries, depth).join(", ");
                let name = if path.is_empty() { "the file" } else { path };
                let what = format!("{name} is {}, and must be a mapping of keys", node.what());
                return self.problems().error(node.place, what, format!("known keys: {names}"));
            }
        };
        for (name, node) in pairs {
            let here = |entry: &&&Entry| entry.names.get(depth).is_some_and(|seg| takes(seg, &name.text));
            let mut below: Vec<&Entry> = entries.iter().filter(here).copied().collect();
            if below.is_empty() {
                below = entries.iter().filter(|entry| is_any(entry, depth)).copied().collect();
            }
            let full = if path.is_empty() { name.text.clone() } else { format!("{path}.{}", name.text) };
            let Some(first) = below.first() else {
                self.unknown(entries, depth, path, &name.text, name.place);
                continue;
            };
            match (&node.value, first.names.get(depth).is_some_and(|seg| seg.ends_with("[]"))) {
                (Value::List(nodes), true) => {
                    for (index, node) in nodes.iter().enumerate() {
                        self.value(&below, depth + 1, &format!("{full}[{index}]"), name.place, node, found);
                    }
                }
                (_, true) if node.is_null() => {}
                (_, true) => {
                    let what = format!("{full} is {}, and must be a list", node.what());
                    self.problems().error(node.place, what, "begin each entry with \"- \", or write [...]");
                }
                (_, false) => self.value(&below, depth + 1, &full, name.place, node, found),
            }
        }
    }

    fn value(
        &self,
        entries: &[&Entry],
        depth: usize,
        path: &str,
        place: Place,
        node: &'a Node,
        found: &mut Vec<Found<'a>>,
    ) {
        let (leaves, deeper): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().copied().partition(|entry| entry.names.len() == depth);
        if let Some(leaf) = leaves.first() {
            self.leaf(leaf.key, path, place, node, found);
        }
        if !deeper.is_empty() || leaves.iter().any(|leaf| leaf.key.form == Form::Section) {
            self.mapping(&deeper, depth, path, node, found);
        }
    }

    fn leaf(&self, key: &'static Key, path: &str, place: Place, node: &'a Node, found: &mut Vec<Found<'a>>) {
        let value = match key.form {
            Form::Section | Form::Free => None,
            _ if node.is_null() => return,
            Form::Words => match self.words(path, node) {
                Some(words) => Some(words),
                None => return,
            },
            form => match self.single(form, path, node) {
                // A variable without a value: as if the key were not there.
                Some(scalar) if scalar.text.is_empty() => return,
                Some(scalar) => Some(scalar),
                None => return,
            },
        };
        match (key.becomes, value) {
            (Becomes::Own(_), value) => found.push(Found { key, path: path.to_owned(), node, value }),
            (Becomes::Nothing { silent, why }, value) => {
                let text = value.map(|value| value.text).unwrap_or_default();
                if !node.is_empty() && !silent.contains(&text.as_str()) {
                    self.problems().idle(path, place, why);
                }
            }
            (_, None) => {}
            (Becomes::Variable(name), Some(value)) => {
                self.say(&name.replace("{S}", signal(path)), value, path, node.place);
            }
            (Becomes::OnOff(name), Some(value)) => {
                let text = if value.kind == ScalarKind::Bool(true) { "on" } else { "off" };
                self.said.say(name, text, node.place, self.problems());
            }
            (Becomes::Seconds(name), Some(value)) => match value.text.parse::<f64>() {
                Ok(seconds) => {
                    let text = format!("{:.0}", seconds * 1e3);
                    self.say(name, Scalar { text, ..value }, path, node.place);
                }
                Err(_) => self.problems().error(node.place, format!("{path} is no number"), ""),
            },
        }
    }

    /// Sets a variable, if its value can be used.
    pub(super) fn say(&self, name: &str, value: Scalar, path: &str, place: Place) {
        if let Some(entry) = table::find(name) {
            if let Err(complaint) = entry.kind.normal(&value.text) {
                let hint = complaint.hint.unwrap_or_default();
                return self.problems().error(place, format!("{path}: {}", complaint.what), hint);
            }
            if entry.secret && !value.replaced {
                self.said.secret(path, place);
            }
        }
        self.said.say(name, &value.text, place, self.problems());
    }

    fn single(&self, form: Form, path: &str, node: &Node) -> Option<Scalar> {
        let scalar = self.reading.scalar(path, node)?;
        if scalar.text.is_empty() {
            return Some(scalar);
        }
        let wrong = |wanted: &str, hint: String| {
            self.problems().error(node.place, format!("{path} must be {wanted}"), hint);
            None
        };
        let text = scalar.text.as_str();
        match form {
            Form::Bool => match text {
                "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => {
                    let kind = ScalarKind::Bool(text.eq_ignore_ascii_case("true"));
                    Some(Scalar { text: text.to_lowercase(), kind, ..scalar })
                }
                _ => wrong("true or false", String::new()),
            },
            Form::Int if text.parse::<i64>().is_err() => {
                let hint = match scalar.kind {
                    ScalarKind::Int(int) => format!("write {int}"),
                    _ => String::new(),
                };
                wrong("a whole number", hint)
            }
            Form::Number if !text.parse::<f64>().is_ok_and(f64::is_finite) => {
                wrong("a number", String::new())
            }
            Form::Choice(words) if !words.contains(&text) => {
                let near = suggest::nearest(text, words.iter().copied());
                let hint = near.map_or(String::new(), |near| format!("did you mean {near}?"));
                wrong(&format!("one of {}", words.join(", ")), hint)
            }
            Form::Text if matches!(scalar.kind, ScalarKind::Bool(_)) => {
                wrong("text", format!("put it in quotes: \"{text}\""))
            }
            _ => Some(scalar),
        }
    }

    /// The texts of a list, joined by commas.
    fn words(&self, path: &str, node: &Node) -> Option<Scalar> {
        let Value::List(nodes) = &node.value else {
            let what = format!("{path} is {}, and must be a list of texts", node.what());
            self.problems().error(node.place, what, "write [...]");
            return None;
        };
        let words: Option<Vec<String>> =
            nodes.iter().map(|node| Some(self.reading.scalar(path, node)?.text)).collect();
        Some(Scalar { text: words?.join(","), kind: ScalarKind::Text, replaced: false })
    }

    fn unknown(&self, entries: &[&Entry], depth: usize, path: &str, name: &str, place: Place) {
        let names = known(entries, depth);
        let within = if path.is_empty() { String::new() } else { format!(" of {path}") };
        let hint = match suggest::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None if names.is_empty() => "nothing stands below this key".to_owned(),
            None => format!("known keys: {}", names.join(", ")),
        };
        self.problems().error(place, format!("unknown key{within}: {name}"), hint);
    }
}

/// `TRACES`, `METRICS` or `LOGS`, by the first name of a path.
pub(super) fn signal(path: &str) -> &'static str {
    match path.split('.').next() {
        Some("meter_provider") => "METRICS",
        Some("logger_provider") => "LOGS",
        _ => "TRACES",
    }
}

fn takes(segment: &str, name: &str) -> bool {
    segment.trim_end_matches("[]").split('|').any(|known| known == name)
}

fn is_any(entry: &Entry, depth: usize) -> bool {
    entry.names.get(depth).is_some_and(|segment| segment.trim_end_matches("[]") == "*")
}

/// The names that may stand at this depth.
fn known(entries: &[&Entry], depth: usize) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for entry in entries {
        for name in entry.names.get(depth).into_iter().flat_map(|seg| seg.trim_end_matches("[]").split('|')) {
            if name != "*" && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}
