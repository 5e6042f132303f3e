//! What a resource contributes to each of its items: written once, used thousands of times.

mod cache;
mod properties;
mod role;
mod version;

pub(super) use cache::Cache;
pub(in crate::export::azure) use properties::Properties;

use crate::environment::Environment;
use crate::export::azure::json;
use crate::otlp::view::{Group, Resource, Value};
use crate::settings::AzureSettings;

/// The tags and properties of a resource.
#[derive(Debug, Default)]
pub struct Context {
    /// Members of the JSON object `tags`, without its braces.
    pub tags: Vec<u8>,
    /// `ai.cloud.role`.
    pub role: String,
    /// `ai.cloud.roleInstance`.
    pub instance: String,
    /// Attributes of the resource that every item carries.
    pub(in crate::export::azure) properties: Properties,
}

/// Where we run, for resources that do not say where they do.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The name of an App Service or a function app.
    site: String,
    /// The instance of an App Service, else the name of the machine.
    instance: String,
}

impl Place {
    pub(super) fn here() -> Place {
        let environment = Environment::current();
        let named = |name| environment.setting(name).map(str::to_owned);
        let machine = || nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Place {
            site: named("WEBSITE_SITE_NAME").unwrap_or_default(),
            instance: named("WEBSITE_INSTANCE_ID").or_else(machine).unwrap_or_default(),
        }
    }
}

impl Context {
    fn of(group: &Group<'_>, settings: &AzureSettings, place: &Place) -> Context {
        let resource = group.resource().unwrap_or_default();
        let role = role::name(&resource, place);
        let instance = role::instance(&resource, settings.instance_is_given, place);
        let mut tags = Vec::new();
        for (name, value, limit) in [
            ("ai.cloud.role", role.as_str(), 256),
            ("ai.cloud.roleInstance", &instance, 256),
            ("ai.internal.nodeName", &instance, 256),
            ("ai.internal.sdkVersion", &version::of(&resource), 64),
            ("ai.application.ver", text(&resource, "service.version"), 1024),
            ("ai.device.id", text(&resource, "device.id"), 1024),
            ("ai.device.model", text(&resource, "device.model.name"), 256),
            ("ai.device.oemName", text(&resource, "device.manufacturer"), 256),
        ] {
            if !value.is_empty() {
                tags.extend_from_slice(if tags.is_empty() { b"\"" } else { b",\"" });
                tags.extend_from_slice(name.as_bytes());
                tags.extend_from_slice(b"\":");
                json::text_cut(&mut tags, value, limit);
            }
        }
        let properties = Properties::of(&resource, &settings.resource_attributes);
        Context { tags, role, instance, properties }
    }
}

fn text<'a>(resource: &'a Resource<'_>, key: &str) -> &'a str {
    resource.attributes.get(key).and_then(Value::as_text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
