//! Attributes that were found out about where the program runs, added to every resource that lacks them.
//!
//! What comes keeps its own: whatever a resource says, it says. Equal resources, by their bytes, are looked
//! at once; no item is.

use crate::otlp::append::append;
use crate::otlp::view::Resource;
use crate::otlp::{Batch, Signal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most resources that are remembered, and the longest of them in bytes. Others are looked at each time.
const MOST: usize = 512;
const LONGEST: usize = 16 << 10;

/// An old and a new name of the same attribute: who has one needs not the other.
const RENAMED: [(&str, &str); 1] = [("deployment.environment.name", "deployment.environment")];

/// Completes resources; shared by all that hands on.
#[derive(Debug, Default)]
pub struct Enrichment(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Keys, each with its encoded field.
    attributes: Vec<(&'static str, Vec<u8>)>,
    /// By the bytes of the resource; nothing to add is remembered as well.
    known: HashMap<Box<[u8]>, Option<Arc<[u8]>>>,
    /// The same for metrics, before everything was found: a series is known by its resource, and keeps it.
    series: HashMap<Box<[u8]>, Option<Arc<[u8]>>>,
    settled: bool,
}

impl Enrichment {
    /// What is known from now on: keys, each with its encoded field. `settled`: it is all that will be.
    pub fn set(&self, attributes: Vec<(&'static str, Vec<u8>)>, settled: bool) {
        let mut state = self.state();
        state.attributes = attributes;
        state.known.clear();
        state.settled = settled;
    }

    /// The batch with what its resources lack. Itself when they lack nothing.
    pub fn complete(&self, batch: &Batch) -> Batch {
        let mut state = self.state();
        if state.attributes.is_empty() {
            return batch.clone();
        }
        match append(batch.bytes(), |resource| state.missing(batch.signal(), resource)) {
            Ok(Some(longer)) => batch.with_bytes(longer.into()),
            // What cannot be read stays as it came.
            Ok(None) | Err(_) => batch.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn missing(&mut self, signal: Signal, resource: &[u8]) -> Option<Arc<[u8]>> {
        let of_series = (signal == Signal::Metrics).then(|| self.series.get(resource)).flatten();
        if let Some(known) = of_series.or_else(|| self.known.get(resource)) {
            return known.clone();
        }
        let missing = self.compare(resource);
        if resource.len() <= LONGEST {
            let into = match signal == Signal::Metrics && !self.settled {
                true => &mut self.series,
                false => &mut self.known,
            };
            if into.len() >= MOST {
                into.clear();
            }
            into.insert(resource.into(), missing.clone());
        }
        missing
    }

    fn compare(&self, resource: &[u8]) -> Option<Arc<[u8]>> {
        let present = Resource::read(resource).ok()?.attributes;
        let renamed = |key: &str| RENAMED.iter().any(|(new, old)| *new == key && present.get(old).is_some());
        let lacking = self.attributes.iter().filter(|(key, _)| present.get(key).is_none() && !renamed(key));
        let fields: Vec<u8> = lacking.flat_map(|(_, field)| field.iter().copied()).collect();
        (!fields.is_empty()).then(|| fields.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::view::{Value, groups};
    use crate::otlp::write::{put_bytes, put_message, put_text_attribute};

    fn field(key: &'static str, value: &str) -> (&'static str, Vec<u8>) {
        let mut field = Vec::new();
        put_text_attribute(&mut field, 1, key, value.as_bytes());
        (key, field)
    }

    fn batch(signal: Signal, resource: &[(&'static str, &str)]) -> Batch {
        let mut request = Vec::new();
        put_message(&mut request, 1, |out| {
            let resource: Vec<u8> = resource.iter().flat_map(|(key, value)| field(key, value).1).collect();
            put_bytes(out, 1, &resource);
            // A scope with one item of nothing.
            put_message(out, 2, |out| put_bytes(out, 2, b""));
        });
        Batch::from_protobuf(signal, request.into()).unwrap()
    }

    fn told(batch: &Batch) -> Vec<(String, String)> {
        let resource = groups(batch.bytes()).next().unwrap().resource().unwrap();
        let pair = |(key, value): (&str, &Value<'_>)| {
            (key.to_owned(), value.as_text().unwrap_or_default().to_owned())
        };
        resource.attributes.iter().map(|(key, value)| pair((key, value))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_a_resource_says_it_says() {
        let enrichment = Enrichment::default();
        let said = [("service.name", "shop"), ("host.name", "mine"), ("deployment.environment", "test")];
        let before = batch(Signal::Traces, &said);
        assert_eq!(enrichment.complete(&before).bytes(), before.bytes(), "nothing is known yet");
        let found = [("host.name", "h"), ("cloud.region", "r"), ("deployment.environment.name", "slot")];
        enrichment.set(found.map(|(key, value)| field(key, value)).into(), false);
        for _ in 0..2 {
            let complete = enrichment.complete(&before);
            assert_eq!(told(&complete), pairs(&[&said[..], &[("cloud.region", "r")]].concat()));
            assert_eq!(complete.items(), 1);
        }
        // Complete already: the very same bytes.
        let all = batch(Signal::Logs, &found);
        assert_eq!(enrichment.complete(&all).bytes().as_ptr(), all.bytes().as_ptr());
    }

    #[test]
    fn series_keep_their_resource_and_others_learn_more() {
        let enrichment = Enrichment::default();
        enrichment.set(vec![field("host.name", "h")], false);
        let of = |signal, name| batch(signal, &[("service.name", name)]);
        let early = enrichment.complete(&of(Signal::Metrics, "early"));
        let _ = enrichment.complete(&of(Signal::Traces, "early"));
        enrichment.set(vec![field("host.name", "h"), field("cloud.region", "r")], true);
        assert_eq!(told(&early), told(&enrichment.complete(&of(Signal::Metrics, "early"))));
        let more = pairs(&[("service.name", "early"), ("host.name", "h"), ("cloud.region", "r")]);
        assert_eq!(told(&enrichment.complete(&of(Signal::Traces, "early"))), more);
        assert_eq!(told(&enrichment.complete(&of(Signal::Metrics, "late"))).len(), 3);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let enrichment = Enrichment::default();
        enrichment.set(vec![field("host.name", "h")], true);
        for number in 0..3 * MOST {
            let complete = enrichment.complete(&batch(Signal::Logs, &[("n", &number.to_string())]));
            assert_eq!(told(&complete).len(), 2);
        }
        let _ = enrichment.complete(&batch(Signal::Logs, &[("n", &"x".repeat(LONGEST))]));
        let state = enrichment.state();
        assert!(state.known.len() <= MOST && state.known.keys().all(|key| key.len() <= LONGEST));
    }
}
