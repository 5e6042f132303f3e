//! `--excluded_urls`: what `OTEL_PYTHON_EXCLUDED_URLS` is for Python, for every language.

use super::{drop_tree, pattern};
use crate::error::Error;
use crate::process::select;
use crate::settings::notes::Notes;
use crate::settings::origin::Layers;
use crate::settings::shape::{Processor, Selector, SpanKind};

const VARIABLE: &str = "OTEL_PYTHON_EXCLUDED_URLS";

/// Requests, received or sent, in whose URL one of the patterns is found.
pub(super) fn processor(patterns: &[String], layers: &Layers, notes: &mut Notes) -> Option<Processor> {
    let mut good = Vec::new();
    for text in patterns {
        match select::compile(text) {
            Ok(_) => good.push(pattern(text)),
            Err(_) => notes.warn(
                Error::usage(format!("{VARIABLE}: {text:?} is no regular expression that otel-run knows, and was dropped"))
                    .from(layers.origin(VARIABLE))
                    .hint("patterns are matched in linear time, without look-around and back-references; commas divide them"),
            ),
        }
    }
    let include =
        Selector { urls: good, kinds: vec![SpanKind::Server, SpanKind::Client], ..Selector::default() };
    (!include.urls.is_empty()).then(|| drop_tree("--excluded_urls", include, None))
}
