//! `examples/azure-logging`: custom dimensions, exceptions, custom events.

use super::service::{Service, command};
use super::{data, example, only, tag, web};
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::recorder::Recorder;

#[test]
fn what_logging_becomes() {
    let recorder = Recorder::start();
    let port = free_port();
    let number = port.to_string();
    let words = [
        OTEL_RUN,
        "--service_name",
        "orders",
        "--metrics_exporter",
        "none",
        "uvicorn",
        "main:app",
        "--port",
        &number,
    ];
    let mut command = command(&words, &example("azure-logging"), &web().join("bin"), &recorder);
    let service = Service::start(&mut command, port);
    for (path, status) in [("/orders/7", 200), ("/divide/0", 200), ("/checkout/7", 200), ("/broken", 500)] {
        assert_eq!(service.get(path), status, "{path}");
    }
    service.stop();

    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0], "the schema's verdict");
    let operation = |path: &str| {
        let request =
            only(&seen, "RequestData", |e| data(e)["url"].as_str().is_some_and(|url| url.ends_with(path)));
        tag(request, "ai.operation.id").to_owned()
    };
    let late = only(&seen, "MessageData", |e| data(e)["message"] == "order 7 is late");
    assert_eq!(tag(late, "ai.operation.id"), operation("/orders/7"));
    assert_eq!((&data(late)["properties"]["order"], &data(late)["severityLevel"]), (&"7".into(), &2.into()));
    assert_eq!(data(late)["properties"]["customer.tier"], "gold");
    let heavy = only(&seen, "MessageData", |e| data(e)["message"] == "and heavy");
    assert_eq!(
        (&data(heavy)["properties"]["weight"], &data(heavy)["properties"]["carrier"]),
        (&"12 kg".into(), &"pigeon".into())
    );

    let division =
        only(&seen, "ExceptionData", |e| data(e)["exceptions"][0]["typeName"] == "ZeroDivisionError");
    assert_eq!(tag(division, "ai.operation.id"), operation("/divide/0"));
    assert_eq!(data(division)["properties"]["number"], "0");
    let frames = data(division)["exceptions"][0]["parsedStack"].as_array().expect("a parsed stack");
    assert!(frames.iter().any(|frame| frame["method"] == "divide" && frame["line"] == 27), "{frames:#?}");

    let sold = only(&seen, "EventData", |e| data(e)["name"] == "checkout");
    assert_eq!(
        (tag(sold, "ai.operation.id"), &data(sold)["properties"]["order"]),
        (operation("/checkout/7").as_str(), &"7".into())
    );

    let broken = only(&seen, "ExceptionData", |e| {
        data(e)["exceptions"][0]["message"] == "nobody catches this" && !tag(e, "ai.operation.id").is_empty()
    });
    assert_eq!(tag(broken, "ai.operation.id"), operation("/broken"));
}
