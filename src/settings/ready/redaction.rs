//! `--redact`: what is known to be secret is taken out before anything else is done.

use super::ITEMS;
use crate::error::Error;
use crate::settings::kind::quoted;
use crate::settings::notes::Notes;
use crate::settings::origin::Layers;
use crate::settings::shape::{Item, Processor, Redaction, RedactionKind, Work};
use crate::settings::suggest;

const VARIABLE: &str = "OTEL_RUN_REDACT";
const ALL: &str = "all";

pub(super) fn redaction(words: &[String], layers: &Layers, notes: &mut Notes) -> Vec<Processor> {
    let mut kinds = Vec::new();
    for word in words {
        let word = word.to_lowercase();
        let known = RedactionKind::ALL.into_iter().filter(|kind| word == ALL || word == kind.name());
        let before = kinds.len();
        for kind in known {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let is_known = word == ALL || RedactionKind::ALL.iter().any(|kind| kind.name() == word);
        if kinds.len() == before && !is_known {
            let names = RedactionKind::ALL.map(RedactionKind::name);
            let near = suggest::nearest(&word, names).map(|near| format!("did you mean {near}? "));
            // Whoever misspells it must not believe that it is done.
            notes.warn(
                Error::usage(format!("{VARIABLE}: {} is nothing that otel-run can redact", quoted(&word)))
                    .from(layers.origin(VARIABLE))
                    .hint(format!("{}known: {}, {ALL}", near.unwrap_or_default(), names.join(", "))),
            );
        }
    }
    processor("--redact", kinds).into_iter().collect()
}

/// Of every item, and of resources.
pub(super) fn processor(name: &str, kinds: Vec<RedactionKind>) -> Option<Processor> {
    let items = ITEMS.into_iter().chain([Item::Resource]).collect();
    (!kinds.is_empty()).then(|| Processor {
        name: name.to_owned(),
        items,
        include: None,
        exclude: None,
        work: Work::Redact(Redaction { kinds, patterns: Vec::new() }),
    })
}
