//! Every key of both vocabularies as Markdown tables; those of the documentation are these.

use super::schema::{Becomes, Form, Key};
use super::{declarative, insights};
use std::fmt::Write;

/// The tables, each under its heading.
pub fn reference() -> String {
    let mut text = String::new();
    for (heading, keys, prefixes) in [
        ("OpenTelemetry's declarative configuration", declarative::keys::KEYS, declarative::keys::PREFIXES),
        ("applicationinsights.json", insights::keys::KEYS, &[] as &[_]),
    ] {
        let _ = write!(text, "### {heading}\n\n");
        for (name, heads) in prefixes {
            let heads: Vec<String> = heads.iter().map(|head| format!("`{head}`")).collect();
            let _ = writeln!(text, "`{name}` stands for {}.", heads.join(", "));
        }
        if !prefixes.is_empty() {
            text.push('\n');
        }
        text.push_str("| Key | Value | Becomes |\n| --- | --- | --- |\n");
        keys.iter().for_each(|key| text.push_str(&row(key)));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn row(key: &Key) -> String {
    let form = match key.form {
        Form::Text => "text".to_owned(),
        Form::Bool => "true, false".to_owned(),
        Form::Int => "whole number".to_owned(),
        Form::Number => "number".to_owned(),
        Form::Words => "list of texts".to_owned(),
        Form::Choice(words) if words.len() > 8 => "a level".to_owned(),
        Form::Choice(words) => words.join(", "),
        Form::Section => "keys".to_owned(),
        Form::Free => "any".to_owned(),
    };
    let becomes = match key.becomes {
        Becomes::Variable(name) => format!("`{name}`"),
        Becomes::OnOff(name) => format!("`{name}`, on or off"),
        Becomes::Seconds(name) => format!("`{name}`, in milliseconds"),
        Becomes::Own(what) => what.to_owned(),
        Becomes::Nothing { why, .. } => format!("without effect: {why}"),
    };
    let cells = [format!("`{}`", key.path), form, becomes];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::table;

    #[test]
    fn every_variable_is_a_setting() {
        for key in declarative::keys::KEYS.iter().chain(insights::keys::KEYS) {
            let (Becomes::Variable(name) | Becomes::OnOff(name) | Becomes::Seconds(name)) = key.becomes
            else {
                continue;
            };
            for signal in ["TRACES", "METRICS", "LOGS"] {
                let name = name.replace("{S}", signal);
                assert!(table::find(&name).is_some(), "{}: {name}", key.path);
            }
        }
    }

    #[test]
    fn no_key_is_there_twice() {
        for keys in [declarative::keys::KEYS, insights::keys::KEYS] {
            let mut seen = std::collections::HashSet::new();
            for key in keys {
                assert!(seen.insert(key.path), "{}", key.path);
            }
        }
    }
}
