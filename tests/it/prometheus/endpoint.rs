//! The endpoint as an HTTP server.

use super::client::{Reply, exchange, get};
use crate::support::process::{OTEL_RUN, Process, bare};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use otel_run::export::prometheus::{PrometheusExporter, bind};
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::{Batch, Signal};
use otel_run::settings::{HostPort, PrometheusSettings};
use prost::Message;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// An exporter with one gauge in it, until it is dropped.
struct Endpoint {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Endpoint {
    fn start() -> Endpoint {
        let host = HostPort { host: "localhost".into(), port: 0 };
        let listener = bind(&PrometheusSettings { address: host }).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || {
            runtime.block_on(async {
                let mut exporter = PrometheusExporter::start(listener).expect("a server");
                assert_eq!(exporter.export(&parcel()).await, Outcome::DELIVERED);
                let _ = stopped.await;
            });
        });
        Endpoint { address, _stop: stop }
    }

    fn ask(&self, request: &str) -> Reply {
        exchange(self.address, request.as_bytes()).unwrap_or_else(|e| panic!("{request:?}: {e}"))
    }

    fn is_well(&self) {
        let reply = get(self.address, "");
        assert_eq!(reply.status(), 200, "{}", reply.head);
        assert!(reply.text().contains("\nlevel 1.5\n"));
    }
}

