//! `otel-run doctor` about real destinations.

use super::otel_run;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::sink::Sink;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// The checks of one area: verdict and words.
fn checks(report: &Value, area: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().expect("checks");
    checks
        .iter()
        .filter(|check| check["area"] == area)
        .map(|check| (text(&check["verdict"]), text(&check["what"])))
        .collect()
}

/// The report on these flags, with the exit status.
fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> (Value, i32) {
    let finished = otel_run(&[&["doctor", "--json"], arguments].concat(), variables);
    assert_eq!(finished.stderr, "", "{arguments:?}");
    let report = serde_json::from_str(&finished.stdout).expect("JSON");
    (report, finished.status.code().expect("a status"))
}

/// Where a collector listens that takes only requests with a token: the receiver of another
/// launch.
struct Collector {
    _process: Process,
    endpoint: String,
    headers: String,
}

impl Collector {
    fn start() -> Collector {
        let mut command = bare([OTEL_RUN]);
        for signal in ["traces", "metrics", "logs"] {
            command.args([&format!("--{signal}_exporter"), "none"]);
        }
        let script = "echo $OTEL_EXPORTER_OTLP_ENDPOINT $OTEL_EXPORTER_OTLP_HEADERS; exec sleep 60";
        command.args(["sh", "-c", script]);
        let mut process = Process::start(&mut command);
        let line = process.until_lines(1);
        let (endpoint, headers) = line.trim().split_once(' ').expect("two words");
        Collector { endpoint: endpoint.to_owned(), headers: headers.to_owned(), _process: process }
    }
}

#[test]
fn destinations_that_answer() {
    let collector = Collector::start();
    let Collector { endpoint, headers, .. } = &collector;
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let flags = ["--exporter_otlp_endpoint", endpoint, "--exporter_otlp_protocol", protocol];
        let (report, status) =
            doctor(&[&flags[..], &["true"]].concat(), &[("OTEL_EXPORTER_OTLP_HEADERS", headers)]);
        let reach = checks(&report, "reach");
        let urls = match protocol {
            "grpc" => vec![format!("traces, metrics, logs: {endpoint} answers (grpc)")],
            _ => ["traces", "metrics", "logs"]
                .map(|s| format!("{s}: {endpoint}/v1/{s} answers ({protocol})"))
                .to_vec(),
        };
        assert_eq!(reach, urls.into_iter().map(|what| ("ok".to_owned(), what)).collect::<Vec<_>>());
        assert_eq!((status, &report["ok"]), (0, &Value::Bool(true)));
    }
    let token = headers.split('=').next_back().expect("a token");
    let (report, _) = doctor(&["true"], &[("OTEL_EXPORTER_OTLP_HEADERS", headers)]);
    assert!(!report.to_string().contains(token), "the token is a secret");
}

#[test]
fn destinations_that_refuse() {
    let collector = Collector::start();
    for (protocol, refusal) in
        [("http/protobuf", "refuses: HTTP 401"), ("grpc", "refuses: gRPC UNAUTHENTICATED")]
    {
        let flags = [
            "--exporter_otlp_endpoint",
            &collector.endpoint,
            "--exporter_otlp_protocol",
            protocol,
            "--traces_exporter",
            "otlp",
            "--metrics_exporter",
            "none",
            "--logs_exporter",
            "none",
            "true",
        ];
        let (report, status) = doctor(&flags, &[]);
        let [(verdict, what)] = &checks(&report, "reach")[..] else { panic!("{report}") };
        assert!(verdict == "fail" && what.contains(refusal), "{what}");
        assert_eq!(status, 1);
        let text = otel_run(&[&["doctor"], &flags[..]].concat(), &[]).stdout;
        assert!(text.contains("hint: give it what it wants in OTEL_EXPORTER_OTLP_HEADERS\n"), "{text}");
    }
}

#[test]
fn nobody_there() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let flags = ["--exporter_otlp_endpoint", &format!("http://{closed}"), "true"];
    let (report, status) = doctor(&flags, &[]);
    let what = format!("traces, metrics, logs: http://{closed}: cannot connect: connection refused");
    assert_eq!(checks(&report, "reach"), [("fail".to_owned(), what)]);
    assert_eq!(status, 1);

    let (report, status) = doctor(&["--offline", flags[0], flags[1], "true"], &[]);
    assert_eq!(status, 0);
    assert!(checks(&report, "reach").iter().all(|(verdict, _)| verdict == "skipped"), "{report}");
}

/// There are servers that refuse a request of unsaid length.
#[test]
fn the_length_of_an_empty_request_is_said() {
    let sink = Sink::start();
    let (_, status) = doctor(&["--exporter_otlp_endpoint", &sink.url(), "true"], &[]);
    assert_eq!(status, 0);
    let seen = sink.seen();
    let lengths: Vec<_> = seen.requests.iter().map(|request| request.header("content-length")).collect();
    assert_eq!(lengths, [Some("0"); 3]);
}

