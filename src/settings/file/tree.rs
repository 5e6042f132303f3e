//! A file as a tree whose every node knows where it stands. YAML 1.2, of which JSON is a part.

use super::problems::{Place, Problems};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::HashMap;

/// A value, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// As it is written; what is plain, and not in quotes, may be a number, a boolean or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Name, Node)>),
}

/// A key.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) place: Place,
}

impl Node {
    /// Nothing was written, or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if is_null(text))
    }

    /// Nothing, or a list or mapping without entries.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Scalar { .. } => self.is_null(),
            Value::List(nodes) => nodes.is_empty(),
            Value::Map(pairs) => pairs.is_empty(),
        }
    }

    /// What it is called in messages.
    pub(super) fn what(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "empty",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping of keys",
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(pairs) = &self.value else { return None };
        pairs.iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }
}

pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Levels of lists and mappings within each other.
const DEEPEST: usize = 64;
/// Nodes of a file, with everything that aliases repeat.
const MOST: usize = 50_000;

/// Reads the one document of a file. `None`: it cannot be read, and a problem says why.
pub(super) fn parse(text: &str, problems: &Problems) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let joined;
    let text = match text.trim_start().starts_with('{') {
        true => {
            joined = join_surrogates(text);
            joined.as_str()
        }
        false => text,
    };
    let mut builder = Builder { problems, open: Vec::new(), known: HashMap::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let place = Place { line: span.start.line(), column: span.start.col() + 1 };
                builder.take(event, place)?;
            }
            Err(error) => {
                let place = Place { line: error.marker().line(), column: error.marker().col() + 1 };
                problems.error(place, format!("this is no YAML: {}", error.info()), hint(error.info()));
                return None;
            }
        }
    }
    if builder.root.is_none() {
        problems.error(Place::START, "the file is empty", "write at least file_format: \"1.0\"");
    }
    builder.root
}

fn hint(info: &str) -> &'static str {
    if info.contains("tab") {
        "indent with spaces"
    } else if info.contains("recursion") {
        "there are too many lists and mappings within each other"
    } else {
        "look for a missing quote, bracket, comma or blank here or just before"
    }
}

/// JSON writes characters beyond U+FFFF as two escapes, which YAML does not know.
fn join_surrogates(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, tail) = rest.split_at(at);
        joined.push_str(before);
        if let Some((character, after)) = pair(tail) {
            joined.push(character);
            rest = after;
            continue;
        }
        // An escape of a backslash must not be taken for the begin of another one.
        let end = tail.char_indices().nth(2).map_or(tail.len(), |(end, _)| end);
        let (escape, after) = tail.split_at(end);
        joined.push_str(escape);
        rest = after;
    }
    joined.push_str(rest);
    joined
}

/// `\ud83d\ude00`, and what is behind it.
fn pair(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let units = [unit(text)?, unit(text.get(6..)?)?];
    let character = char::decode_utf16(units).next()?.ok()?;
    (units.first().is_some_and(|first| (0xd800..0xdc00).contains(first)))
        .then(|| (character, text.get(12..).unwrap_or_default()))
}

struct Builder<'a> {
    problems: &'a Problems,
    open: Vec<Open>,
    /// What anchors name.
    known: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or mapping that is not complete yet.
struct Open {
    anchor: usize,
    place: Place,
    /// Nodes before it.
    before: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<(Name, Node)>, Option<Name>),
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, place: Place) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain
                    && tag.as_ref().is_none_or(|tag| tag.is_yaml_core_schema() && tag.suffix != "str");
                if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
                    self.problems.error(place, "tags have no meaning here", "leave it out");
                }
                let node = Node { value: Value::Scalar { text: text.into_owned(), plain }, place };
                self.remember(anchor, &node, 1);
                self.add(node, 1)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, place, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, place, Content::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => match self.known.get(&anchor).cloned() {
                Some((node, size)) => self.add(node, size),
                None => {
                    let what = "this alias stands within what it names";
                    self.problems.error(place, what, "write it out");
                    None
                }
            },
            Event::DocumentStart(_) if self.root.is_some() => {
                let hint = "leave --- and what is behind it out";
                self.problems.error(place, "there is a second document in this file", hint);
                None
            }
            _ => Some(()),
        }
    }

    fn begin(&mut self, anchor: usize, place: Place, content: Content) -> Option<()> {
        if self.open.len() >= DEEPEST {
            let what = format!("lists and mappings are more than {DEEPEST} deep");
            self.problems.error(place, what, "no setting needs that");
            return None;
        }
        self.open.push(Open { anchor, place, before: self.nodes, content });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let Open { anchor, place, before, content } = self.open.pop()?;
        let value = match content {
            Content::List(nodes) => Value::List(nodes),
            Content::Map(pairs, _) => Value::Map(pairs),
        };
        let node = Node { value, place };
        self.remember(anchor, &node, self.nodes - before + 1);
        self.add(node, 1)
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor > 0 {
            self.known.insert(anchor, (node.clone(), size));
        }
    }

    fn add(&mut self, node: Node, size: usize) -> Option<()> {
        self.nodes += size;
        if self.nodes > MOST {
            let what = format!("the file has more than {MOST} values, with those that its aliases repeat");
            self.problems.error(node.place, what, "no settings need as many");
            return None;
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut open.content {
            Content::List(nodes) => nodes.push(node),
            Content::Map(pairs, waiting @ None) => {
                let Value::Scalar { text, .. } = node.value else {
                    self.problems.error(node.place, "this cannot be a key", "keys are words");
                    return None;
                };
                if let Some((first, _)) = pairs.iter().find(|(name, _)| name.text == text) {
                    let what = format!("{text} is there twice, and was in line {} before", first.place.line);
                    self.problems.error(node.place, what, "leave one of them out");
                }
                *waiting = Some(Name { text, place: node.place });
            }
            Content::Map(pairs, waiting) => {
                if let Some(name) = waiting.take() {
                    pairs.push((name, node));
                }
            }
        }
        Some(())
    }
}
