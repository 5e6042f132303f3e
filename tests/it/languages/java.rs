//! A Spring Boot server with the official Java agent.

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::sink::{Seen, Sink};
use crate::support::{java, skip};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use otel_run::otlp::Decoded;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Two JVMs that load every class by force of two busy cores.
const START: Duration = Duration::from_secs(150);
const SERVER: i32 = 2;

/// `words` without anything that changes a JVM.
fn clean<S: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = S>) -> Command {
    let mut command = bare(words);
    for name in ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "MAVEN_OPTS"] {
        command.env_remove(name);
    }
    command
}

/// Starts the server, asks it, and stops it as an operator would once `enough` is there.
fn serve(command: &mut Command, paths: &[&str], enough: impl Fn() -> bool) -> Finished {
    let mut process = Process::start(command);
    let said = process.until_stdout_within("Started Shop", START);
    let port = said.split("started on port ").nth(1).and_then(|rest| rest.split(' ').next());
    let address = format!("127.0.0.1:{}", port.expect("a port"));
    for path in paths {
        let mut stream = TcpStream::connect(&address).expect("the server");
        stream.set_read_timeout(Some(START)).expect("a timeout");
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        assert!(response.starts_with("HTTP/1.1 "), "{response}");
    }
    let begin = Instant::now();
    while !enough() {
        assert!(begin.elapsed() < START, "not enough");
        std::thread::sleep(Duration::from_millis(100));
    }
    process.signal(Signal::SIGTERM);
    process.finish_within(START)
}

/// What is printed, without times, numbers of processes and ports, and without the frames of a stack, among which are
/// the agent's.
fn masked(text: &str) -> Vec<String> {
    let hide = |line: &str| -> String { line.chars().filter(|letter| !letter.is_ascii_digit()).collect() };
    let mut lines: Vec<String> = text.lines().filter(|line| !line.starts_with("\tat ")).map(hide).collect();
    lines.sort();
    lines
}

#[derive(Default)]
struct Received {
    spans: Vec<Span>,
    /// Body and trace.
    logs: Vec<(String, Vec<u8>)>,
    metrics: BTreeSet<String>,
}

fn received(seen: &Seen) -> Received {
    let mut received = Received::default();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        match request.batch.decoded().expect("OTLP") {
            Decoded::Traces(request) => {
                let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
                received.spans.extend(scopes.flat_map(|scope| &scope.spans).cloned());
            }
            Decoded::Logs(request) => {
                let scopes = request.resource_logs.iter().flat_map(|group| &group.scope_logs);
                for record in scopes.flat_map(|scope| &scope.log_records) {
                    let body = record.body.as_ref().and_then(|body| body.value.clone());
                    if let Some(Value::StringValue(body)) = body {
                        received.logs.push((body, record.trace_id.clone()));
                    }
                }
            }
            Decoded::Metrics(request) => {
                let scopes = request.resource_metrics.iter().flat_map(|group| &group.scope_metrics);
                received
                    .metrics
                    .extend(scopes.flat_map(|scope| &scope.metrics).map(|metric| metric.name.clone()));
            }
        }
    }
    received
}

#[test]
fn a_spring_boot_server() {
    let java = java();
    let folder = tempfile::tempdir().expect("a folder");
    let blank = folder.path().join("my agents");
    std::fs::create_dir(&blank).expect("a folder");
    let agent = blank.join("opentelemetry-javaagent.jar");
    std::os::unix::fs::symlink(&java.agent, &agent).expect("a link");
    let sink = Sink::start();
    let paths = ["/", "/items/3", "/items/100"];
    let server = ["java", "-jar", java.shop.to_str().expect("UTF-8"), "--server.port=0"];
    let mut run = clean([OTEL_RUN, "--exporter_otlp_endpoint", &sink.url(), "--host_metrics", "off"]);
    run.args(["--metric_export_interval", "1000"]).arg("--java_agent").arg(&agent).arg("--").args(server);
    // The agent begins to measure the JVM a while after the start.
    let measured = || received(&sink.seen()).metrics.contains("jvm.memory.used");
    let ours = serve(&mut run, &paths, measured);
    let alone = serve(&mut clean(server), &paths, || true);

    assert_eq!((ours.status, alone.status.code()), (alone.status, Some(143)), "{ours:?}");
    assert_eq!(masked(&ours.stdout), masked(&alone.stdout));
    let jvm: Vec<&str> = ours.stderr.lines().filter(|line| !alone.stderr.contains(line)).collect();
    let note = format!("NOTE: Picked up JDK_JAVA_OPTIONS: -javaagent:'{}'", agent.display());
    assert_eq!(jvm.first(), Some(&note.as_str()));
    assert!(
        jvm.iter().skip(1).all(|line| line.contains(" VM warning: Sharing is only supported")),
        "{jvm:?}"
    );

    let received = received(&sink.seen());
    let served: Vec<&Span> = received.spans.iter().filter(|span| span.kind == SERVER).collect();
    let names: Vec<&str> = served.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["GET /", "GET /items/{id}", "GET /items/{id}"]);
    let log = received.logs.iter().find(|(body, _)| body == "item 3 was asked for").expect("the log record");
    assert_eq!(log.1, served[1].trace_id);
    let error = served[2].attributes.iter().any(|pair| pair.key == "error.type");
    assert!(error, "{:?}", served[2]);
    for name in ["http.server.request.duration", "jvm.memory.used", "jvm.thread.count"] {
        assert!(received.metrics.contains(name), "{name}: {:?}", received.metrics);
    }
}

