//! How a name or a body is made anew: the sections `name` and `body`.

use super::fields::{Fields, Style};
use super::pattern;
use crate::settings::file::tree::Node;
use crate::settings::shape::Naming;

/// Reads the section; several ways are taken one after the other.
pub(super) fn namings(style: Style<'_>, path: &str, node: &Node) -> Vec<Naming> {
    let Some(fields) = Fields::of(style, path, node) else { return Vec::new() };
    let mut namings = Vec::new();
    let keys: Vec<String> = fields.texts("fromAttributes").into_iter().map(|(key, _)| key).collect();
    let separator = fields.text("separator").map(|(text, _)| text).unwrap_or_default();
    if !keys.is_empty() {
        namings.push(Naming::FromAttributes { keys, separator });
    }
    if let Some(node) = fields.get("toAttributes")
        && let Some(inner) = Fields::of(style, &fields.path("toAttributes"), node)
    {
        let rules = inner.literals("rules");
        if rules.is_empty() {
            inner.missing("rules");
        }
        let mut patterns = Vec::new();
        for (rule, place) in rules {
            if let Some(regex) = pattern::check(&inner, "rules", &rule, place) {
                if regex.capture_names().flatten().next().is_none() {
                    let what = format!("{} has no named group, and changes nothing", inner.path("rules"));
                    inner.warn(place, what, "write (?<name>...): the group's name is that of the attribute");
                }
                patterns.push(rule);
            }
        }
        inner.finish();
        namings.push(Naming::ToAttributes { patterns });
    }
    if let Some(node) = fields.get("replace")
        && let Some(inner) = Fields::of(style, &fields.path("replace"), node)
    {
        match (inner.literal("pattern"), inner.literal("replace")) {
            (Some((pattern, place)), Some((replace, at))) => {
                if let Some(regex) = pattern::check(&inner, "pattern", &pattern, place) {
                    pattern::check_replacement(&inner, "replace", &regex, &replace, at);
                    namings.push(Naming::Replace { pattern, replace });
                }
            }
            (None, _) => inner.missing("pattern"),
            (_, None) => inner.missing("replace"),
        }
        inner.finish();
    }
    if let Some((text, _)) = fields.text("fixed") {
        namings.push(Naming::Fixed(text));
    }
    if namings.is_empty() {
        fields.missing("fromAttributes, toAttributes, replace or fixed");
    }
    fields.finish();
    namings
}
