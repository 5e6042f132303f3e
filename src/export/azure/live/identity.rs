//! Who speaks to the service: one for each launch, however many processes the target has.

use crate::environment::Environment;
use crate::export::azure::map::Cache;
use crate::otlp::view::groups;
use crate::settings::{AzureSettings, Settings};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use std::hash::{BuildHasher, RandomState};

/// What every request says of us.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) version: String,
    pub(super) instance: String,
    pub(super) role: String,
    pub(super) machine: String,
    /// 32 hexadecimal digits, by chance.
    pub(super) stream: String,
    /// In App Service.
    pub(super) web_app: bool,
}

impl Identity {
    /// Of a launch. Role and instance are those of its telemetry, unless its processes have
    /// names of their own.
    pub(super) fn of(settings: &Settings, azure: &AzureSettings) -> Identity {
        let resource = resource(settings);
        let mut contexts = Cache::here();
        let (role, instance) = match groups(&resource).next() {
            Some(group) => {
                let context = contexts.of(&group, azure);
                (context.role.clone(), context.instance.clone())
            }
            None => (settings.service_name.clone(), String::new()),
        };
        let machine = sysinfo::System::host_name().unwrap_or_default();
        let random = || RandomState::new().hash_one(std::process::id());
        Identity {
            version: concat!("otelrun", env!("CARGO_PKG_VERSION")).to_owned(),
            instance,
            role,
            machine,
            stream: format!("{:016x}{:016x}", random(), random()),
            web_app: Environment::current().setting("WEBSITE_SITE_NAME").is_some(),
        }
    }
}

/// A request without spans whose resource is that of the launch.
fn resource(settings: &Settings) -> Vec<u8> {
    let name = ("service.name", &settings.service_name);
    let others = settings.resource_attributes.iter().map(|(key, value)| (key.as_str(), value));
    let attributes = [name].into_iter().chain(others).map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(value.clone())) }),
        ..Default::default()
    });
    let resource = Resource { attributes: attributes.collect(), ..Default::default() };
    let spans = ResourceSpans { resource: Some(resource), ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![spans] }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::fixture;

    fn of(resource: &str) -> Identity {
        let settings = fixture::settings(&[
            (
                "APPLICATIONINSIGHTS_CONNECTION_STRING",
                "InstrumentationKey=11111111-2222-3333-4444-555555555555",
            ),
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_RESOURCE_ATTRIBUTES", resource),
        ]);
        Identity::of(&settings, settings.azure.as_ref().unwrap())
    }

    #[test]
    fn as_its_telemetry() {
        for (resource, role, instance) in [
            ("host.name=web-3", "shop", "web-3"),
            ("service.namespace=eu,k8s.pod.name=shop-1,host.name=web-3", "eu.shop", "shop-1"),
            ("service.instance.id=7,k8s.pod.name=shop-1", "shop", "7"),
        ] {
            let identity = of(resource);
            assert_eq!((identity.role.as_str(), identity.instance.as_str()), (role, instance), "{resource}");
        }
    }

    #[test]
    fn every_launch_is_a_stream_of_its_own() {
        let (one, other) = (of(""), of(""));
        assert_ne!(one.stream, other.stream);
        assert!(one.stream.len() == 32 && one.stream.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(!one.machine.is_empty() && !one.instance.is_empty());
    }
}