fn parcel() -> Parcel {
    let point = NumberDataPoint { value: Some(Value::AsDouble(1.5)), ..Default::default() };
    let data = Some(Data::Gauge(Gauge { data_points: vec![point] }));
    let metrics = vec![Metric { name: "level".into(), data, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    let bytes = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    let batch = Batch::from_protobuf(Signal::Metrics, bytes.into()).expect("well-formed");
    Parcel { signal: Signal::Metrics, items: 1, bytes: batch.bytes().len(), batches: vec![batch] }
}

#[test]
fn formats_and_codings() {
    let endpoint = Endpoint::start();
    let text = get(endpoint.address, "");
    assert_eq!(text.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(text.header("content-encoding"), None);
    assert!(!text.text().contains("# EOF"));

    let accept = "Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5\r\n";
    let openmetrics = get(endpoint.address, accept);
    assert_eq!(
        openmetrics.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(openmetrics.text().ends_with("# EOF\n"));

    let gzip = get(endpoint.address, "Accept-Encoding: gzip\r\n");
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.text(), text.text());

    let head = endpoint.ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((head.status(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), text.header("content-length"));
}

#[test]
fn only_what_it_is_for() {
    let endpoint = Endpoint::start();
    let port = endpoint.address.port();
    for (request, status) in [
        ("GET /metrics?x=y HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 200),
        ("GET /metrics HTTP/1.0\r\n\r\n".into(), 200),
        (format!("GET /metrics HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n"), 200),
        (format!("GET http://localhost:{port}/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".into(), 404),
        ("GET /metrics/.. HTTP/1.1\r\nHost: localhost\r\n\r\n".into(), 404),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx".into(), 405),
        ("DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".into(), 405),
        // A page whose name was made to resolve to this machine.
        (format!("GET /metrics HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"), 403),
        ("GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".into(), 403),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n".into(), 403),
        ("GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n".into(), 403),
    ] {
        assert_eq!(endpoint.ask(&request).status(), status, "{request:?}");
    }
}

#[test]
fn malformed_requests_do_no_harm() {
    let endpoint = Endpoint::start();
    let many = |count: usize| (0..count).map(|index| format!("X-{index}: y\r\n")).collect::<String>();
    let requests = [
        "\r\n\r\n\r\n".to_owned(),
        "GET\r\n\r\n".into(),
        "GET /metrics\r\n\r\n".into(),
        "GET /metrics HTTP/9.9\r\n\r\n".into(),
        "get /met\0rics HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n".into(),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n".into(),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: \u{1}\r\n\r\n".into(),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".into(),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n".into(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(100_000)),
        format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", many(100)),
        format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "y".repeat(100_000)),
    ];
    for request in requests {
        // Refused with a reply, or closed.
        if let Ok(reply) = exchange(endpoint.address, request.as_bytes()) {
            assert!((400..500).contains(&reply.status()), "{:.80}: {}", request, reply.head);
        }
        endpoint.is_well();
    }
}

#[test]
fn any_bytes_do_no_harm() {
    let endpoint = Endpoint::start();
    // xorshift: the same bytes in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let template = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.5, */*\r\n\r\n";
    for round in 0..300 {
        let mut bytes = template.to_vec();
        for _ in 0..=round % 8 {
            let at = random() as usize % bytes.len();
            match random() % 3 {
                0 => bytes[at] = random() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random() as u8),
            }
        }
        // Cut headers would be waited for: the end is always there.
        bytes.extend(b"\r\n\r\n");
        let _ = exchange(endpoint.address, &bytes);
    }
    endpoint.is_well();
}

#[test]
fn slow_clients_do_not_keep_others_out() {
    let endpoint = Endpoint::start();
    let idle: Vec<_> = (0..40).map_while(|_| TcpStream::connect(endpoint.address).ok()).collect();
    assert_eq!(idle.len(), 40);
    let begin = Instant::now();
    // They are more than are served at once, and none of them says anything.
    while exchange(endpoint.address, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").is_err() {
        assert!(begin.elapsed() < Duration::from_secs(25));
    }
    drop(idle);
    endpoint.is_well();
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let address = HostPort { host: "127.0.0.1".into(), port };
    let error = bind(&PrometheusSettings { address }).expect_err("it is taken");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on 127.0.0.1:{port} for Prometheus: Address already in use (os error 98)\n  \
             from: OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT\n  \
             hint: another program has this port; choose one with --exporter_prometheus_port"
        )
    );
    assert_eq!(error.code, 125);
}

#[test]
fn a_host_that_is_not_ours() {
    let address = HostPort { host: "192.0.2.1".into(), port: 9464 };
    let error = bind(&PrometheusSettings { address }).expect_err("an address for documentation");
    assert_eq!(
        error.to_string(),
        "cannot listen on 192.0.2.1:9464 for Prometheus: Cannot assign requested address (os error 99)\n  \
         from: OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT\n  \
         hint: choose an address of this machine and a port that you may use"
    );
    let address = HostPort { host: "no such host".into(), port: 9464 };
    let error = bind(&PrometheusSettings { address }).expect_err("not a name");
    assert_eq!(error.code, 2);
    assert!(error.what.starts_with("the host of the Prometheus endpoint, no such host, is not known: "));
}

/// otel-run with the endpoint at `host` and `port`, and a command that only ends.
fn launch(host: &str, port: u16, more: &[&str]) -> (Option<i32>, String) {
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "none", "--logs_exporter", "none", "--metrics_exporter", "prometheus"]);
    run.args(["--exporter_prometheus_host", host, "--exporter_prometheus_port", &port.to_string()]);
    run.args(more).args(["--", "sh", "-c", "exit 3"]);
    let finished = Process::start(&mut run).finish();
    (finished.status.code(), finished.stderr)
}

#[test]
fn where_it_is_and_who_can_read_it_is_told() {
    let (code, said) = launch("127.0.0.1", 0, &["-v"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("otel-run: metrics at http://127.0.0.1:"), "{said}");
    assert!(!said.contains("other machines"), "{said}");
    assert_eq!(
        launch("0.0.0.0", 0, &[]),
        (
            Some(3),
            "otel-run: OTEL_EXPORTER_PROMETHEUS_HOST=0.0.0.0: other machines can read the metrics\n".into()
        )
    );
}

#[test]
fn the_command_runs_without_the_endpoint() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let what =
        format!("cannot listen on 127.0.0.1:{port} for Prometheus: Address already in use (os error 98)");
    let from = "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT";
    assert_eq!(
        launch("127.0.0.1", port, &[]),
        (
            Some(3),
            format!("otel-run: {what} (from {from}); the command runs without the Prometheus endpoint\n")
        )
    );
    let hint = "another program has this port; choose one with --exporter_prometheus_port";
    assert_eq!(
        launch("127.0.0.1", port, &["--strict"]),
        (Some(125), format!("otel-run: {what}\n  from: {from}\n  hint: {hint}\n"))
    );
}
