//! The OpenTelemetry SDK with its official exporters, set up by the application itself, as a
//! client of the receiver. RCV-14: a proxy in the environment sees nothing of it.

use super::encoding::exporters;
use super::received::Received;
use super::{file, launch};
use crate::support::process::Process;
use crate::support::sink::Sink;
use std::net::TcpListener;

fn client(protocol: &str, upper_case_proxy: bool) {
    let sink = Sink::start();
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    proxy.set_nonblocking(true).expect("non-blocking");
    let url = format!("http://{}", proxy.local_addr().expect("an address"));
    let command = format!("python {} {protocol}", file("clients.py").display());
    let flags = format!("--service_name client --exporter_otlp_endpoint {}", sink.url());
    let mut run = launch(&exporters(), &flags, &command);
    for name in
        ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "grpc_proxy", "no_proxy", "NO_PROXY"]
    {
        run.env_remove(name);
    }
    // The destination is on loopback in this test, but the agent uses no proxy at all.
    if upper_case_proxy {
        run.env("HTTP_PROXY", &url).env("HTTPS_PROXY", &url).env("NO_PROXY", "internal.example.com");
    } else {
        run.env("http_proxy", &url).env("https_proxy", &url).env("grpc_proxy", &url);
    }
    let finished = Process::start(&mut run).finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let received = Received::of(&sink.seen());
    assert_eq!(received.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["work"]);
    assert_eq!(received.logs.iter().map(|log| log.body.as_str()).collect::<Vec<_>>(), ["working"]);
    assert!(received.metrics.contains("jobs"), "{:?}", received.metrics);
    assert_eq!(received.spans[0].origin.service, "client");
    assert!(proxy.accept().is_err(), "the proxy was asked");
}

#[test]
fn over_http() {
    client("http", false);
    client("http", true);
}

#[test]
fn over_grpc() {
    client("grpc", false);
    client("grpc", true);
}
