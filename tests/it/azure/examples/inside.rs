//! An application with Microsoft's own distribution in its code, as it stands.

use super::service::{Service, command};
use super::{data, metrics, only, tag};
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::recorder::Recorder;
use crate::support::venv;

const APPLICATION: &str = r#"
import logging

from azure.monitor.opentelemetry import configure_azure_monitor

configure_azure_monitor()

from fastapi import FastAPI
from opentelemetry import metrics

app = FastAPI()
counter = metrics.get_meter("main").create_counter("request-count")


@app.get("/items/{item}")
def read_item(item: int):
    counter.add(1)
    logging.getLogger("shop").warning("item %d", item)
    return {"item": item}
"#;

/// It starts, its exporter is content, and everything comes once.
#[test]
fn what_the_application_configures_for_azure_is_not_sent_twice() {
    let venv =
        venv("azure-inside", &["azure-monitor-opentelemetry==1.8.11", "fastapi==0.165.0", "uvicorn==0.54.0"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.py"), APPLICATION).unwrap();
    let recorder = Recorder::start();
    let port = free_port();
    let words = [OTEL_RUN, "--service_name", "shop", "uvicorn", "main:app", "--port", &port.to_string()];
    let mut command = command(&words, folder.path(), &venv.join("bin"), &recorder);
    // Its reports about itself go to Microsoft.
    command.env("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true");
    command.env("APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED", "true");
    let service = Service::start(&mut command, port);
    assert_eq!(service.get("/items/7"), 200);
    // Its batches and pings have their time.
    drop(recorder.wait(|seen| seen.of("MessageData").iter().any(|e| data(e)["message"] == "item 7")));
    let ended = service.stop();

    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    let request = only(&seen, "RequestData", |e| data(e)["name"] == "GET /items/{item}");
    let said = only(&seen, "MessageData", |e| data(e)["message"] == "item 7");
    assert_eq!(tag(said, "ai.operation.id"), tag(request, "ai.operation.id"));
    let count: f64 = metrics(&seen, "shop", "request-count")
        .iter()
        .filter_map(|e| data(e)["metrics"][0]["value"].as_f64())
        .sum();
    assert_eq!(count, 1.0);
    assert!(seen.of("ExceptionData").is_empty(), "{:#?}", seen.of("ExceptionData"));
    let complaints: Vec<_> = seen
        .of("MessageData")
        .into_iter()
        .filter(|e| data(e)["message"].as_str().is_some_and(|message| message.contains("server side error")))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    // Nothing but what otel-run itself sends came to the recorder.
    assert!(seen.others.is_empty() && !ended.stderr.contains("Traceback"), "{}", ended.stderr);
}
