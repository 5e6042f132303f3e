//! Live Metrics against a stand-in of the service, over real sockets.

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::recorder::{Portal, Recorder};
use crate::support::tokens::{Reply, Tokens};
use otel_run::export::azure::live::{Field, Item, Kind, Live};
use otel_run::export::entra::Credential;
use otel_run::otlp::view::Attributes;
use otel_run::settings::{Application, CredentialSettings, Input, Secret, Settings, Typed, load};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a user sets for this recorder.
fn settings(connection: &str) -> Settings {
    let variables = [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", connection),
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=web,host.name=host1"),
    ];
    let environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: false, folder: Path::new("/") };
    load(input).expect("settings").settings
}

fn start(connection: &str) -> Arc<Live> {
    let settings = settings(connection);
    Live::start(&settings, settings.azure.as_ref().expect("azure"), None).expect("started")
}

fn request(live: &Live, name: &str, milliseconds: u64, success: bool) {
    let attributes = Attributes::default();
    live.observe(&Item {
        kind: Kind::Request,
        weight: 1.0,
        duration: milliseconds * 1_000_000,
        success,
        text: &|field| (field == Field::Name).then_some(Cow::Borrowed(name)),
        attributes: &attributes,
        told: &|_| false,
    });
}

/// Waits on a thread of its own: the service runs on the one of the test.
async fn wait<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(wait).await.expect("no panic")
}

#[tokio::test]
async fn somebody_watches_and_leaves() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    let live = start(&recorder.connection_string());
    let at = portal.clone();
    wait(move || {
        let seen = at.wait(|seen| seen.pings.len() == 2);
        let apart = seen.pings[1].0 - seen.pings[0].0;
        assert!(apart > Duration::from_millis(800), "{apart:?}");
        let ping = &seen.pings[0].1;
        assert_eq!((&ping["RoleName"], &ping["Instance"]), (&json!("web.shop"), &json!("host1")));
        assert_eq!(seen.etags, ["", ""]);
        drop(seen);
        at.watch(Some(json!({"Metrics": [{"Id": "mine", "TelemetryType": "Request", "FilterGroups": [],
            "Projection": "Count()", "Aggregation": "Sum", "BackEndAggregation": "Sum"}],
            "DocumentStreams": [{"Id": "all", "DocumentFilterGroups": [
                {"TelemetryType": "Request", "Filters": {"Filters": []}}]}]})));
        drop(at.wait(|seen| !seen.points.is_empty()));
    })
    .await;
    assert!(live.is_watched());
    request(&live, "good", 10, true);
    request(&live, "bad", 30, false);
    let at = portal.clone();
    wait(move || {
        drop(at.wait(|seen| seen.values("mine").contains(&2.0)));
        at.unwatch();
        let pings = at.seen().pings.len();
        drop(at.wait(|seen| seen.pings.len() > pings));
        let seen = at.seen();
        let sum: f64 = seen.values(r"\ApplicationInsights\Requests/Sec").iter().sum();
        let failed: f64 = seen.values(r"\ApplicationInsights\Requests Failed/Sec").iter().sum();
        assert!((0.6..=4.2).contains(&sum) && (0.3..=2.1).contains(&failed), "{sum} {failed}");
        assert!(seen.values(r"\ApplicationInsights\Request Duration").contains(&20.0));
        let documents = seen.documents();
        assert_eq!(documents.iter().map(|document| &document["Name"]).collect::<Vec<_>>(), ["bad", "good"]);
        assert_eq!(documents[0]["DocumentStreamIds"], json!(["all"]));
        assert_eq!(seen.etags.last().map(String::as_str), Some(""));
    })
    .await;
    assert!(!live.is_watched());
    live.stop();
    let connections = recorder.seen().connections;
    assert_eq!(connections, 1, "kept alive");
}

#[tokio::test]
async fn goes_where_the_service_leads_and_comes_back() {
    let (first, second) = (Recorder::start(), Recorder::start());
    let (at_first, at_second) = (Arc::new(Portal::at(&first)), Arc::new(Portal::at(&second)));
    at_first.redirect(&format!("{}/QuickPulseService.svc", second.url()));
    let live = start(&first.connection_string());
    let (one, two) = (at_first.clone(), at_second.clone());
    wait(move || {
        drop(two.wait(|seen| seen.pings.len() >= 2));
        assert_eq!(one.seen().pings.len(), 1);
        // Where it was led nobody answers any more.
        two.refuse(Some(503));
        drop(one.wait(|seen| seen.pings.len() == 2));
    })
    .await;
    live.stop();
}

#[tokio::test]
async fn is_not_led_to_strangers() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    for to in [
        "http://localhost:1/",
        "https://evil.example/",
        "https://westeurope.livediagnostics.monitor.azure.com",
    ] {
        let pings = portal.seen().pings.len();
        portal.redirect(to);
        let live = start(&recorder.connection_string());
        let at = portal.clone();
        wait(move || drop(at.wait(|seen| seen.pings.len() > pings + 1))).await;
        live.stop();
    }
}

