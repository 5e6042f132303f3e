//! `examples/azure-services`: FastAPI, Express and Flask in one transaction.

use super::service::{Service, command};
use super::{data, example, metrics, only, role, tag, web};
use crate::support::free_port;
use crate::support::node_packages;
use crate::support::process::OTEL_RUN;
use crate::support::recorder::{Recorder, Seen};
use serde_json::Value;

fn stock(recorder: &Recorder) -> Service {
    let folder = node_packages(
        "express",
        &["@opentelemetry/api@1.9.0", "@opentelemetry/auto-instrumentations-node@0.81.2", "express@5.3.0"],
    );
    std::fs::copy(example("azure-services").join("stock.js"), folder.join("stock.js")).unwrap();
    let port = free_port();
    let official = "@opentelemetry/auto-instrumentations-node/register";
    let words =
        [OTEL_RUN, "--service_name", "stock", "node", "--require", official, "stock.js", &port.to_string()];
    Service::start(&mut command(&words, &folder, &folder, recorder), port)
}

fn prices(recorder: &Recorder) -> Service {
    let port = free_port();
    let number = port.to_string();
    let words = [OTEL_RUN, "--service_name", "prices", "flask", "--app", "prices", "run", "--port", &number];
    Service::start(&mut command(&words, &example("azure-services"), &web().join("bin"), recorder), port)
}

fn shop(recorder: &Recorder, stock: &Service, prices: &Service) -> Service {
    let port = free_port();
    let words = [OTEL_RUN, "--service_name", "shop", "uvicorn", "shop:app", "--port", &port.to_string()];
    let mut command = command(&words, &example("azure-services"), &web().join("bin"), recorder);
    command.env("STOCK", stock.url()).env("PRICES", prices.url());
    Service::start(&mut command, port)
}

#[test]
fn three_services_are_one_transaction() {
    let recorder = Recorder::start();
    let (stock, prices) = (stock(&recorder), prices(&recorder));
    let shop = shop(&recorder, &stock, &prices);
    assert_eq!(shop.get("/orders/7"), 200);
    assert_eq!(shop.get("/orders/700"), 503);
    let targets = [&stock, &prices].map(|service| service.url().replace("http://", ""));
    // The spans of Flask's development server are gone with it when it is stopped too early.
    drop(
        recorder.wait(|seen| {
            seen.of("RequestData").iter().filter(|request| role(request) == "prices").count() == 1
        }),
    );
    shop.stop();
    stock.stop();
    prices.stop();

    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    a_sale(&seen, &targets);
    a_failure(&seen, &targets[0]);
    for (service, requests) in [("shop", 2), ("stock", 2), ("prices", 1)] {
        let counted: i64 = metrics(&seen, service, "requests/duration")
            .iter()
            .map(|envelope| data(envelope)["metrics"][0]["count"].as_i64().unwrap_or(1))
            .sum();
        assert_eq!(counted, requests, "standard metrics of {service}");
        for counter in [
            "\\Process(??APP_WIN32_PROC??)\\% Processor Time",
            "\\Process(??APP_WIN32_PROC??)\\Private Bytes",
            "\\Memory\\Available Bytes",
        ] {
            assert!(!metrics(&seen, service, counter).is_empty(), "{counter} of {service}");
        }
    }
}

fn is(envelope: &Value, service: &str, name: &str) -> bool {
    role(envelope) == service && data(envelope)["name"] == name
}

fn succeeded(envelope: &Value) -> bool {
    data(envelope)["success"] == true
}

fn a_sale(seen: &Seen, targets: &[String; 2]) {
    let sale = only(seen, "RequestData", |e| is(e, "shop", "GET /orders/{item}") && succeeded(e));
    let operation = tag(sale, "ai.operation.id");
    assert_eq!((tag(sale, "ai.operation.parentId"), &data(sale)["responseCode"]), ("", &"200".into()));
    assert_eq!(data(sale)["url"].as_str().map(|url| url.ends_with("/orders/7")), Some(true));
    for (service, name, target) in
        [("stock", "GET /stock/:item", &targets[0]), ("prices", "GET /prices/<int:item>", &targets[1])]
    {
        let call = only(seen, "RemoteDependencyData", |e| {
            role(e) == "shop" && data(e)["target"] == **target && succeeded(e)
        });
        assert_eq!((&data(call)["type"], &data(call)["resultCode"]), (&"HTTP".into(), &"200".into()));
        assert_eq!(tag(call, "ai.operation.id"), operation);
        assert_eq!(tag(call, "ai.operation.parentId"), data(sale)["id"]);
        let request = only(seen, "RequestData", |e| is(e, service, name) && succeeded(e));
        assert_eq!(tag(request, "ai.operation.id"), operation, "{service}");
        assert_eq!(tag(request, "ai.operation.parentId"), data(call)["id"], "{service}");
        assert_ne!(tag(request, "ai.cloud.roleInstance"), "");
    }
    let said = only(seen, "MessageData", |e| data(e)["message"] == "sold item 7");
    assert_eq!(tag(said, "ai.operation.id"), operation);
    assert_eq!(tag(said, "ai.operation.parentId"), data(sale)["id"]);
    assert_eq!(data(said)["severityLevel"], 2);
}

fn a_failure(seen: &Seen, stock: &str) {
    let failed = only(seen, "RequestData", |e| is(e, "shop", "GET /orders/{item}") && !succeeded(e));
    assert_eq!(data(failed)["responseCode"], "503");
    let operation = tag(failed, "ai.operation.id");
    let call = only(seen, "RemoteDependencyData", |e| {
        role(e) == "shop" && data(e)["target"] == stock && !succeeded(e)
    });
    assert_eq!((&data(call)["resultCode"], tag(call, "ai.operation.id")), (&"500".into(), operation));
    let request = only(seen, "RequestData", |e| is(e, "stock", "GET /stock/:item") && !succeeded(e));
    assert_eq!((&data(request)["responseCode"], tag(request, "ai.operation.id")), (&"500".into(), operation));
    let exceptions = seen.of("ExceptionData");
    let raised = exceptions.iter().find(|e| role(e) == "stock").expect("an exception in stock");
    assert_eq!(tag(raised, "ai.operation.id"), operation);
    let exception = &data(raised)["exceptions"][0];
    assert_eq!(
        (&exception["typeName"], &exception["message"]),
        (&"RangeError".into(), &"no item 700".into())
    );
    let frames = exception["parsedStack"].as_array().expect("a parsed stack");
    let own =
        frames.iter().find(|frame| frame["fileName"].as_str().is_some_and(|file| file.ends_with("stock.js")));
    assert_eq!(own.expect("a frame of the application")["line"], 10);
}
