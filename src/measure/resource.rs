//! Who speaks: the resource of everything that we measure ourselves. Where it runs is added on the way, as
//! to all telemetry.

use crate::link::Target;
use crate::settings::Settings;
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Attributes of the launch. What the user set stands above what we found.
pub(super) fn of(settings: &Settings, target: &Target) -> Resource {
    let mut attributes: BTreeMap<String, Value> = BTreeMap::new();
    let mut set = |name: &str, value: Value| attributes.insert(name.to_owned(), value);
    process(target, &mut set);
    set("service.instance.id", target.instance.clone().into());
    for (name, value) in &settings.resource_attributes {
        set(name, value.clone().into());
    }
    set("service.name", settings.service_name.clone().into());
    set("telemetry.distro.name", "otel-run".into());
    set("telemetry.distro.version", env!("CARGO_PKG_VERSION").into());
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes.into_iter().map(|(name, value)| KeyValue::new(name, value)))
        .build()
}

/// The process of the command.
fn process(target: &Target, set: &mut impl FnMut(&str, Value) -> Option<Value>) {
    set("process.pid", i64::from(target.pid).into());
    if target.program.is_empty() {
        return;
    }
    set("process.command", target.program.clone().into());
    let executable = executable(target.pid);
    if let Some(path) = &executable {
        set("process.executable.path", path.to_string_lossy().into_owned().into());
    }
    if let Some(name) = executable.as_deref().unwrap_or(Path::new(&target.program)).file_name() {
        set("process.executable.name", name.to_string_lossy().into_owned().into());
    }
}

/// The file that the target executes, which is an interpreter when the command is a script.
fn executable(pid: i32) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    // Ours: the command has not been executed yet.
    (Some(&path) != std::env::current_exe().ok().as_ref()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture;

    #[test]
    fn what_the_user_says_stands_above_what_was_found() {
        let mut settings = fixture::settings();
        settings.resource_attributes =
            vec![("host.name".into(), "db-7".into()), ("deployment.environment.name".into(), "test".into())];
        let target =
            Target { pid: -1, program: "/usr/bin/app".into(), instance: "abc".into(), started_unix_nano: 0 };
        let resource = of(&settings, &target);
        let get = |name: &'static str| resource.get(&name.into()).map(|value| value.to_string());
        assert_eq!(get("host.name").as_deref(), Some("db-7"));
        assert_eq!(get("deployment.environment.name").as_deref(), Some("test"));
        assert_eq!(get("service.name").as_deref(), Some(settings.service_name.as_str()));
        assert_eq!(get("service.instance.id").as_deref(), Some("abc"));
        assert_eq!(get("process.command").as_deref(), Some("/usr/bin/app"));
        assert_eq!(get("process.executable.name").as_deref(), Some("app"));
        assert_eq!(get("telemetry.distro.name").as_deref(), Some("otel-run"));
        assert_eq!(get("telemetry.sdk.name").as_deref(), Some("opentelemetry"));
    }
}
