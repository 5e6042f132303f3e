//! Resources and instrumentation scopes: the same in all three signals.

use super::value::Attributes;
use super::{bytes, messages, text};
use crate::otlp::wire::{Fields, WireError};
use std::borrow::Cow;

/// What one resource sent: `ResourceSpans`, `ResourceLogs` or `ResourceMetrics`.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    message: &'a [u8],
}

/// What one scope sent: `ScopeSpans`, `ScopeLogs` or `ScopeMetrics`.
#[derive(Clone, Copy, Debug)]
pub struct ScopeGroup<'a> {
    message: &'a [u8],
}

/// The groups of a request.
pub fn groups(request: &[u8]) -> impl Iterator<Item = Group<'_>> {
    messages(request, 1).map(|message| Group { message })
}

impl<'a> Group<'a> {
    /// The resource as its bytes: equal bytes are the same resource.
    pub fn resource_bytes(&self) -> &'a [u8] {
        messages(self.message, 1).next().unwrap_or_default()
    }

    pub fn resource(&self) -> Result<Resource<'a>, WireError> {
        Resource::read(self.resource_bytes())
    }

    pub fn scopes(&self) -> impl Iterator<Item = ScopeGroup<'a>> + use<'a> {
        messages(self.message, 2).map(|message| ScopeGroup { message })
    }
}

impl<'a> ScopeGroup<'a> {
    pub fn scope(&self) -> Result<Scope<'a>, WireError> {
        Scope::read(self.scope_bytes())
    }

    /// The scope as its bytes.
    pub fn scope_bytes(&self) -> &'a [u8] {
        messages(self.message, 1).next().unwrap_or_default()
    }

    /// The messages of the items, for `Span::read`, `LogRecord::read` or `Metric::read`.
    pub fn items(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        messages(self.message, 2)
    }
}

/// Who sent it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource<'a> {
    pub attributes: Attributes<'a>,
}

impl<'a> Resource<'a> {
    pub fn read(message: &'a [u8]) -> Result<Resource<'a>, WireError> {
        let mut resource = Resource::default();
        for attribute in messages(message, 1) {
            resource.attributes.push(attribute)?;
        }
        Ok(resource)
    }
}

/// `InstrumentationScope`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope<'a> {
    pub name: Cow<'a, str>,
    pub version: Cow<'a, str>,
    pub attributes: Attributes<'a>,
}

impl<'a> Scope<'a> {
    pub fn read(message: &'a [u8]) -> Result<Scope<'a>, WireError> {
        let mut fields = Fields::new(message);
        let mut scope = Scope::default();
        while let Some((number, value)) = fields.next_field()? {
            match number {
                1 => scope.name = text(1, value)?,
                2 => scope.version = text(2, value)?,
                3 => scope.attributes.push(bytes(3, value)?)?,
                _ => {}
            }
        }
        Ok(scope)
    }
}
