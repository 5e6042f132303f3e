//! The proxy of the environment (EXP-13): the real program, and a destination that only the proxy knows.

use super::*;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::proxy::{Asked, Proxy};

fn run(variable: &str, sink: &Sink, status: u16) -> (Vec<Asked>, String) {
    let proxy = Proxy::start(sink.address(), status);
    let mut command = bare([OTEL_RUN]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env(variable, format!("http://me:s3cret@{}", proxy.address));
    command.args(["--exporter_otlp_endpoint", "http://collector.invalid:4318", "--", "true"]);
    let finished = Process::start(&mut command).finish();
    assert!(finished.status.success(), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    (proxy.asked(), finished.stderr)
}

#[test]
fn is_asked_by_connect() {
    for variable in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        let sink = Sink::start();
        let (asked, stderr) = run(variable, &sink, 200);
        let authorization = Some("Basic bWU6czNjcmV0".to_owned());
        let expected = Asked { request: "CONNECT collector.invalid:4318".to_owned(), authorization };
        assert!(!asked.is_empty() && asked.iter().all(|asked| *asked == expected), "{asked:?}");
        assert!(!sink.seen().requests.is_empty(), "{stderr}");
    }
}

#[test]
fn that_refuses_is_named() {
    let sink = Sink::start();
    let (asked, stderr) = run("http_proxy", &sink, 403);
    assert!(!asked.is_empty());
    assert!(stderr.contains(": does not connect to collector.invalid:4318"), "{stderr}");
    assert_eq!(sink.seen().connections, 0);
}
