//! `examples/azure-fastapi` and `examples/azure-flask`.

use super::service::{Service, command};
use super::{data, example, metrics, only, tag, web};
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::recorder::Recorder;

#[test]
fn fastapi_with_a_counter_and_a_histogram() {
    let recorder = Recorder::start();
    let port = free_port();
    let words = [OTEL_RUN, "--service_name", "shop", "uvicorn", "main:app", "--port", &port.to_string()];
    let mut command = command(&words, &example("azure-fastapi"), &web().join("bin"), &recorder);
    let service = Service::start(&mut command, port);
    for (name, status) in [("alice", 200), ("bob", 200), ("alice", 200), ("nobody", 500)] {
        assert_eq!(service.get(&format!("/{name}/")), status, "{name}");
    }
    service.stop();

    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    let counts = metrics(&seen, "shop", "request-count");
    for (name, count) in [("alice", 2.0), ("bob", 1.0), ("nobody", 1.0)] {
        let sum: f64 = counts
            .iter()
            .filter(|e| data(e)["properties"]["name"] == name)
            .filter_map(|e| data(e)["metrics"][0]["value"].as_f64())
            .sum();
        assert_eq!(sum, count, "request-count of {name}");
    }
    let latencies = metrics(&seen, "shop", "request-latency");
    let recorded: i64 =
        latencies.iter().filter_map(|e| data(e)["metrics"][0]["count"].as_i64().or(Some(1))).sum();
    assert_eq!(recorded, 4);
    let failed: Vec<_> =
        latencies.iter().filter(|e| data(e)["properties"]["error"] == "who is that?").collect();
    assert_eq!(failed.len(), 1, "{latencies:#?}");
    assert_eq!(seen.of("RequestData").len(), 4);
    let request = only(&seen, "RequestData", |e| data(e)["success"] == false);
    assert_eq!(
        (&data(request)["name"], &data(request)["responseCode"]),
        (&"GET /{name}/".into(), &"500".into())
    );
    // The span's; uvicorn logs it once more, outside of any request.
    let raised = only(&seen, "ExceptionData", |e| {
        data(e)["exceptions"][0]["typeName"] == "ValueError" && !tag(e, "ai.operation.id").is_empty()
    });
    assert_eq!(tag(raised, "ai.operation.id"), tag(request, "ai.operation.id"));
    for (success, count) in [("True", 3), ("False", 1)] {
        let counted: i64 = metrics(&seen, "shop", "requests/duration")
            .iter()
            .filter(|e| data(e)["properties"]["Request.Success"] == success)
            .map(|e| data(e)["metrics"][0]["count"].as_i64().unwrap_or(1))
            .sum();
        assert_eq!(counted, count, "requests/duration with success {success}");
    }
}

#[test]
fn flask_and_its_dependency() {
    let recorder = Recorder::start();
    let port = free_port();
    let number = port.to_string();
    let words = [
        OTEL_RUN,
        "--service_name",
        "flask",
        "--metrics_exporter",
        "none",
        "flask",
        "--app",
        "app",
        "run",
        "--port",
        &number,
    ];
    let mut command = command(&words, &example("azure-flask"), &web().join("bin"), &recorder);
    command.env("CATALOGUE", format!("http://127.0.0.1:{port}/catalogue"));
    let service = Service::start(&mut command, port);
    assert_eq!((service.get("/items/7"), service.get("/items/700")), (200, 200));
    drop(recorder.wait(|seen| seen.of("RequestData").len() == 4));
    service.stop();

    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    assert!(seen.of("MetricData").is_empty(), "--metrics_exporter none");
    for (path, code, success) in [("/catalogue/7", "200", true), ("/catalogue/700", "404", false)] {
        let asked =
            only(&seen, "RequestData", |e| data(e)["url"].as_str().is_some_and(|url| url.ends_with(path)));
        assert_eq!((&data(asked)["responseCode"], &data(asked)["success"]), (&code.into(), &success.into()));
        let call =
            only(&seen, "RemoteDependencyData", |e| data(e)["id"] == tag(asked, "ai.operation.parentId"));
        assert_eq!((&data(call)["resultCode"], &data(call)["success"]), (&code.into(), &success.into()));
        assert_eq!(data(call)["target"], format!("127.0.0.1:{port}"));
        let asking = only(&seen, "RequestData", |e| data(e)["id"] == tag(call, "ai.operation.parentId"));
        assert_eq!(
            (&data(asking)["name"], &data(asking)["success"]),
            (&"GET /items/<int:item>".into(), &true.into())
        );
        assert_eq!(tag(asking, "ai.operation.id"), tag(asked, "ai.operation.id"));
    }
}
