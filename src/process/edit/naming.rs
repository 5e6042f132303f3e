//! How names and bodies are made anew.

use super::action::{Groups, groups, joined, text_value};
use super::draft::Draft;
use super::template::{LONGEST, Template, cut};
use crate::process::select::compile;
use crate::settings::shape;
use regex::bytes::Regex;

/// A [`shape::Naming`], compiled.
#[derive(Debug)]
pub(super) enum Naming {
    FromAttributes(Vec<Vec<u8>>, Vec<u8>),
    /// With the numbers and names of their groups.
    ToAttributes(Vec<(Regex, Groups)>),
    Replace(Regex, Template),
    Fixed(Vec<u8>),
}

impl Naming {
    pub(super) fn new(naming: &shape::Naming) -> Result<Naming, regex::Error> {
        Ok(match naming {
            shape::Naming::FromAttributes { keys, separator } => {
                let keys = keys.iter().map(|key| key.clone().into_bytes()).collect();
                Naming::FromAttributes(keys, separator.clone().into())
            }
            shape::Naming::ToAttributes { patterns } => {
                let pattern = |pattern: &String| {
                    let regex = compile(pattern)?;
                    let groups = groups(&regex);
                    Ok((regex, groups))
                };
                Naming::ToAttributes(patterns.iter().map(pattern).collect::<Result<_, regex::Error>>()?)
            }
            shape::Naming::Replace { pattern, replace } => {
                let regex = compile(pattern)?;
                let template = Template::new(replace, &regex);
                Naming::Replace(regex, template)
            }
            shape::Naming::Fixed(text) => Naming::Fixed(text.clone().into()),
        })
    }

    /// Whether only the name itself is needed, and changed.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Naming::Replace(..) | Naming::Fixed(_))
    }

    pub(super) fn apply(&self, draft: &mut Draft<'_>) {
        match self {
            Naming::FromAttributes(keys, separator) => {
                if let Some(text) = joined(&draft.attributes, keys, separator) {
                    draft.rename(text);
                }
            }
            Naming::ToAttributes(patterns) => {
                for (pattern, groups) in patterns {
                    to_attributes(draft, pattern, groups);
                }
            }
            Naming::Replace(pattern, template) => {
                let text = draft.text.as_deref().and_then(|text| template.replace_all(pattern, text));
                if let Some(text) = text {
                    draft.rename(text);
                }
            }
            Naming::Fixed(text) => draft.rename(text.clone()),
        }
    }
}

/// The first match alone. A group inside another is told, too; the outer one takes its place in the text.
fn to_attributes(draft: &mut Draft<'_>, pattern: &Regex, groups: &Groups) {
    let Some(text) = draft.text.as_deref() else { return };
    let Some(captures) = pattern.captures(text) else { return };
    let mut made = Vec::with_capacity(text.len());
    let mut found = Vec::new();
    let mut end = 0;
    for (number, name) in groups {
        let Some(group) = captures.get(*number) else { continue };
        found.push((name, text_value(group.as_bytes())));
        if group.start() >= end {
            made.extend_from_slice(text.get(end..group.start()).unwrap_or_default());
            made.push(b'{');
            made.extend_from_slice(name);
            made.push(b'}');
            end = group.end();
        }
    }
    made.extend_from_slice(text.get(end..).unwrap_or_default());
    cut(&mut made, text.len().max(LONGEST));
    found.into_iter().for_each(|(name, value)| draft.attributes.put(name, value.into()));
    draft.rename(made);
}
