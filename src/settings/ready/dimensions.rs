//! `--custom_dimension`: attributes that every item gets, unless it has them.

use super::ITEMS;
use crate::error::Error;
use crate::settings::notes::Notes;
use crate::settings::origin::Layers;
use crate::settings::pairs;
use crate::settings::shape::{AttributeAction, Change, Keys, Processor, Scalar, Source, Work};

const VARIABLE: &str = "OTEL_RUN_CUSTOM_DIMENSION";

pub(super) fn processor(list: &str, layers: &Layers, notes: &mut Notes) -> Option<Processor> {
    let read = pairs::parse(list);
    notes.bad_pairs(VARIABLE, &layers.origin(VARIABLE), &read.bad);
    let mut actions = Vec::new();
    for (key, value) in read.good {
        match substituted(&value, |name| layers.environment.get(name)?.to_str().map(str::to_owned)) {
            Ok(text) => actions.push(AttributeAction {
                keys: Keys::Exact(key),
                change: Change::Insert(Source::Value(Scalar::Text(text))),
            }),
            Err(name) => notes.warn(
                Error::usage(format!("{VARIABLE}: {key} was dropped: {name} is not set"))
                    .from(layers.origin(VARIABLE))
                    .hint(format!("set {name}, or write ${{{name}:-default}}")),
            ),
        }
    }
    (!actions.is_empty()).then(|| Processor {
        name: "--custom_dimension".to_owned(),
        items: ITEMS.to_vec(),
        include: None,
        exclude: None,
        work: Work::Attributes(actions),
    })
}

/// `${NAME}` and `${NAME:-default}` are replaced, once. Fails with the name of a variable that is not set.
fn substituted(text: &str, get: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, behind)) = after.split_once('}') else { break };
        made.push_str(before);
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let value = get(name).filter(|value| !value.is_empty());
        made.push_str(&value.or(default.map(str::to_owned)).ok_or_else(|| name.to_owned())?);
        rest = behind;
    }
    made.push_str(rest);
    Ok(made)
}
