//! The variables that a file stands for.

use super::problems::{Place, Problems};
use std::cell::{Cell, RefCell};

/// Variables with their values, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Said {
    variables: RefCell<Vec<(String, String, Place)>>,
    /// The first so many hold against everything that follows.
    held: Cell<usize>,
    /// Keys whose value is a secret that stands in the file itself.
    secrets: RefCell<Vec<(String, Place)>>,
}

impl Said {
    /// Sets a variable. What a file says first holds.
    pub(super) fn say(&self, name: &str, value: &str, place: Place, problems: &Problems) {
        let mut variables = self.variables.borrow_mut();
        let held = variables.iter().take(self.held.get()).any(|(known, ..)| known == name);
        match variables.iter().find(|(known, ..)| known == name) {
            Some(_) if held => {}
            None => variables.push((name.to_owned(), value.to_owned(), place)),
            Some((_, known, _)) if known == value => {}
            Some((_, _, first)) => {
                let what = format!("there is only one {name}, and line {} has said it already", first.line);
                problems.warn(place, format!("{what}: this value is left out"), "");
            }
        }
    }

    /// Lets what was said so far hold, silently, against what follows.
    pub(super) fn hold(&self) {
        self.held.set(self.variables.borrow().len());
    }

    /// Sets a variable in place of what was said.
    pub(super) fn replace(&self, name: &str, value: &str, place: Place) {
        let mut variables = self.variables.borrow_mut();
        variables.retain(|(known, ..)| known != name);
        variables.push((name.to_owned(), value.to_owned(), place));
    }

    /// Adds words to a list.
    pub(super) fn add(&self, name: &str, words: &str, place: Place) {
        let mut variables = self.variables.borrow_mut();
        let held = self.held.get();
        match variables.iter_mut().enumerate().find(|(_, (known, ..))| known == name) {
            Some((at, _)) if at < held => {}
            Some((_, (_, value, _))) => {
                for word in words.split(',').filter(|word| !word.is_empty()) {
                    if !value.split(',').any(|known| known == word) {
                        value.push(',');
                        value.push_str(word);
                    }
                }
            }
            None => variables.push((name.to_owned(), words.to_owned(), place)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        let variables = self.variables.borrow();
        variables.iter().find(|(known, ..)| known == name).map(|(_, value, _)| value.clone())
    }

    pub(super) fn secret(&self, key: &str, place: Place) {
        self.secrets.borrow_mut().push((key.to_owned(), place));
    }

    pub(super) fn secrets(&self) -> Vec<(String, Place)> {
        self.secrets.borrow().clone()
    }

    pub(super) fn into_variables(self) -> Vec<(String, String, Place)> {
        self.variables.into_inner()
    }
}
