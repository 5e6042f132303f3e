//! `otel-run settings --effective`: what holds, where it came from, and the rules that telemetry goes through.

use super::Launch;
use crate::plain::Plain;
use crate::settings::shape::{
    AttributeAction, Change, Keys, Naming, Processor, Rate, SamplingOverride, Source, Work,
};
use crate::settings::{Origin, Value};
use serde::Serialize;
use serde_json::{Map, json};
use std::fmt::Write;

/// Longest value that the text shows.
const LONGEST: usize = 200;

/// The report as text: what somebody has said or otel-run has chosen; everything else is at its default.
pub(super) fn text(launch: &Launch) -> String {
    let mut text = String::from("Settings\n");
    for value in launch.explained.iter().filter(|value| is_said(value)) {
        line(&mut text, value.entry.variable, &value.value, &why(value));
    }
    let further: Vec<_> = launch.explained.further().collect();
    if !further.is_empty() {
        text.push_str("\nFurther variables of the program\n");
        for further in further {
            line(&mut text, &further.name, &further.value, &further.origin.to_string());
        }
    }
    let shape = &launch.settings.shape;
    section(
        &mut text,
        "Processors",
        shape.processors.iter().map(|each| (each.name.clone(), processor(each))),
    );
    let overrides = shape.sampling.overrides.iter().map(|each| (each.name.clone(), sampling(each)));
    section(&mut text, "Sampling overrides", overrides);
    for (index, warning) in launch.warnings.iter().enumerate() {
        text.push_str(if index == 0 { "\nWarnings\n" } else { "" });
        for (number, line) in warning.lines().enumerate() {
            let _ = writeln!(text, "  {}{}", if number == 0 { "" } else { "  " }, shortened(line.trim()));
        }
    }
    text
}

/// The same as JSON, with all settings.
pub(super) fn json(launch: &Launch) -> String {
    let settings: Vec<_> = launch
        .explained
        .iter()
        .map(|value| {
            json!({
                "variable": value.entry.variable,
                "flag": value.entry.flag,
                "value": value.value,
                "origin": value.origin,
                "because": value.because,
            })
        })
        .collect();
    let further: Vec<_> = launch
        .explained
        .further()
        .map(|each| json!({ "variable": each.name, "value": each.value, "origin": each.origin }))
        .collect();
    let shape = &launch.settings.shape;
    let report = json!({
        "settings": settings,
        "further": further,
        "processors": shape.processors,
        "sampling": shape.sampling,
        "warnings": launch.warnings,
    });
    format!("{report:#}\n")
}

fn is_said(value: &Value) -> bool {
    value.origin != Origin::Default || value.because.is_some()
}

fn why(value: &Value) -> String {
    match &value.because {
        Some(because) => format!("because {because}"),
        None => value.origin.to_string(),
    }
}

fn line(text: &mut String, name: &str, value: &str, from: &str) {
    let _ = writeln!(text, "  {} = {}  ({})", Plain(name), shortened(value), shortened(from));
}

fn section(text: &mut String, heading: &str, lines: impl Iterator<Item = (String, String)>) {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = write!(text, "\n{heading}\n");
    for (name, what) in lines {
        let _ = writeln!(text, "  {}\n      {}", Plain(name), shortened(&what));
    }
}

fn shortened(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    let more = if text.chars().nth(LONGEST).is_some() { "..." } else { "" };
    format!("{}{more}", Plain(short))
}

/// What a processor does, to what.
fn processor(processor: &Processor) -> String {
    let work = match &processor.work {
        Work::Attributes(actions) => actions.iter().map(action).collect::<Vec<_>>().join(", "),
        Work::Name(naming) => naming_of(naming),
        Work::Redact(redaction) => format!("redact {}", compact(redaction)),
        other => compact(other).trim_matches('"').to_lowercase(),
    };
    let items = compact(&processor.items).replace(['[', ']', '"'], "").replace(',', ", ");
    let mut text = format!("{work} of {items}");
    for (word, selector) in [("with", &processor.include), ("but", &processor.exclude)] {
        if let Some(selector) = selector {
            let _ = write!(text, " {word} {}", compact(selector));
        }
    }
    text
}

fn action(action: &AttributeAction) -> String {
    let key = match &action.keys {
        Keys::Exact(key) => key.clone(),
        Keys::Pattern(pattern) => format!("/{pattern}/"),
    };
    let source = |source: &Source| match source {
        Source::Value(value) => compact(value),
        Source::Attribute(key) => format!("attribute {key}"),
        Source::Resource(key) => format!("resource {key}"),
    };
    match &action.change {
        Change::Insert(from) => format!("insert {key} from {}", source(from)),
        Change::Update(from) => format!("update {key} from {}", source(from)),
        Change::Upsert(from) => format!("upsert {key} from {}", source(from)),
        Change::Delete => format!("delete {key}"),
        Change::Hash => format!("hash {key}"),
        Change::Extract { pattern } => format!("extract {pattern} from {key}"),
        Change::Mask { pattern, replace } => format!("mask {pattern} in {key} by {replace}"),
        Change::Rename { to } => format!("rename {key} to {to}"),
    }
}

fn naming_of(naming: &Naming) -> String {
    match naming {
        Naming::FromAttributes { keys, .. } => format!("name from {}", keys.join(", ")),
        Naming::ToAttributes { patterns } => format!("name to attributes by {}", patterns.join(", ")),
        Naming::Replace { pattern, replace } => format!("replace {pattern} by {replace} in the name"),
        Naming::Fixed(text) => format!("name {text:?}"),
    }
}

fn sampling(rule: &SamplingOverride) -> String {
    let rate = match rule.rate {
        Rate::Percentage(percentage) => format!("{percentage} %"),
        Rate::PerSecond(rate) => format!("{rate} per second"),
    };
    let kind = rule.telemetry.map_or("everything".to_owned(), |kind| compact(&kind).replace('"', ""));
    format!("{rate} of {kind} with {}", compact(&rule.selector))
}

/// JSON without what is empty, and without the outer braces of a single word.
fn compact(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    pruned(value).map(|value| value.to_string()).unwrap_or_default()
}

fn pruned(value: serde_json::Value) -> Option<serde_json::Value> {
    use serde_json::Value;
    match value {
        Value::Null => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => Some(values.into_iter().filter_map(pruned).collect()),
        Value::Object(fields) => {
            if let Some(word) = word(&fields) {
                return Some(Value::String(word));
            }
            let fields: Map<_, _> =
                fields.into_iter().filter_map(|(name, value)| Some((name, pruned(value)?))).collect();
            Some(Value::Object(fields))
        }
        other => Some(other),
    }
}

/// Texts and durations as one reads them.
fn word(fields: &Map<String, serde_json::Value>) -> Option<String> {
    if let (Some(secs), Some(nanos)) = (fields.get("secs"), fields.get("nanos")) {
        return Some(format!("{} s", secs.as_f64()? + nanos.as_f64()? / 1e9));
    }
    let (name, text) = fields.iter().next().filter(|_| fields.len() == 1)?;
    match name.as_str() {
        "Exact" | "Text" => text.as_str().map(str::to_owned),
        "Pattern" => Some(format!("/{}/", text.as_str()?)),
        "WholePattern" => Some(format!("/^({})$/", text.as_str()?)),
        "Int" | "Double" | "Bool" => Some(text.to_string()),
        _ => None,
    }
}
