//! The shop under otel-run, and what it has told to Azure Monitor and by OTLP.

use crate::support::process::{Finished, Process, bare, eventually};
use crate::support::recorder::Recorder;
use crate::support::sink::Sink;
use crate::support::{process, venv};
use nix::sys::signal::Signal as Sign;
use otel_run::otlp::view::{self, LogRecord, Span};
use otel_run::otlp::{Batch, Signal};
use otel_run::process::sample::applied_rate;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What arrived of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trace {
    /// The name of its request, if that is there.
    pub(super) request: Option<String>,
    pub(super) dependencies: usize,
    /// Texts of its log records.
    pub(super) lines: Vec<String>,
    /// The percentage of each of its items.
    pub(super) rates: Vec<f64>,
    /// Milliseconds, of the request.
    pub(super) duration: u64,
}

/// By trace id in hexadecimal digits.
pub(super) type Traces = BTreeMap<String, Trace>;

pub(super) struct Shop {
    pub(super) recorder: Recorder,
    pub(super) sink: Sink,
    process: Option<Process>,
    address: String,
}

/// Without any OpenTelemetry package.
pub(super) fn lean() -> PathBuf {
    venv("sampling-lean", &["fastapi==0.165.0", "uvicorn==0.54.0"])
}

/// With the application's own.
pub(super) fn official() -> PathBuf {
    venv(
        "sampling-official",
        &[
            "fastapi==0.165.0",
            "uvicorn==0.54.0",
            "opentelemetry-distro==0.66b1",
            "opentelemetry-instrumentation-fastapi==0.66b1",
            "opentelemetry-instrumentation-sqlite3==0.66b1",
        ],
    )
}

impl Shop {
    /// Spans and log records go to both destinations, metrics to Azure.
    pub(super) fn start(venv: &Path, flags: &[&str]) -> Shop {
        let (recorder, sink) = (Recorder::start(), Sink::start());
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let mut command = bare([process::OTEL_RUN]);
        let mut path = venv.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path).env("VIRTUAL_ENV", venv).env("PYTHONDONTWRITEBYTECODE", "1");
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sampling"));
        command.args(["-v", "--traces_exporter", "azure,otlp", "--logs_exporter", "azure,otlp"]);
        command.args(["--metrics_exporter", "azure", "--host_metrics", "off", "--service_name", "shop"]);
        command.args(["--connection_string", &recorder.connection_string()]);
        command.args(["--exporter_otlp_endpoint", &sink.url()]).args(flags);
        command.args(["--", "uvicorn", "--no-access-log", "--port", &port.to_string(), "app:app"]);
        let process = Process::start(&mut command);
        let address = format!("127.0.0.1:{port}");
        eventually("a connection", || TcpStream::connect(&address).ok());
        Shop { recorder, sink, process: Some(process), address }
    }

    /// The status of the answer.
    pub(super) fn get(&self, path: &str, headers: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).expect("the server");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Stops the server as an operator would.
    pub(super) fn stop(&mut self) -> Finished {
        let process = self.process.take().expect("a server");
        process.signal(Sign::SIGTERM);
        process.finish()
    }

    pub(super) fn azure(&self) -> Traces {
        let seen = self.recorder.seen();
        assert_eq!(seen.faults(), Vec::<&str>::new());
        let mut traces = Traces::new();
        for envelope in seen.envelopes() {
            let data = &envelope["data"]["baseData"];
            let Some(id) = envelope["tags"]["ai.operation.id"].as_str() else { continue };
            let trace = traces.entry(id.to_owned()).or_default();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match envelope["data"]["baseType"].as_str() {
                Some("RequestData") => {
                    trace.request = Some(text(&data["name"]));
                    trace.duration = millis(&text(&data["duration"]));
                }
                Some("RemoteDependencyData") => trace.dependencies += 1,
                Some("MessageData") => trace.lines.push(text(&data["message"])),
                _ => {}
            }
            trace.rates.push(envelope["sampleRate"].as_f64().unwrap_or(100.0));
        }
        traces
    }

    pub(super) fn otlp(&self) -> Traces {
        let mut traces = Traces::new();
        for request in &self.sink.seen().requests {
            of_otlp(&request.batch, &mut traces);
        }
        traces
    }

    /// Requests that the standard metrics have counted.
    pub(super) fn counted(&self) -> f64 {
        let seen = self.recorder.seen();
        let metrics = seen.of("MetricData").into_iter().map(|envelope| &envelope["data"]["baseData"]);
        let ours = metrics.filter(|data| data["properties"]["_MS.MetricId"] == "requests/duration");
        ours.filter_map(|data| data["metrics"][0]["count"].as_f64()).sum()
    }
}

fn of_otlp(batch: &Batch, traces: &mut Traces) {
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let groups = view::groups(batch.bytes());
    for item in groups.flat_map(|group| group.scopes()).flat_map(|scope| scope.items()) {
        if batch.signal() == Signal::Logs {
            let record = LogRecord::read(item).expect("a record");
            if record.trace_id.is_empty() {
                continue;
            }
            let trace = traces.entry(hex(record.trace_id)).or_default();
            trace.lines.extend(record.body.as_text().map(str::to_owned));
            continue;
        }
        let span = Span::read(item).expect("a span");
        let trace = traces.entry(hex(span.trace_id)).or_default();
        trace.rates.push(applied_rate(&span.attributes, &span.trace_state));
        match span.kind {
            view::SpanKind::Server => {
                trace.request = Some(span.name.into_owned());
                trace.duration = (span.end - span.start) / 1_000_000;
            }
            view::SpanKind::Client => trace.dependencies += 1,
            _ => {}
        }
    }
}

/// `0.00:00:01.2345678` in milliseconds.
fn millis(duration: &str) -> u64 {
    let seconds =
        duration.rsplit(':').next().and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or_default();
    let minutes =
        duration.rsplit(':').nth(1).and_then(|minutes| minutes.parse::<u64>().ok()).unwrap_or_default();
    minutes * 60_000 + (seconds * 1e3) as u64
}
