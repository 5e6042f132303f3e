//! A Java team's file in front of a FastAPI application: unchanged, and with the same outcome.

use super::Place;
use crate::support::process::{OTEL_RUN, Process, bare, eventually};
use crate::support::recorder::Recorder;
use crate::support::{free_port, venv};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

const APP: &str = "
import logging, sqlite3
from fastapi import FastAPI, HTTPException

app = FastAPI()
log = logging.getLogger('shop')
log.setLevel(logging.DEBUG)

@app.get('/health')
def health():
    return {}

@app.get('/orders/{number}')
def order(number: int):
    log.info('looked at order %d', number)
    log.warning('order %d of ann@example.com', number)
    with sqlite3.connect(':memory:') as database:
        database.execute('SELECT 1').fetchall()
    if number == 4:
        raise HTTPException(404)
    return {'number': number}
";

/// As its documentation has it, with what only Java needs.
const FILE: &str = r#"{
	"connectionString": "${CS}",
	"role": {"name": "orders", "instance": "${POD:-pod-1}"},
	"customDimensions": {"team": "${TEAM}", "tier": "web"},
	"sampling": {
		"percentage": 100,
		"overrides": [
			{"telemetryType": "request", "attributes": [{"key": "url.path", "value": "/health", "matchType": "strict"}], "percentage": 0}
		]
	},
	"instrumentation": {"logging": {"level": "WARN"}, "jdbc": {"enabled": false}},
	"heartbeat": {"intervalSeconds": 900},
	"selfDiagnostics": {"level": "warn", "destination": "console"},
	"preview": {
		"captureHttpServer4xxAsError": false,
		"statsbeat": {"disabled": true},
		"processors": [
			{
				"type": "attribute",
				"include": {"matchType": "regexp", "spanNames": ["^GET /orders"]},
				"actions": [{"key": "kind", "value": "order", "action": "insert"}],
				"id": "mark"
			},
			{
				"type": "log",
				"body": {"toAttributes": {"rules": ["(?<mail>[a-z]+@example\\.com)"]}}
			}
		]
	}
}"#;

fn get(port: u16, path: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server");
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

fn of<'a>(envelopes: &'a [Value], base_type: &str) -> Vec<&'a Value> {
    envelopes.iter().filter(|envelope| envelope["data"]["baseType"] == base_type).collect()
}

#[test]
fn unchanged() {
    let recorder = Recorder::start();
    let file = Place::of("applicationinsights.json", FILE);
    file.beside("main.py", APP);
    let venv = venv("sampling-lean", &["fastapi==0.165.0", "uvicorn==0.54.0"]);
    let port = free_port();
    let mut command = bare([OTEL_RUN]);
    let mut path = venv.join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env("VIRTUAL_ENV", &venv).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("CS", recorder.connection_string()).env("TEAM", "blue");
    command.env("APPLICATIONINSIGHTS_CONFIGURATION_FILE", file.path()).current_dir(file.folder.path());
    command.args(["--", "uvicorn", "--no-access-log", "--port", &port.to_string(), "main:app"]);
    let process = Process::start(&mut command);
    eventually("a connection", || TcpStream::connect(("127.0.0.1", port)).ok());
    ["/health", "/orders/1", "/orders/4"].into_iter().for_each(|path| get(port, path));
    process.signal(Signal::SIGTERM);
    let finished = process.finish();
    assert!(!finished.stderr.contains("otel-run:"), "{}", finished.stderr);

    let seen = recorder.wait(|seen| seen.of("RequestData").len() >= 2);
    assert_eq!(seen.faults(), Vec::<&str>::new());
    let envelopes: Vec<Value> = seen.envelopes().into_iter().cloned().collect();
    let requests = of(&envelopes, "RequestData");
    let mut told: Vec<(&str, bool)> = requests
        .iter()
        .map(|envelope| &envelope["data"]["baseData"])
        .map(|data| {
            (data["responseCode"].as_str().unwrap_or_default(), data["success"].as_bool().unwrap_or_default())
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("200", true), ("404", true)], "without /health, and 404 is no failure");
    assert_eq!(of(&envelopes, "RemoteDependencyData"), Vec::<&Value>::new(), "databases are switched off");
    for request in requests {
        let properties = &request["data"]["baseData"]["properties"];
        assert_eq!(
            (&properties["team"], &properties["tier"]),
            (&"blue".into(), &"web".into()),
            "{request:#}"
        );
        assert_eq!(properties["kind"], "order", "{request:#}");
        assert_eq!(request["tags"]["ai.cloud.role"], "orders");
        assert_eq!(request["tags"]["ai.cloud.roleInstance"], "pod-1");
    }
    let messages = of(&envelopes, "MessageData");
    let mut lines: Vec<_> = messages
        .iter()
        .map(|each| each["data"]["baseData"]["message"].as_str().unwrap_or_default())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, ["order 1 of {mail}", "order 4 of {mail}"], "information is below the level");
    for message in messages {
        let properties = &message["data"]["baseData"]["properties"];
        assert_eq!((&properties["mail"], &properties["team"]), (&"ann@example.com".into(), &"blue".into()));
    }
}
