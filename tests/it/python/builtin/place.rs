//! Where the application runs, in all that it tells, beside what its operator says.

use super::super::received::text;
use super::{Run, lean};
use crate::support::process::{OTEL_RUN, bare, descendants, eventually};
use crate::support::sink::Seen;
use crate::support::tokens::{Reply, Tokens};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::resource::v1::Resource;
use otel_run::otlp::Decoded;
use std::collections::BTreeMap;
use std::process::Output;

/// A virtual machine's metadata, as far as it is looked at.
fn metadata() -> Tokens {
    Tokens::start(|_, asked| {
        let metadata = ("metadata".to_owned(), "true".to_owned());
        if asked.path != "/metadata/instance/compute" || !asked.headers.contains(&metadata) {
            return Reply::new(400, "");
        }
        Reply::new(
            200,
            r#"{"location":"westeurope","vmId":"vm-7","vmSize":"D2","resourceId":"/subscriptions/s/vm"}"#,
        )
    })
}

/// The resources of all accepted requests: the signal, and attributes as text.
fn resources(seen: &Seen) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let mut all = Vec::new();
    let mut add = |signal, resource: &Option<Resource>| {
        let attributes = &resource.as_ref().expect("a resource").attributes;
        let pair = |a: &opentelemetry_proto::tonic::common::v1::KeyValue| {
            (a.key.clone(), a.value.as_ref().map(text).unwrap_or_default())
        };
        all.push((signal, attributes.iter().map(pair).collect()));
    };
    for request in seen.requests.iter().filter(|request| request.accepted) {
        match request.batch.decoded().expect("OTLP") {
            Decoded::Traces(r) => r.resource_spans.iter().for_each(|g| add("traces", &g.resource)),
            Decoded::Logs(r) => r.resource_logs.iter().for_each(|g| add("logs", &g.resource)),
            Decoded::Metrics(r) => r.resource_metrics.iter().for_each(|g| add("metrics", &g.resource)),
        }
    }
    all
}

#[test]
fn a_fastapi_application_on_a_virtual_machine() {
    let metadata = metadata();
    let said = "host.type=mine,deployment.environment.name=test";
    let run = Run::with(&lean(), "uvicorn --host 127.0.0.1 --port PORT lean_fastapi:app", |launch| {
        launch.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url());
        launch.env("OTEL_RESOURCE_ATTRIBUTES", said);
    });
    // The application sees what its operator has said, and nothing of ours.
    let environments = descendants(run.process.pid).into_iter().map(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).into_owned()
    });
    let environments: Vec<String> = environments.filter(|text| text.contains("OTEL_RUN_ACTIVE=1")).collect();
    assert!(!environments.is_empty());
    for environment in environments {
        assert!(environment.contains(&format!("OTEL_RESOURCE_ATTRIBUTES={said}\0")), "{environment}");
    }
    // Until the metadata has come along.
    eventually("the metadata", || {
        run.get("/hello/world");
        let all = resources(&run.sink.seen());
        all.iter().any(|(of, all)| *of == "traces" && all.contains_key("cloud.region")).then_some(())
    });
    run.process.signal(Signal::SIGTERM);
    let Run { sink, process, .. } = run;
    process.finish();
    let all = resources(&sink.seen());
    for signal in ["traces", "metrics", "logs"] {
        let (_, last) = all.iter().rfind(|(of, _)| *of == signal).expect(signal);
        for (key, value) in [
            ("service.name", "shop"),
            ("host.type", "mine"),
            ("deployment.environment.name", "test"),
            ("os.type", "linux"),
            ("cloud.provider", "azure"),
            ("cloud.platform", "azure.vm"),
        ] {
            assert_eq!(last.get(key).map(String::as_str), Some(value), "{signal}: {key} in {last:#?}");
        }
    }
    let (_, traces) = all.iter().rfind(|(of, _)| *of == "traces").expect("traces");
    assert_eq!(traces["cloud.region"], "westeurope");
    assert_eq!((&*traces["host.id"], &*traces["cloud.resource_id"]), ("vm-7", "/subscriptions/s/vm"));
    assert_eq!(metadata.asked().len(), 1);
}

#[test]
fn nobody_looks_when_nobody_shall() {
    let metadata = metadata();
    let run = Run::with(&lean(), "uvicorn --host 127.0.0.1 --port PORT lean_fastapi:app", |launch| {
        launch.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url());
        launch.env("OTEL_RUN_RESOURCE_DETECTORS", "none");
    });
    run.get("/hello/world");
    let told = eventually("a resource", || resources(&run.sink.seen()).into_iter().next());
    let told = told.1;
    run.stop(Signal::SIGTERM);
    assert!(told.keys().all(|key| !key.starts_with("cloud.") && !key.starts_with("os.")), "{told:#?}");
    assert_eq!(metadata.asked().len(), 0);
}

#[test]
fn doctor_tells_what_is_found() {
    let metadata = metadata();
    let doctor = |flags: &[&str]| {
        let mut doctor = bare([OTEL_RUN, "doctor"]);
        doctor.args(["--resource_attributes", "host.type=mine"]).args(flags).arg("true");
        let Output { stdout, .. } =
            doctor.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url()).output().expect("doctor");
        String::from_utf8(stdout).expect("text")
    };
    let report = doctor(&["--resource_detectors", "azure,system"]);
    assert!(report.contains("resource   azure: cloud.provider=azure, cloud.platform=azure.vm"), "{report}");
    assert!(report.contains("host.id=vm-7") && report.contains("host.type=mine (as you say)"), "{report}");
    assert!(report.contains("resource   os: os.type=linux"), "{report}");
    let report = doctor(&["--resource_detectors", "azrue", "--offline"]);
    assert!(report.contains("did you mean azure?") && report.contains("nobody looks"), "{report}");
    assert_eq!(metadata.asked().len(), 1, "not when offline");
}
