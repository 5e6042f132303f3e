//! What was counted, apart for each role and instance.

use super::counters::Counters;
use super::standard::Standard;
use crate::export::azure::json::cut;
use crate::export::azure::map::{Cache, Context};
use crate::otlp::view::Group;
use crate::settings::AzureSettings;

/// Most roles and instances: worker processes may be one each.
const MOST: usize = 250;
/// Longest resource, in bytes: it is kept.
const LONGEST: usize = 64 * 1024;
/// Longest name of a role and of an instance, in UTF-16 units, as in their tags.
const NAME: usize = 256;
/// A role that is silent for so many intervals is over.
const OVER: u32 = 60;

/// One role and instance.
#[derive(Debug)]
pub(super) struct Role {
    /// Its tags, by which it is known.
    tags: Vec<u8>,
    /// A resource that has these tags, in protobuf.
    pub(super) resource: Vec<u8>,
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) standard: Standard,
    pub(super) counters: Counters,
    /// Intervals since it was last heard of.
    silent: u32,
}

impl Role {
    fn new(group: &Group<'_>, context: &Context) -> Role {
        Role {
            tags: context.tags.clone(),
            resource: group.resource_bytes().to_vec(),
            name: cut(&context.role, NAME).to_owned(),
            instance: cut(&context.instance, NAME).to_owned(),
            standard: Standard::default(),
            counters: Counters::default(),
            silent: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.standard.is_empty() && self.counters.is_empty()
    }
}

/// All roles that are heard of.
#[derive(Debug)]
pub(super) struct Roles {
    contexts: Cache,
    each: Vec<Role>,
}

impl Roles {
    pub(super) fn new() -> Roles {
        Roles { contexts: Cache::here(), each: Vec::new() }
    }

    /// The role of a group. `None`: there are too many in this interval, or its resource is too long.
    pub(super) fn of(&mut self, group: &Group<'_>, settings: &AzureSettings) -> Option<&mut Role> {
        if group.resource_bytes().len() > LONGEST {
            return None;
        }
        let context = self.contexts.of(group, settings);
        let place = match self.each.iter().position(|role| role.tags == context.tags) {
            Some(place) => place,
            None => {
                if self.each.len() >= MOST {
                    self.each.swap_remove(self.each.iter().position(Role::is_empty)?);
                }
                self.each.push(Role::new(group, context));
                self.each.len() - 1
            }
        };
        let role = self.each.get_mut(place)?;
        role.silent = 0;
        Some(role)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Role> {
        self.each.iter_mut()
    }

    /// An interval is over.
    pub(super) fn age(&mut self) {
        self.each.retain_mut(|role| {
            role.silent += 1;
            role.silent <= OVER
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }
}
