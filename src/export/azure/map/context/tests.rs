use super::*;
use crate::export::azure::map::fixture;
use crate::otlp::{Signal, view};
use crate::settings::ResourceAttributes;
use serde_json::{Value as Json, json};

fn place() -> Place {
    Place { machine: "machine".into(), ..Place::default() }
}

fn context(resource: Json, settings: &AzureSettings, place: &Place) -> Context {
    let request = json!({"resourceLogs": [{"resource": {"attributes": fixture::attributes(resource)}}]});
    let batch = fixture::batch(Signal::Logs, &request);
    let group = view::groups(batch.bytes()).next().expect("a group");
    Context::of(&group, settings, place)
}

fn tags(context: &Context) -> Json {
    let object = [b"{", context.tags.as_slice(), b"}"].concat();
    serde_json::from_slice(&object).expect("tags are members of an object")
}

const RANDOM: &str = "0ac0a5e9-2f0c-4f57-9c0b-8a6a9a2b6c1d";

#[test]
fn role_and_instance() {
    let site = Place { site: "site".into(), instance: "worker".into(), machine: "machine".into() };
    for (resource, role, instance) in [
        (json!({"service.name": "api"}), "api", "machine"),
        (json!({"service.name": "api", "service.namespace": "shop"}), "shop.api", "machine"),
        (json!({"service.namespace": "shop"}), "", "machine"),
        (json!({}), "", "machine"),
        (json!({"service.name": "unknown_service:java"}), "unknown_service:java", "machine"),
        (json!({"service.name": "unknown_service", "k8s.deployment.name": "dep"}), "dep", "machine"),
        (json!({"k8s.job.name": "job", "k8s.cronjob.name": "cron"}), "job", "machine"),
        (json!({"service.name": "api", "k8s.deployment.name": "dep"}), "api", "machine"),
        (json!({"service.instance.id": "i", "k8s.pod.name": "pod"}), "", "pod"),
        (json!({"service.instance.id": "i", "host.name": "h"}), "", "i"),
        (json!({"service.instance.id": RANDOM, "host.name": "h"}), "", "h"),
        (json!({"service.instance.id": RANDOM, "k8s.pod.name": "pod", "host.name": "h"}), "", "pod"),
        (json!({"service.instance.id": RANDOM}), "", "machine"),
        (json!({"service.name": 7}), "", "machine"),
    ] {
        let context = context(resource.clone(), &fixture::settings(), &place());
        assert_eq!((&*context.role, &*context.instance), (role, instance), "{resource}");
    }
    let mut given = fixture::settings();
    given.instance_is_given = true;
    let both = json!({"service.instance.id": "i", "k8s.pod.name": "pod"});
    assert_eq!(context(both, &given, &place()).instance, "i");
    assert_eq!(context(json!({"service.instance.id": RANDOM}), &given, &place()).instance, RANDOM);
    let here = context(json!({"service.name": "unknown_service"}), &given, &site);
    assert_eq!((&*here.role, &*here.instance), ("site", "worker"));
}

#[test]
fn all_tags() {
    let resource = json!({
        "service.name": "a\"b", "service.instance.id": "i", "service.version": "1.2", "device.id": "d",
        "device.model.name": "m", "device.manufacturer": "o", "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "1.45.2", "process.runtime.version": "3.11.7"
    });
    let sdk = concat!("otelrun", env!("CARGO_PKG_VERSION"), ":python3.11.7:otel1.45.2");
    assert_eq!(
        tags(&context(resource, &fixture::settings(), &place())),
        json!({
            "ai.cloud.role": "a\"b", "ai.cloud.roleInstance": "i", "ai.internal.nodeName": "i",
            "ai.internal.sdkVersion": sdk, "ai.application.ver": "1.2", "ai.device.id": "d",
            "ai.device.model": "m", "ai.device.oemName": "o"
        })
    );
    let long = context(json!({"service.name": "é".repeat(300)}), &fixture::settings(), &place());
    assert_eq!(tags(&long)["ai.cloud.role"], json!("é".repeat(256)));
}

#[test]
fn which_attributes_become_properties() {
    let resource = json!({
        "service.name": "api", "deployment.environment.name": "prod", "k8s.pod.name": "p", "k8s.pod.uid": "u",
        "host.name": "h", "cloud.region": "", "process.pid": 7, "args": ["a", 1]
    });
    for (wanted, expected) in [
        (ResourceAttributes::None, json!({})),
        (
            ResourceAttributes::Useful,
            json!({"deployment.environment.name": "prod", "k8s.pod.name": "p", "host.name": "h"}),
        ),
        (
            ResourceAttributes::List(vec!["process.pid".into(), "args".into(), "absent".into()]),
            json!({"process.pid": "7", "args": "[\"a\", 1]"}),
        ),
        (
            ResourceAttributes::All,
            json!({
                "service.name": "api", "deployment.environment.name": "prod", "k8s.pod.name": "p",
                "k8s.pod.uid": "u", "host.name": "h", "process.pid": "7", "args": "[\"a\", 1]"
            }),
        ),
    ] {
        let mut settings = fixture::settings();
        settings.resource_attributes = wanted;
        let request = json!({"resourceLogs": [{
            "resource": {"attributes": fixture::attributes(resource.clone())},
            "scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]
        }]});
        let mapped = fixture::mapped(settings, Signal::Logs, &request);
        assert_eq!(mapped.envelopes[0]["data"]["baseData"]["properties"], expected);
    }
}

#[test]
fn the_items_own_attributes_win() {
    let request = json!({"resourceLogs": [{
        "resource": {"attributes": fixture::attributes(json!({"host.name": "r", "cloud.region": "w"}))},
        "scopeLogs": [{"logRecords": [
            {"body": {"stringValue": "x"}, "attributes": fixture::attributes(json!({"host.name": "own"}))},
            {"body": {"stringValue": "y"}, "attributes": fixture::attributes(json!({"other": "o"}))}
        ]}]
    }]});
    let mapped = fixture::mapped(fixture::settings(), Signal::Logs, &request);
    let properties = |at: usize| &mapped.envelopes[at]["data"]["baseData"]["properties"];
    assert_eq!(*properties(0), json!({"host.name": "own", "cloud.region": "w"}));
    assert_eq!(*properties(1), json!({"host.name": "r", "cloud.region": "w", "other": "o"}));
}

#[test]
fn resources_are_remembered_within_bounds() {
    let batch = |name: String| {
        let resource = json!({"attributes": fixture::attributes(json!({"service.name": name}))});
        fixture::batch(Signal::Logs, &json!({"resourceLogs": [{"resource": resource}]}))
    };
    let mut cache = Cache::new(place());
    for round in 0..3 {
        for number in 0..100 {
            let (name, settings) = (format!("s{}", number % (10 + round * 20)), fixture::settings());
            let batch = batch(name.clone());
            let group = view::groups(batch.bytes()).next().expect("a group");
            assert_eq!(cache.of(&group, &settings).role, name);
            assert!(cache.len() <= 16);
        }
    }
}
