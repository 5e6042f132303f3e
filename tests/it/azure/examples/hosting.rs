//! `examples/azure-hosting`: the start command of each of Azure's hosts, out of its file.

use super::service::{Service, command};
use super::{data, example, only, role, tag, web};
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::recorder::Recorder;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn file(name: &str) -> String {
    let path = example("azure-hosting").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The application and what starts it, as they lie beside one another on the host.
fn deployed(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for name in files.iter().chain(&["main.py"]) {
        let base = Path::new(name).file_name().unwrap();
        std::fs::copy(example("azure-hosting").join(name), folder.path().join(base)).unwrap();
    }
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(OTEL_RUN, folder.path().join("bin/otel-run")).unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}

/// Words of a JSON array behind `key` in a file of another kind.
fn words(text: &str, key: &str) -> Vec<String> {
    let rest = text.split_once(key).unwrap_or_else(|| panic!("{key} in {text}")).1;
    let array = rest.split_once('\n').map_or(rest, |(line, _)| line);
    serde_json::from_str(array.trim()).unwrap_or_else(|e| panic!("{array}: {e}"))
}

/// One request, and what came of it.
fn serves(mut command: Command, port: u16, recorder: &Recorder, path: &str) {
    command.env("OTEL_SERVICE_NAME", "shop").env("OTEL_METRICS_EXPORTER", "none");
    let service = Service::start(&mut command, port);
    assert_eq!(service.get(path), 200);
    service.stop();
    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    let request = only(&seen, "RequestData", |_| true);
    assert_eq!((role(request), &data(request)["responseCode"]), ("shop", &"200".into()));
}

#[test]
fn app_service() {
    let (_folder, path) = deployed(&["app-service/startup.sh"]);
    let (recorder, port) = (Recorder::start(), free_port());
    let mut command = command(&["sh", "startup.sh"], &path, &web().join("bin"), &recorder);
    command.env("PORT", port.to_string()).env("WEBSITE_SITE_NAME", "shop").env("WEBSITE_INSTANCE_ID", "4711");
    serves(command, port, &recorder, "/items/7");
}

#[test]
fn functions() {
    let host: Value = serde_json::from_str(&file("functions/host.json")).unwrap();
    let description = &host["customHandler"]["description"];
    let mut start = vec![description["defaultExecutablePath"].as_str().unwrap()];
    start.extend(description["arguments"].as_array().unwrap().iter().filter_map(Value::as_str));
    let (_folder, path) = deployed(&["functions/start.sh"]);
    let (recorder, port) = (Recorder::start(), free_port());
    let mut command = command(&start, &path, &web().join("bin"), &recorder);
    command.env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
    serves(command, port, &recorder, "/api/items/7");
}

#[test]
fn container_apps() {
    let dockerfile = file("container-apps/Dockerfile");
    let start = [words(&dockerfile, "ENTRYPOINT "), words(&dockerfile, "CMD ")].concat();
    in_a_container(&start, &[]);
}

#[test]
fn kubernetes() {
    let deployment = file("aks/deployment.yaml");
    let start = [words(&deployment, "command: "), words(&deployment, "args: ")].concat();
    let attributes =
        deployment.split_once("OTEL_RESOURCE_ATTRIBUTES").unwrap().1.split_once("value: ").unwrap().1;
    let attributes = attributes.trim().replace("$(POD)", "shop-7d9f").replace("$(NAMESPACE)", "prod");
    let recorder = in_a_container(&start, &[("OTEL_RESOURCE_ATTRIBUTES", attributes.as_str())]);
    let seen = recorder.seen();
    let request = only(&seen, "RequestData", |_| true);
    assert_eq!(tag(request, "ai.cloud.roleInstance"), "shop-7d9f");
    assert_eq!(data(request)["properties"]["k8s.namespace.name"], "prod");
    assert_eq!(data(request)["properties"]["k8s.deployment.name"], "shop");
}

/// `start` as an image would find it, on another port.
fn in_a_container(start: &[String], variables: &[(&str, &str)]) -> Recorder {
    let (_folder, path) = deployed(&[]);
    let (recorder, port) = (Recorder::start(), free_port());
    let number = port.to_string();
    assert_eq!(start.iter().filter(|word| *word == "8000").count(), 1, "{start:?}");
    let start: Vec<_> =
        start.iter().map(|word| if word == "8000" { number.as_str() } else { word }).collect();
    let mut bin = path.join("bin").into_os_string();
    bin.push(":");
    bin.push(web().join("bin"));
    let mut command = command(&start, &path, Path::new(&bin), &recorder);
    command.envs(variables.iter().copied());
    serves(command, port, &recorder, "/items/7");
    recorder
}