/// A program that says who it is.
const HELLO: &str = "
public class Hello {
    public static void main(String[] words) {
        System.out.println(\"hello \" + words.length);
        System.err.println(\"to stderr\");
        System.exit(7);
    }
}";

/// `Hello`, compiled, in a folder that everybody can read.
fn hello() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
    let source = folder.path().join("Hello.java");
    std::fs::write(&source, HELLO).expect("a file");
    let output = clean(["javac"]).arg(&source).output().expect("javac");
    assert!(output.status.success(), "{output:?}");
    folder
}

/// Runs `before` and `java Hello` under otel-run with this agent; what it says on stderr before the program does.
#[track_caller]
fn with_agent(agent: &Path, before: &[&str]) -> String {
    let folder = hello();
    let mut run = clean([
        OTEL_RUN,
        "--traces_exporter",
        "none",
        "--metrics_exporter",
        "none",
        "--logs_exporter",
        "none",
    ]);
    run.arg("--java_agent").arg(agent).arg("--").args(before).args(["java", "-cp"]).arg(folder.path());
    let finished = Process::start(run.args(["Hello", "a", "b"])).finish_within(START);
    assert_eq!((finished.stdout.as_str(), finished.status.code()), ("hello 2\n", Some(7)), "{finished:?}");
    finished.stderr.strip_suffix("to stderr\n").unwrap_or_else(|| panic!("{finished:?}")).to_owned()
}

/// STA-4: the JVM would not start with any of these.
#[test]
fn an_agent_that_cannot_be_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.jar");
    let whole = std::fs::read(java().agent).expect("the agent");
    std::fs::write(&broken, whole.get(..100_000).expect("a part")).expect("a file");
    for (agent, reason) in
        [("/absent.jar", "no such file"), (broken.to_str().expect("UTF-8"), "not a complete jar")]
    {
        let said = with_agent(Path::new(agent), &[]);
        assert_eq!(said, format!("otel-run: no Java instrumentation: {agent}: {reason}\n"));
    }
}

/// SEC-12: as root, in front of what becomes somebody else, who could not read the agent.
#[test]
fn an_agent_that_another_user_cannot_read() {
    if !nix::unistd::geteuid().is_root() {
        return skip("root, to become another user");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let agent = folder.path().join("agent.jar");
    std::fs::copy(java().agent, &agent).expect("a copy");
    std::fs::set_permissions(&agent, PermissionsExt::from_mode(0o600)).expect("permissions");
    let said = with_agent(&agent, &["setpriv", "--reuid", "65534", "--clear-groups"]);
    let reason = "users other than root cannot read it, and the program may become one";
    assert_eq!(said, format!("otel-run: no Java instrumentation: {}: {reason}\n", agent.display()));
}

/// Tools of the JDK stay as they are below a script that starts Java, too.
#[test]
fn tools_of_the_jdk_do_not_load_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("start");
    std::fs::write(&script, "#!/bin/sh\njavac -version\nexec java -version\n").expect("a script");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("permissions");
    let mut run = clean([
        OTEL_RUN,
        "--traces_exporter",
        "none",
        "--metrics_exporter",
        "none",
        "--logs_exporter",
        "none",
    ]);
    run.arg("--java_agent").arg(java().agent).arg("--").arg(&script);
    let finished = Process::start(&mut run).finish_within(START);
    let tool = Process::start(&mut clean(["javac", "-version"])).finish();
    assert!(finished.stdout.starts_with(&tool.stdout), "{finished:?}");
    assert!(finished.stderr.starts_with("NOTE: Picked up JDK_JAVA_OPTIONS: "), "{finished:?}");
    assert_eq!(finished.stderr.matches("Picked up").count(), 1, "{finished:?}");
}