#[tokio::test]
async fn shows_a_token_and_another_one_when_it_is_refused() {
    let (recorder, tokens) =
        (Recorder::start(), Tokens::start(|number, _| Reply::token(&format!("t{number}"), 3600)));
    let portal = Arc::new(Portal::at(&recorder));
    portal.require("t1");
    let application =
        Application { authority: tokens.url(), tenant: "t.example".to_owned(), client: "c".to_owned() };
    let credential = CredentialSettings::ClientSecret { application, secret: Secret::new("s") };
    let settings = settings(&recorder.connection_string());
    let azure = settings.azure.as_ref().expect("azure");
    let credential = Credential::new(&credential, &azure.connection.audience, None);
    let live = Live::start(&settings, azure, Some(credential)).expect("started");
    let at = portal.clone();
    wait(move || {
        let seen = at.wait(|seen| !seen.pings.is_empty());
        assert_eq!((seen.refused, &seen.tokens), (1, &vec![Some("t1".to_owned())]));
    })
    .await;
    live.stop();
    assert_eq!(tokens.asked().len(), 2);
}

#[tokio::test]
async fn a_service_that_refuses_is_asked_again() {
    let recorder = Recorder::start();
    let portal = Arc::new(Portal::at(&recorder));
    let live = start(&recorder.connection_string());
    let at = portal.clone();
    wait(move || {
        at.watch(None);
        drop(at.wait(|seen| !seen.points.is_empty()));
        at.refuse(Some(500));
        let points = at.wait(|seen| seen.refused == 2).points.len();
        at.refuse(None);
        drop(at.wait(|seen| seen.points.len() > points));
    })
    .await;
    assert!(live.is_watched());
    live.stop();
}

/// A program under otel-run that sends what it is given.
struct Program {
    process: Process,
    folder: TempDir,
    sent: usize,
}

impl Program {
    fn start(recorder: &Recorder, flags: &[&str]) -> Program {
        let mut command = bare([OTEL_RUN]);
        command.args(["--shim", "off", "--connection_string", &recorder.connection_string()]).args(flags);
        command.args(["--service_name", "shop", "--", "python3"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/azure/live.py"));
        let process = Process::start_with_stdin(&mut command, Stdio::piped());
        Program { process, folder: TempDir::new().expect("a folder"), sent: 0 }
    }

    /// Sends an OTLP request, and waits until it is taken.
    fn send(&mut self, signal: &str, request: &Value) {
        self.sent += 1;
        let path = self.folder.path().join(format!("{signal}-{}", self.sent));
        std::fs::write(&path, request.to_string()).expect("written");
        let stdin = self.process.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{}", path.display()).expect("a line");
        self.process.until_lines(self.sent);
    }

    fn spans(&mut self, spans: &[Value]) {
        self.send("traces", &json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}));
    }

