//! A mapping that code looks into, key by key. What nobody asked for is unknown.

use crate::settings::file::problems::{Place, Problems};
use crate::settings::file::scalar::{Reading, Scalar, ScalarKind};
use crate::settings::file::tree::{Name, Node, Value};
use crate::settings::suggest;
use std::cell::RefCell;

/// How rules are written.
#[derive(Clone, Copy)]
pub(in crate::settings::file) struct Style<'a> {
    pub(in crate::settings::file) reading: Reading<'a>,
    /// In our own form keys are in snake case (the Java agent's camel case is understood, too), and variables are
    /// put in everywhere but in patterns and what replaces them.
    pub(in crate::settings::file) own: bool,
}

impl<'a> Style<'a> {
    pub(super) fn problems(self) -> &'a Problems {
        self.reading.problems
    }

    /// The key as one writes it here.
    pub(super) fn name(self, key: &str) -> String {
        if self.own { snake(key) } else { key.to_owned() }
    }

    /// The texts of a list.
    pub(super) fn texts(self, path: &str, node: &Node) -> Vec<(String, Place)> {
        let Value::List(nodes) = &node.value else {
            if !node.is_null() {
                let what = format!("{path} is {}, and must be a list of texts", node.what());
                self.problems().error(node.place, what, "write [...]");
            }
            return Vec::new();
        };
        let text = |node: &Node| Some((self.scalar(path, node)?.text, node.place));
        nodes.iter().filter_map(text).collect()
    }

    fn scalar(self, path: &str, node: &Node) -> Option<Scalar> {
        if self.own { self.reading.scalar(path, node) } else { self.reading.literal(path, node) }
    }
}

pub(in crate::settings::file) struct Fields<'a> {
    style: Style<'a>,
    path: String,
    place: Place,
    pairs: &'a [(Name, Node)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// The keys of a mapping; without any where nothing is written.
    pub(in crate::settings::file) fn of(style: Style<'a>, path: &str, node: &'a Node) -> Option<Self> {
        let pairs = match &node.value {
            Value::Map(pairs) => pairs.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                let what = format!("{path} is {}, and must be a mapping of keys", node.what());
                style.problems().error(node.place, what, "");
                return None;
            }
        };
        let asked = RefCell::default();
        Some(Fields { style, path: path.to_owned(), place: node.place, pairs, asked })
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// How messages call a key.
    pub(in crate::settings::file) fn path(&self, key: &str) -> String {
        format!("{}.{}", self.path, self.style.name(key))
    }

    /// The value of a key, unless it is empty.
    pub(in crate::settings::file) fn get(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        let is = |name: &str| name == key || (self.style.own && name == snake(key));
        self.pairs
            .iter()
            .find(|(name, _)| is(&name.text))
            .map(|(_, node)| node)
            .filter(|node| !node.is_null())
    }

    /// A key that means nothing, and may be there.
    pub(super) fn ignore(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    pub(in crate::settings::file) fn scalar(&self, key: &'static str) -> Option<(Scalar, Place)> {
        let node = self.get(key)?;
        let scalar = self.style.scalar(&self.path(key), node)?;
        (scalar.kind != ScalarKind::Null).then_some((scalar, node.place))
    }

    pub(super) fn text(&self, key: &'static str) -> Option<(String, Place)> {
        self.scalar(key).map(|(scalar, place)| (scalar.text, place))
    }

    /// As it stands there: patterns and what replaces them have dollar signs of their own.
    pub(super) fn literal(&self, key: &'static str) -> Option<(String, Place)> {
        let node = self.get(key)?;
        Some((self.style.reading.literal(&self.path(key), node)?.text, node.place))
    }

    pub(super) fn literals(&self, key: &'static str) -> Vec<(String, Place)> {
        let plain = Style { own: false, ..self.style };
        self.get(key).map(|node| plain.texts(&self.path(key), node)).unwrap_or_default()
    }

    pub(in crate::settings::file) fn texts(&self, key: &'static str) -> Vec<(String, Place)> {
        self.get(key).map(|node| self.style.texts(&self.path(key), node)).unwrap_or_default()
    }

    pub(super) fn number(&self, key: &'static str) -> Option<(f64, Place)> {
        let (scalar, place) = self.scalar(key)?;
        match scalar.text.parse::<f64>() {
            Ok(number) if number.is_finite() => Some((number, place)),
            _ => {
                self.wrong(place, format!("{} must be a number", self.path(key)));
                None
            }
        }
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let (scalar, place) = self.scalar(key)?;
        match scalar.text.to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.wrong(place, format!("{} must be true or false", self.path(key)));
                None
            }
        }
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let (text, place) = self.text(key)?;
        self.word(key, &text, place, words)
    }

    pub(super) fn word<T: Copy>(
        &self,
        key: &'static str,
        text: &str,
        place: Place,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = suggest::nearest(text, names.iter().copied());
        let hint = near.map_or(String::new(), |near| format!("did you mean {near}?"));
        let what = format!("{} must be one of {}, not {text:?}", self.path(key), names.join(", "));
        self.style.problems().error(place, what, hint);
        None
    }

    /// The entries of a list of mappings.
    pub(super) fn list(&self, key: &'static str) -> Vec<Fields<'a>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        list(self.style, &self.path(key), node)
    }

    /// Says that a key is missing.
    pub(super) fn missing(&self, key: &str) {
        self.wrong(self.place, format!("{} has no {}", self.path, self.style.name(key)));
    }

    pub(super) fn wrong(&self, place: Place, what: String) {
        self.style.problems().error(place, what, "");
    }

    /// Complains of keys that nobody has asked for.
    pub(in crate::settings::file) fn finish(self) {
        let asked = self.asked.borrow();
        let names: Vec<String> = asked.iter().map(|key| self.style.name(key)).collect();
        for (name, _) in self.pairs {
            let known = |key: &&&str| **key == name.text || (self.style.own && snake(key) == name.text);
            if asked.iter().any(|key| known(&key)) {
                continue;
            }
            let hint = match suggest::nearest(&name.text, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known keys: {}", names.join(", ")),
            };
            self.style.problems().error(
                name.place,
                format!("unknown key of {}: {}", self.path, name.text),
                hint,
            );
        }
    }
}

/// The entries of a list of mappings.
pub(super) fn list<'a>(style: Style<'a>, path: &str, node: &'a Node) -> Vec<Fields<'a>> {
    let Value::List(nodes) = &node.value else {
        if !node.is_null() {
            let what = format!("{path} is {}, and must be a list", node.what());
            style.problems().error(node.place, what, "begin each entry with \"- \", or write [...]");
        }
        return Vec::new();
    };
    let entry = |(index, node)| Fields::of(style, &format!("{path}[{index}]"), node);
    nodes.iter().enumerate().filter_map(entry).collect()
}

/// `spanNames` is `span_names`.
pub(super) fn snake(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

impl Fields<'_> {
    pub(super) fn wrong_with(&self, place: Place, what: String, hint: &str) {
        self.style.problems().error(place, what, hint);
    }

    pub(super) fn warn(&self, place: Place, what: String, hint: &str) {
        self.style.problems().warn(place, what, hint);
    }
}
