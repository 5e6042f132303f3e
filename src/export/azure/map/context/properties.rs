//! Attributes of a resource as properties of its items.

use crate::export::azure::envelope::{Envelope, KEY};
use crate::export::azure::json::{self, cut};
use crate::export::azure::map::value;
use crate::otlp::view::{Attributes, Resource};
use crate::settings::ResourceAttributes;

/// What one looks for when one looks at an item: which stage, which place.
const USEFUL: [&str; 6] = [
    "deployment.environment.name",
    "deployment.environment",
    "service.namespace",
    "cloud.region",
    "container.id",
    "host.name",
];

/// Properties that are written already.
#[derive(Debug, Default)]
pub(in crate::export::azure) struct Properties {
    /// Key and `"key":"value"`.
    each: Vec<(String, Vec<u8>)>,
    /// All of them, with commas in between.
    all: Vec<u8>,
    /// One bit for each key, to know quickly that an item has none of them.
    marks: u64,
}

impl Properties {
    pub(super) fn of(resource: &Resource<'_>, wanted: &ResourceAttributes) -> Properties {
        let mut properties = Properties::default();
        for (key, value) in resource.attributes.iter().filter(|(key, _)| wants(wanted, key)) {
            let text = value::text(value);
            let too_long = cut(key, KEY).len() < key.len();
            if key.is_empty()
                || too_long
                || text.is_empty()
                || properties.each.iter().any(|(known, _)| known == key)
            {
                continue;
            }
            let mut member = Vec::new();
            json::text(&mut member, key);
            member.push(b':');
            json::text_cut(&mut member, &text, crate::export::azure::envelope::VALUE);
            if !properties.all.is_empty() {
                properties.all.push(b',');
            }
            properties.all.extend_from_slice(&member);
            properties.marks |= mark(key);
            properties.each.push((key.to_owned(), member));
        }
        properties
    }

    /// Writes them into the properties of an item. Its own attributes of the same names win.
    pub(in crate::export::azure) fn write(&self, envelope: &mut Envelope<'_>, own: &Attributes<'_>) {
        if own.iter().all(|(key, _)| self.marks & mark(key) == 0) {
            envelope.members(&self.all);
            return;
        }
        for (key, member) in &self.each {
            if own.get(key).is_none() {
                envelope.members(member);
            }
        }
    }
}

fn wants(wanted: &ResourceAttributes, key: &str) -> bool {
    match wanted {
        ResourceAttributes::None => false,
        ResourceAttributes::All => true,
        ResourceAttributes::Useful => {
            USEFUL.contains(&key) || (key.starts_with("k8s.") && key.ends_with(".name"))
        }
        ResourceAttributes::List(names) => names.iter().any(|name| name == key),
    }
}

/// The bit of a key: of its length and its last character.
fn mark(key: &str) -> u64 {
    let last = key.as_bytes().last().copied().unwrap_or_default();
    1 << ((key.len() * 7 + usize::from(last)) % 64)
}
