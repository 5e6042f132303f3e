//! What a resource contributes to each of its items: written once, used thousands of times.

use crate::export::azure::json;
use crate::otlp::view::{Group, Value};
use crate::settings::AzureSettings;

/// The tags of a resource.
#[derive(Debug, Default)]
pub struct Context {
    /// Members of the JSON object `tags`, without its braces.
    pub tags: Vec<u8>,
    /// `ai.cloud.role`.
    pub role: String,
    /// `ai.cloud.roleInstance`.
    pub instance: String,
}

/// The context of the resource seen last: batches of one process repeat it.
#[derive(Debug, Default)]
pub(super) struct Cache {
    resource: Vec<u8>,
    context: Option<Context>,
}

impl Cache {
    pub(super) fn of(&mut self, group: &Group<'_>, settings: &AzureSettings) -> &Context {
        let bytes = group.resource_bytes();
        if self.resource != bytes {
            self.context = None;
            self.resource = bytes.to_vec();
        }
        self.context.get_or_insert_with(|| Context::of(group, settings))
    }
}

impl Context {
    fn of(group: &Group<'_>, _settings: &AzureSettings) -> Context {
        let resource = group.resource().unwrap_or_default();
        let text = |key: &str| resource.attributes.get(key).and_then(Value::as_text).unwrap_or_default();
        let role = match (text("service.namespace"), text("service.name")) {
            ("", name) => name.to_owned(),
            (namespace, name) => format!("{namespace}.{name}"),
        };
        let instance = text("service.instance.id").to_owned();
        let mut tags = Vec::new();
        for (name, value) in [("ai.cloud.role", &role), ("ai.cloud.roleInstance", &instance)] {
            if !value.is_empty() {
                tags.extend_from_slice(if tags.is_empty() { b"\"" } else { b",\"" });
                tags.extend_from_slice(name.as_bytes());
                tags.extend_from_slice(b"\":");
                json::text_cut(&mut tags, value, 256);
            }
        }
        Context { tags, role, instance }
    }
}
