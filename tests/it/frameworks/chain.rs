//! Python asks Node.js, and Node.js asks Python: three services, each with an otel-run of its own and
//! nothing of OpenTelemetry, are one trace.

use super::acceptance::{child, clean, logged, only};
use super::run::{Caller, Running};
use super::telemetry::{CLIENT, SERVER, Telemetry};
use super::within;
use crate::support::free_port;
use crate::support::process::OTEL_RUN;
use crate::support::sink::Sink;
use std::process::Command;

/// A service that asks the one on `next`.
fn service(sink: &Sink, name: &str, command: &str, port: u16, next: Option<u16>) -> Running {
    let url = sink.url();
    let ours = [OTEL_RUN, "--exporter_otlp_endpoint", &url, "--service_name", name, "--host_metrics", "off"];
    let command = command.replace("{port}", &port.to_string());
    let mut run: Command = within(&clean(), ours.into_iter().chain(["--"]).chain(command.split(' ')));
    run.env("PORT", port.to_string()).env_remove("NEXT").env_remove("NODE_OPTIONS");
    if let Some(next) = next {
        run.env("NEXT", format!("http://127.0.0.1:{next}"));
    }
    Running::start(&mut run, port)
}

#[test]
fn python_node_python() {
    let (sink, first, second, third) = (Sink::start(), free_port(), free_port(), free_port());
    let uvicorn = "uvicorn relay:app --port {port}";
    let third = service(&sink, "third", uvicorn, third, None);
    let second = service(&sink, "second", "node relay.js", second, Some(third.port));
    let first = service(&sink, "first", uvicorn, first, Some(second.port));
    let caller = Caller::of(7);
    assert_eq!(first.get("/relay/word", Some(&caller.header())), Some(200));
    drop(sink.wait(|seen| {
        let telemetry = Telemetry::of(seen);
        telemetry.of_kind(SERVER).iter().filter(|span| span.trace == caller.trace).count() == 3
            && telemetry.logs.iter().any(|log| log.body == "passed on /relay/word")
            && telemetry.logs.iter().any(|log| log.body == "the end of word")
    }));
    for server in [first, second, third] {
        server.stop();
    }

    let mut telemetry = Telemetry::of(&sink.seen());
    // Connections that were made only to see whether somebody is there are no requests.
    telemetry.spans.retain(|span| span.trace == caller.trace);
    assert_eq!(telemetry.spans.len(), 5, "{:#?}", telemetry.spans);
    let first = only("the first request", &telemetry, |span| span.parent == caller.span);
    let call = child(&telemetry, first, CLIENT);
    let second = child(&telemetry, call, SERVER);
    let call_on = child(&telemetry, second, CLIENT);
    let third = child(&telemetry, call_on, SERVER);
    for (span, service, name) in [
        (first, "first", "GET /relay/{word}"),
        (call, "first", "GET"),
        (second, "second", "GET"),
        (call_on, "second", "GET"),
        (third, "third", "GET /relay/{word}"),
    ] {
        assert_eq!((span.resource["service.name"].as_str(), span.name.as_str()), (service, name));
        assert_eq!(span.get("http.response.status_code"), Some("200"), "{span:?}");
    }
    logged(&telemetry, "passed on /relay/word", second);
    logged(&telemetry, "the end of word", third);
}