    fn stop(mut self) -> Finished {
        drop(self.process.stdin.take());
        self.process.finish()
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

fn span(kind: u8, name: &str, milliseconds: u64, pairs: &[(&str, &str)]) -> Value {
    json!({"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": name, "kind": kind,
        "startTimeUnixNano": "1795000000000000000",
        "endTimeUnixNano": (1_795_000_000_000_000_000 + milliseconds * 1_000_000).to_string(),
        "attributes": attributes(pairs)})
}

fn served(route: &str, milliseconds: u64, status: &str) -> Value {
    let pairs =
        [("http.request.method", "GET"), ("http.route", route), ("http.response.status_code", status)];
    span(2, &format!("GET {route}"), milliseconds, &pairs)
}

const REQUESTS: &str = r"\ApplicationInsights\Request Duration";
const DEPENDENCIES: &str = r"\ApplicationInsights\Dependency Call Duration";

#[test]
fn a_program_is_watched() {
    let recorder = Recorder::start();
    let portal = Portal::at(&recorder);
    let mut program = Program::start(&recorder, &["--live_metrics", "on", "--sampling_percentage", "0"]);
    drop(portal.wait(|seen| !seen.pings.is_empty()));
    program.spans(&[served("/unseen", 1, "500")]);
    portal.watch(None);
    drop(portal.wait(|seen| seen.points.len() > 1));

    // A known load: its figures come within two seconds, before sampling, which drops all of it.
    let mut load: Vec<Value> = (0..8).map(|_| served("/good", 10, "200")).collect();
    load.extend([served("/bad", 30, "500"), served("/missing", 30, "404")]);
    load.push(span(3, "SELECT", 5, &[("db.system.name", "postgresql"), ("db.query.text", "SELECT 1")]));
    let mut failed =
        span(3, "GET", 25, &[("http.request.method", "GET"), ("url.full", "http://b.example/x")]);
    failed["status"] = json!({"code": 2});
    let raised = attributes(&[("exception.type", "ValueError"), ("exception.message", "no")]);
    failed["events"] = json!([{"name": "exception", "attributes": raised}]);
    load.push(failed);
    program.spans(&load);
    let told = Instant::now();
    let seen = portal.wait(|seen| seen.weight(REQUESTS) >= 10.0 && seen.documents().len() >= 4);
    let (came, _) = seen.points.last().expect("a point");
    // And one for a busy machine.
    assert!(came.duration_since(told) < Duration::from_secs(3), "{:?}", came.duration_since(told));
    assert_eq!((seen.weight(REQUESTS), seen.weight(DEPENDENCIES)), (10.0, 2.0));
    assert!(seen.values(REQUESTS).contains(&14.0) && seen.values(DEPENDENCIES).contains(&15.0));
    let once = |name: &str, count: f64| {
        let sum: f64 = seen.values(name).into_iter().sum();
        // The second is one only about.
        assert!((count / 3.0..=count * 2.1).contains(&sum), "{name}: {sum}");
    };
    once(r"\ApplicationInsights\Requests/Sec", 10.0);
    once(r"\ApplicationInsights\Requests Failed/Sec", 2.0);
    once(r"\ApplicationInsights\Dependency Calls Failed/Sec", 1.0);
    once(r"\ApplicationInsights\Exceptions/Sec", 1.0);
    let names: Vec<&str> = seen
        .documents()
        .into_iter()
        .filter_map(|document| document["Name"].as_str().or(document["ExceptionMessage"].as_str()))
        .collect();
    assert_eq!(names, ["GET /bad", "GET /missing", "GET /x", "no"]);
    assert!(seen.values(r"\Process\Physical Bytes").into_iter().all(|bytes| bytes > 1e6));
    assert!(!seen.values(r"\% Process\Processor Time Normalized").is_empty());
    drop(seen);

    // Somebody else comes, with wishes of their own.
    portal.watch(Some(json!({
        "Metrics": [{"Id": "slow", "TelemetryType": "Request", "Projection": "Count()", "Aggregation": "Sum",
            "BackEndAggregation": "Sum", "FilterGroups": [{"Filters": [
                {"FieldName": "Duration", "Predicate": "GreaterThan", "Comparand": "0.0:0:0.1"},
                {"FieldName": "CustomDimensions.tenant", "Predicate": "Equal", "Comparand": "blue"}]}]}],
        "DocumentStreams": [{"Id": "wishes", "DocumentFilterGroups": [
            {"TelemetryType": "Trace", "Filters": {"Filters": [
                {"FieldName": "Message", "Predicate": "Contains", "Comparand": "paid"}]}}]}]})));
    drop(portal.wait(|seen| !seen.values("slow").is_empty()));
    let documents = portal.seen().documents().len();
    let tenant = |milliseconds, tenant| span(2, "work", milliseconds, &[("tenant", tenant)]);
    program.spans(&[tenant(200, "blue"), tenant(200, "red"), tenant(50, "blue"), served("/bad", 1, "500")]);
    let record = |body: &str| json!({"body": {"stringValue": body}});
    let records = [record("order paid"), record("order sent")];
    program.send("logs", &json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}));
    let seen = portal.wait(|seen| seen.values("slow").contains(&1.0) && seen.documents().len() > documents);
    assert_eq!(seen.weight("slow"), 1.0);
    let new = &seen.documents()[documents..];
    assert_eq!(
        (new.len(), &new[0]["Message"], &new[0]["DocumentStreamIds"]),
        (1, &json!("order paid"), &json!(["wishes"]))
    );
    drop(seen);

    // Nobody watches: pings again, and nothing of what happens is told.
    portal.unwatch();
    let pings = portal.seen().pings.len();
    drop(portal.wait(|seen| seen.pings.len() > pings));
    let points = portal.seen().points.len();
    program.spans(&[served("/unseen", 1, "500")]);
    drop(portal.wait(|seen| seen.pings.len() > pings + 2));
    assert_eq!(portal.seen().points.len(), points);
    let finished = program.stop();
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""));
    let seen = recorder.seen();
    assert!(seen.of("RequestData").is_empty() && seen.faults().is_empty(), "{:?}", seen.faults());
}

#[test]
fn nothing_is_asked_unless_it_is_wanted() {
    let recorder = Recorder::start();
    let portal = Portal::at(&recorder);
    let mut program = Program::start(&recorder, &[]);
    program.spans(&[served("/", 1, "200")]);
    drop(recorder.wait(|seen| !seen.of("RequestData").is_empty()));
    assert_eq!(program.stop().status.code(), Some(0));
    assert!(portal.seen().pings.is_empty());
    assert!(recorder.seen().others.is_empty());
}

/// No service of Live Metrics at all: the rest goes on, without a word.
#[test]
fn without_the_service_everything_else_works() {
    let recorder = Recorder::start();
    let mut program = Program::start(&recorder, &["--live_metrics", "on"]);
    program.spans(&[served("/", 1, "200")]);
    drop(recorder.wait(|seen| !seen.of("RequestData").is_empty() && !seen.others.is_empty()));
    let finished = program.stop();
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(finished.status.code(), Some(0));
    assert_eq!(
        lines,
        [
            "otel-run: Live Metrics: HTTP 404; is LiveEndpoint right? Copy the whole connection string from the portal"
        ]
    );
}
