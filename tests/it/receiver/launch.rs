//! The receiver's sockets, with the real program.

use crate::support::process::{OTEL_RUN, PATIENCE, Process, bare};
use crate::support::skip;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Instant;

/// Prints what it was told about its receiver, and stays.
const TELL: &str = "echo \"$OTEL_EXPORTER_OTLP_ENDPOINT $OTEL_EXPORTER_OTLP_HEADERS.\"; exec sleep 60";

fn tell(flags: &[&str]) -> Command {
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "console", "--metrics_exporter", "none", "--logs_exporter", "none"]);
    run.args(flags).args(["--", "sh", "-c", TELL]);
    run
}

/// A launch whose target tells where to send to.
struct Launch {
    process: Process,
    address: SocketAddr,
    token: String,
}

impl Launch {
    fn start(command: &mut Command) -> Launch {
        let mut process = Process::start(command);
        let told = process.until_stdout(".\n");
        let (endpoint, headers) = told.trim_end_matches(".\n").split_once(' ').unwrap();
        Launch {
            process,
            address: endpoint.strip_prefix("http://").unwrap().parse().unwrap(),
            token: headers.strip_prefix("x-otel-run-token=").unwrap().to_owned(),
        }
    }

    /// Sends a span and returns the status of the answer.
    fn ask(&self) -> u16 {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"hello"}]}]}]}"#;
        write!(
            stream,
            "POST /v1/traces HTTP/1.1\r\nhost: {}\r\nx-otel-run-token: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply[9..12].parse().unwrap()
    }
}

/// RCV-1, SEC-1, SEC-2: loopback, a port and a token of its own.
#[test]
fn launches_side_by_side_do_not_clash() {
    let launches: Vec<Launch> = (0..20).map(|_| Launch::start(&mut tell(&[]))).collect();
    for launch in &launches {
        assert_eq!(launch.ask(), 200);
        assert!(launch.address.ip().is_loopback());
        assert_eq!(launch.token.len(), 32);
        assert!(launch.token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    let mut all: Vec<_> = launches.iter().map(|launch| (launch.address.port(), &launch.token)).collect();
    all.sort();
    all.dedup_by(|a, b| a.0 == b.0 || a.1 == b.1);
    assert_eq!(all.len(), 20);
}

#[test]
fn a_taken_port_is_replaced_with_a_warning() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut launch = Launch::start(&mut tell(&["--ingress", &address]));
    assert_eq!(launch.ask(), 200);
    let expected = format!(
        "otel-run: cannot listen on {address}: the port is taken by process {} ({}); listening on {} instead\n",
        std::process::id(),
        std::fs::read_to_string("/proc/self/comm").unwrap().trim_end(),
        launch.address
    );
    let said = launch.process.until_stderr("\n");
    assert_eq!(said, expected);
}

#[test]
fn a_taken_port_is_an_error_where_that_is_wanted() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Process::start(&mut tell(&["--strict", "--ingress", &address])).finish();
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(125), ""));
    let expected = format!(
        "otel-run: cannot listen on {address}: the port is taken by process {} ({})\n  \
         from: --ingress or OTEL_RUN_INGRESS\n  \
         hint: any other port will do: leave --ingress out and the kernel chooses one\n",
        std::process::id(),
        std::fs::read_to_string("/proc/self/comm").unwrap().trim_end(),
    );
    assert_eq!(finished.stderr, expected);
}

#[test]
fn an_address_of_another_machine_is_replaced_with_a_warning() {
    let mut launch = Launch::start(&mut tell(&["--ingress", "192.0.2.1:4318"]));
    assert_eq!(launch.ask(), 200);
    let expected = format!(
        "otel-run: cannot listen on 192.0.2.1:4318: this machine does not have the address; \
         listening on {} instead\n",
        launch.address
    );
    assert_eq!(launch.process.until_stderr("\n"), expected);
}

/// SEC-1: more than loopback is possible, and never silent.
#[test]
fn an_open_address_is_warned_of() {
    let mut launch = Launch::start(&mut tell(&["--ingress", "0.0.0.0:0"]));
    assert!(launch.address.ip().is_loopback());
    assert_eq!(launch.ask(), 200);
    let warning = "otel-run: --ingress 0.0.0.0:0: other machines can reach the receiver (its token still protects it)\n";
    assert_eq!(launch.process.until_stderr("\n"), warning);
}

#[test]
fn localhost_is_both_loopback_addresses() {
    let launch = Launch::start(&mut tell(&["--ingress", "localhost:0"]));
    assert_eq!(launch.ask(), 200);
    if TcpListener::bind("[::1]:0").is_err() {
        return skip("IPv6");
    }
    let v6 = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, launch.address.port()));
    assert_eq!(Launch { address: v6, ..launch }.ask(), 200);
}

/// RCV-1: where there is only one of IPv4 and IPv6, that one is used.
#[test]
fn one_kind_of_address_is_enough() {
    if Process::start(&mut bare(["unshare", "-n", "true"])).finish().status.code() != Some(0) {
        return skip("the right to make a network namespace (root)");
    }
    let only = |setup: &str| {
        let script = format!("{setup}; exec \"$@\"");
        let mut run = bare(["unshare", "-n", "sh", "-e", "-c", &script, "sh", OTEL_RUN]);
        run.args(["--traces_exporter", "console", "--metrics_exporter", "none", "--", "sh", "-c"]);
        Process::start(run.arg("echo $OTEL_EXPORTER_OTLP_ENDPOINT")).finish().stdout
    };
    let v4 = only("ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6");
    assert!(v4.starts_with("http://127.0.0.1:"), "{v4}");
    let v6 = only("ip link set lo up; ip addr del 127.0.0.1/8 dev lo");
    assert!(v6.starts_with("http://[::1]:"), "{v6}");
}

/// RCV-11: without descriptors nothing can be accepted, and as soon as there are some it goes on.
#[test]
fn a_lack_of_descriptors_passes() {
    let limited = "ulimit -n 24; exec \"$@\"";
    let mut run = bare(["sh", "-c", limited, "sh", OTEL_RUN, "--traces_exporter", "console"]);
    run.args(["--metrics_exporter", "none", "--logs_exporter", "none", "--", "sh", "-c", TELL]);
    let mut launch = Launch::start(&mut run);
    assert_eq!(launch.ask(), 200);
    let held: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(launch.address).unwrap()).collect();
    launch.process.until_stderr("the receiver cannot accept a connection: Too many open files");
    // Those who hold connections and say nothing keep nobody out.
    let start = Instant::now();
    assert_eq!(launch.ask(), 200);
    assert!(start.elapsed() < PATIENCE);
    drop(held);
    assert_eq!(launch.ask(), 200);
}