/// A peer that speaks something else, and one that never speaks: doctor says so, and ends.
#[test]
fn strange_peers() {
    let html = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (there, nowhere) = (html.local_addr().expect("an address"), silent.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in html.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\x1b[2");
        }
    });
    let began = Instant::now();
    let flags = [
        "--exporter_otlp_traces_endpoint",
        &format!("http://{there}/x"),
        "--exporter_otlp_metrics_endpoint",
        &format!("http://{nowhere}/v1/metrics"),
        "--exporter_otlp_logs_endpoint",
        &format!("http://{there}"),
        "--exporter_otlp_logs_protocol",
        "grpc",
        "true",
    ];
    let (report, status) = doctor(&flags, &[]);
    let reach = checks(&report, "reach");
    assert_eq!(status, 1);
    assert_eq!(reach.len(), 3, "{report}");
    assert!(reach.iter().all(|(verdict, _)| verdict == "fail"), "{reach:?}");
    assert!(reach[0].1.starts_with(&format!("traces: http://{there}/x refuses: HTTP 404")), "{reach:?}");
    assert!(reach[1].1.contains("does not answer within 4 s"), "{reach:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(silent);
}

#[test]
fn settings_with_their_origin() {
    let flags = ["--offline", "--service_name", "shop", "--console_format=basic", "true"];
    let variables = [
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer s3cret"),
        ("OTEL_TRACE_EXPORTER", "console"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1m"),
    ];
    let finished = otel_run(&[&["doctor"], &flags[..]].concat(), &variables);
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    for line in [
        "  OTEL_TRACES_EXPORTER = otlp  (because nothing chooses: the specification's default)\n",
        "  OTEL_LOGS_EXPORTER = console  (environment)\n",
        "  OTEL_SERVICE_NAME = shop  (flag --service_name)\n",
        "  OTEL_EXPORTER_OTLP_HEADERS = authorization=***  (environment)\n",
        "  OTEL_RUN_CONSOLE_FORMAT = basic  (flag --console_format)\n",
        "  logs     console    stdout\n",
        "  warn     settings   OTEL_TRACE_EXPORTER is not a known variable\n",
        "hint: did you mean OTEL_TRACES_EXPORTER?\n",
        "  warn     settings   cannot use OTEL_METRIC_EXPORT_INTERVAL: \"1m\" is not a number of milliseconds; \
         the default holds (60000) (environment)\n",
        "hint: use 60000\n",
    ] {
        assert!(finished.stdout.contains(line), "{line:?} is missing in\n{}", finished.stdout);
    }
    assert!(!finished.stdout.contains("s3cret"));
}

#[test]
fn what_stands_in_the_way() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let flags = [
        "--offline",
        "--traces_exporter",
        "none",
        "--logs_exporter",
        "console",
        "--metrics_exporter",
        "prometheus",
        "--exporter_prometheus_host",
        "127.0.0.1",
        "--exporter_prometheus_port",
        &port,
        "--console_output",
        "/no/such/folder/file",
        "opentelemetry-instrument",
        "no-such-program",
    ];
    let (report, status) = doctor(&flags, &[("DD_SERVICE", "x"), ("JAVA_TOOL_OPTIONS", "-javaagent:/a.jar")]);
    assert_eq!(status, 1);
    let pair = |verdict: &str, what: String| (verdict.to_owned(), what);
    assert_eq!(
        checks(&report, "program"),
        [pair("fail", "cannot run opentelemetry-instrument: not found in PATH".to_owned())]
    );
    assert_eq!(
        checks(&report, "conflicts"),
        [
            pair("warn", "the command starts opentelemetry-instrument".to_owned()),
            pair(
                "warn",
                "DD_SERVICE is set: Datadog instruments the program, and otel-run's shims stay out of it"
                    .to_owned()
            ),
            pair("warn", "JAVA_TOOL_OPTIONS loads another agent (-javaagent)".to_owned()),
        ]
    );
    assert!(
        checks(&report, "host").contains(&pair(
            "fail",
            format!("Prometheus endpoint: cannot listen on 127.0.0.1:{port}: the port is taken")
        )),
        "{report}"
    );
    let [(verdict, what)] = &checks(&report, "reach")[..] else { panic!("{report}") };
    assert!(verdict == "fail" && what.starts_with("OTEL_RUN_CONSOLE_OUTPUT: "), "{what}");
    assert!(what.contains("/no/such/folder/file") && what.ends_with("(flag --console_output)"), "{what}");
}

#[test]
fn what_the_program_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = folder.path().join("venv/bin/python3");
    std::fs::create_dir_all(python.parent().expect("bin")).expect("a folder");
    std::fs::write(folder.path().join("venv/pyvenv.cfg"), "home = /usr/bin\n").expect("a file");
    let script = folder.path().join("serve");
    std::fs::write(&script, format!("#!{} -I\n", python.display())).expect("a script");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("permissions");
    let (report, _) = doctor(&["--offline", &script.display().to_string()], &[]);
    let venv = folder.path().join("venv");
    let what = format!(
        "{}: script for {} -I, of the virtual environment {}",
        script.display(),
        python.display(),
        venv.display()
    );
    assert_eq!(checks(&report, "program"), [("ok".to_owned(), what)]);
    let inject = checks(&report, "inject");
    assert!(inject.iter().any(|(verdict, what)| verdict == "warn" && what.contains("-I")), "{inject:?}");

    let (report, _) = doctor(&["--offline"], &[]);
    assert_eq!(checks(&report, "program"), [("skipped".to_owned(), "no command was given".to_owned())]);
}
