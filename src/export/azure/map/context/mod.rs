//! What a resource contributes to each of its items: written once, used thousands of times.

mod cache;
mod properties;
mod role;
mod version;

pub(in crate::export::azure) use cache::Cache;
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
    /// Tags that the resource gives to its items, by their names: attributes of these names.
    given: Vec<(&'static str, String)>,
    /// Attributes of the resource that every item carries.
    pub(in crate::export::azure) properties: Properties,
}

/// Tags of the item and not of the process, which a resource may give all the same.
const OF_ITEMS: [&str; 10] = [
    "ai.operation.name",
    "ai.operation.syntheticSource",
    "ai.operation.correlationVector",
    "ai.user.id",
    "ai.user.authUserId",
    "ai.user.accountId",
    "ai.user.userAgent",
    "ai.session.id",
    "ai.session.isFirst",
    "ai.location.ip",
];

/// Where we run, for resources that do not say where they do.
#[derive(Debug, Default)]
struct Place {
    /// The name of an App Service or a function app.
    site: String,
    /// The instance of an App Service.
    instance: String,
    machine: String,
}

impl Place {
    fn here() -> Place {
        let environment = Environment::current();
        let named = |name| environment.setting(name).map(str::to_owned);
        let machine = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Place {
            site: named("WEBSITE_SITE_NAME").unwrap_or_default(),
            instance: named("WEBSITE_INSTANCE_ID").unwrap_or_default(),
            machine: machine.unwrap_or_default(),
        }
    }
}

impl Context {
    fn of(group: &Group<'_>, settings: &AzureSettings, place: &Place) -> Context {
        let resource = group.resource().unwrap_or_default();
        let own = |name: &str, derived: String| match text(&resource, name) {
            "" => derived,
            given => given.to_owned(),
        };
        let role = settings.role_name.clone().unwrap_or_else(|| role::name(&resource, place));
        let role = own("ai.cloud.role", role);
        let derived = || role::instance(&resource, settings.instance_is_given, place);
        let instance = own("ai.cloud.roleInstance", settings.role_instance.clone().unwrap_or_else(derived));
        let mut tags = Vec::new();
        for (name, derived, limit) in [
            ("ai.cloud.role", role.as_str(), 256),
            ("ai.cloud.roleInstance", &instance, 256),
            ("ai.internal.nodeName", &instance, 256),
            ("ai.internal.sdkVersion", &version::of(&resource), 64),
            ("ai.application.ver", text(&resource, "service.version"), 1024),
            ("ai.device.id", text(&resource, "device.id"), 1024),
            ("ai.device.model", text(&resource, "device.model.name"), 256),
            ("ai.device.oemName", text(&resource, "device.manufacturer"), 256),
            ("ai.internal.agentVersion", "", 64),
            ("ai.cloud.roleVer", "", 256),
            ("ai.cloud.location", "", 256),
            ("ai.device.locale", "", 64),
            ("ai.device.os", "", 256),
            ("ai.device.osVersion", "", 256),
            ("ai.device.type", "", 64),
        ] {
            let given = text(&resource, name);
            let value = if given.is_empty() { derived } else { given };
            if !value.is_empty() {
                tags.extend_from_slice(if tags.is_empty() { b"\"" } else { b",\"" });
                tags.extend_from_slice(name.as_bytes());
                tags.extend_from_slice(b"\":");
                json::text_cut(&mut tags, value, limit);
            }
        }
        let properties = Properties::of(&resource, &settings.resource_attributes);
        let given = OF_ITEMS.iter().map(|name| (*name, text(&resource, name).to_owned()));
        let given = given.filter(|(_, value)| !value.is_empty()).collect();
        Context { tags, role, instance, given, properties }
    }

    /// The value of a tag of items, if the resource has an attribute of its name.
    pub(super) fn given(&self, tag: &str) -> Option<&str> {
        self.given.iter().find(|(name, _)| *name == tag).map(|(_, value)| value.as_str())
    }
}

fn text<'a>(resource: &'a Resource<'_>, key: &str) -> &'a str {
    resource.attributes.get(key).and_then(Value::as_text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
