//! Azure Monitor's own OTLP endpoints: the short form, tokens, and what the service insists on.

use crate::support::batches::numbered;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::proxy::Proxy;
use crate::support::sink::{Request, Sink, Step};
use crate::support::tokens::{Reply, Tokens};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use otel_run::export::entra::Credential;
use otel_run::export::otlp::OtlpExporter;
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::Signal;
use otel_run::settings::{
    Application, Compression, CredentialSettings, EntraSettings, HostPort, OtlpSettings, Protocol,
    ProxySettings, Secret,
};
use prost::Message;
use std::process::Command;
use std::time::Duration;

pub(super) const RULE: &str = "dcr-0123456789abcdef0123456789abcdef";

/// The token that a request carries.
pub(super) fn token_of(request: &Request) -> &str {
    request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

/// What the service refuses with 400, 411 or 415.
fn assert_as_the_service_wants_it(request: &Request, signal: Signal) {
    let stream = match signal {
        Signal::Traces => "Microsoft-OTLP-Traces",
        Signal::Metrics => "Custom-Metrics-Otel",
        Signal::Logs => "Microsoft-OTLP-Logs",
    };
    let expected = format!("/datacollectionRules/{RULE}/streams/{stream}/otlp{}", signal.path());
    assert_eq!(request.path, expected);
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("content-length"), Some(&*request.body.len().to_string()));
    assert_eq!(request.header("transfer-encoding"), None);
}

fn settings(sink: &Sink, tokens: &Tokens, signal: Signal) -> OtlpSettings {
    let application = Application {
        authority: tokens.url(),
        tenant: "contoso.com".to_owned(),
        client: "client-1".to_owned(),
    };
    OtlpSettings {
        url: format!("{}{}", sink.url(), signal.path()),
        protocol: Protocol::HttpProtobuf,
        headers: vec![("authorization".to_owned(), Secret::new("Basic old"))],
        certificate: None,
        client_certificate: None,
        client_key: None,
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        proxy: None,
        entra: Some(EntraSettings {
            credential: CredentialSettings::ClientSecret { application, secret: Secret::new("s3cret") },
            audience: "https://monitor.azure.com".to_owned(),
        }),
        by_default: false,
    }
}

fn ten_spans() -> Parcel {
    let batch = numbered(Signal::Traces, 0..10);
    Parcel { signal: Signal::Traces, items: 10, bytes: batch.bytes().len(), batches: vec![batch] }
}

fn again() -> Outcome {
    Outcome::Retry { after: None, message: String::new(), maybe_received: false }
}

#[tokio::test]
async fn any_2xx_is_success_and_a_refused_token_is_replaced_once() {
    let tokens = Tokens::start(|number, _| Reply::token(&format!("t{number}"), 3600));
    let sink = Sink::start();
    let mut exporter =
        OtlpExporter::new(Signal::Traces, &settings(&sink, &tokens, Signal::Traces)).expect("an exporter");
    sink.script([200, 202, 204, 401, 204, 401, 403, 429, 400].map(Step::status));
    let parcel = ten_spans();
    for _ in 0..3 {
        assert_eq!(exporter.export(&parcel).await, Outcome::DELIVERED);
    }
    assert_eq!(exporter.export(&parcel).await, again(), "401: at once, with another token");
    assert_eq!(exporter.export(&parcel).await, Outcome::DELIVERED);
    let place = sink.url();
    let waits = |message: &str| Outcome::Retry {
        after: None,
        message: format!("{place}: {message}"),
        maybe_received: false,
    };
    assert_eq!(
        exporter.export(&parcel).await,
        waits(
            "HTTP 401 Unauthorized; the token by client secret (application client-1 of tenant contoso.com) is not \
             accepted"
        ),
        "the data waits"
    );
    assert_eq!(
        exporter.export(&parcel).await,
        waits(
            "HTTP 403 Forbidden; the credential lacks the role \"Monitoring Metrics Publisher\" on the data collection \
             rule (a new assignment takes some minutes)"
        )
    );
    assert_eq!(exporter.export(&parcel).await, waits("HTTP 429 Too Many Requests"));
    assert!(
        matches!(exporter.export(&parcel).await, Outcome::Rejected { reason, .. } if reason == "HTTP 400")
    );

    let seen = sink.seen();
    let sent: Vec<_> = seen.requests.iter().map(token_of).collect();
    assert_eq!(sent, ["t0", "t0", "t0", "t0", "t1", "t1", "t1", "t1", "t1"]);
    assert_eq!(tokens.asked().len(), 2);
    assert_eq!(tokens.asked()[0].of_form("scope"), "https://monitor.azure.com/.default");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_the_reason_is_told() {
    let tokens = Tokens::start(|_, _| Reply::new(503, ""));
    let sink = Sink::start();
    let mut exporter =
        OtlpExporter::new(Signal::Traces, &settings(&sink, &tokens, Signal::Traces)).expect("an exporter");
    let Outcome::Retry { after: Some(after), message, maybe_received: false } =
        exporter.export(&ten_spans()).await
    else {
        panic!("it is to be tried again")
    };
    assert!(after > Duration::ZERO && after <= Duration::from_millis(1340), "{after:?}");
    assert_eq!(
        message,
        format!(
            "{}: no Entra token by client secret (application client-1 of tenant contoso.com): {}: HTTP 503",
            sink.url(),
            tokens.url()
        )
    );
    assert_eq!(sink.seen().connections, 0);
}

/// otel-run with the short form and a client secret.
fn short(sink: &Sink, tokens: &Tokens) -> Command {
    let mut command = bare([OTEL_RUN]);
    command.args(["--azure_otlp", &format!("dce={},metrics_dce={},dcr={RULE}", sink.url(), sink.url())]);
    for variable in [
        &format!("AZURE_AUTHORITY_HOST={}", tokens.url()),
        "AZURE_TENANT_ID=contoso.com",
        "AZURE_CLIENT_ID=client-1",
        "AZURE_CLIENT_SECRET=s3cret",
    ] {
        command.args(["-E", variable]);
    }
    command.args(["--shim", "off", "--grace", "20"]);
    command
}

/// Sends a request of each signal, then tells what it was given.
const PROGRAM: &str = r#"
import os, sys, urllib.request
name, _, value = os.environ["OTEL_EXPORTER_OTLP_HEADERS"].partition("=")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for signal, path in zip(["traces", "metrics", "logs"], sys.argv[1:]):
    headers = {name: value, "Content-Type": "application/x-protobuf"}
    url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/" + signal
    opener.open(urllib.request.Request(url, open(path, "rb").read(), headers), timeout=20)
for name in ["TEMPORALITY_PREFERENCE", "DEFAULT_HISTOGRAM_AGGREGATION"]:
    print(os.environ.get("OTEL_EXPORTER_OTLP_METRICS_" + name))
print(os.environ.get("AZURE_CLIENT_ID"), os.environ.get("OTEL_RUN_AZURE_OTLP"), flush=True)
"#;

fn program(folder: &tempfile::TempDir) -> Vec<String> {
    let mut words = vec!["python3".to_owned(), "-c".to_owned(), PROGRAM.to_owned()];
    for signal in Signal::ALL {
        let file = folder.path().join(signal.name());
        std::fs::write(&file, numbered(signal, 0..10).bytes()).expect("written");
        words.push(file.display().to_string());
    }
    words
}

#[test]
fn the_short_form_delivers_every_signal_with_one_token() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    let tokens = Tokens::start(|_, _| Reply::token("t0k3n", 3600));
    let finished = Process::start(short(&sink, &tokens).arg("-vv").args(program(&folder))).finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert_eq!(finished.stdout, "delta\nbase2_exponential_bucket_histogram\nclient-1 None\n");
    assert!(!finished.stderr.contains("t0k3n") && !finished.stderr.contains("s3cret"), "{}", finished.stderr);
    let seen = sink.seen();
    for signal in Signal::ALL {
        let of_signal: Vec<_> = seen.requests.iter().filter(|r| r.batch.signal() == signal).collect();
        assert!(!of_signal.is_empty(), "{signal}");
        for request in of_signal {
            assert_as_the_service_wants_it(request, signal);
            assert_eq!(token_of(request), "t0k3n");
        }
    }
    assert_eq!(seen.accepted(Signal::Traces), (0..10).collect::<Vec<_>>());
    // One more tells how the program ended.
    assert_eq!(seen.accepted(Signal::Logs)[..10], (0..10).collect::<Vec<_>>());
    assert_eq!(tokens.asked().len(), 1, "one token for all signals");

    // Our own measurements are deltas too.
    let mut sums = 0;
    for request in seen.requests.iter().filter(|request| request.batch.signal() == Signal::Metrics) {
        let message = ExportMetricsServiceRequest::decode(&*request.plain).expect("metrics");
        let resources = message.resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        for metric in
            scopes.filter(|s| s.scope.as_ref().is_some_and(|s| s.name == "otel-run")).flat_map(|s| s.metrics)
        {
            if let Some(Data::Sum(sum)) = metric.data
                && sum.is_monotonic
            {
                assert_eq!(sum.aggregation_temporality, 1, "{}", metric.name);
                sums += 1;
            }
        }
    }
    assert!(sums > 0);
}

/// A launch is not held up by an authority that is down, and what was sent meanwhile is delivered
/// once there is a token.
#[test]
fn an_authority_that_is_down_at_the_start() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    let tokens = Tokens::start(|number, _| match number {
        0 => Reply::new(503, ""),
        _ => Reply::token("t0k3n", 3600),
    });
    let mut words = program(&folder);
    words[2].push_str("\nsys.stdin.readline()\n");
    let mut process =
        Process::start_with_stdin(short(&sink, &tokens).args(words), std::process::Stdio::piped());
    process.until_stdout("client-1");
    process.until_stderr("HTTP 503; keeping data and trying again");
    let seen = sink.wait(|seen| !seen.accepted(Signal::Traces).is_empty());
    assert_eq!(seen.accepted(Signal::Traces), (0..10).collect::<Vec<_>>());
    drop(seen);
    drop(sink.wait(|seen| !seen.accepted(Signal::Logs).is_empty()));
    drop(process.stdin.take());
    let finished = process.finish();
    assert!(finished.status.success());
    assert_eq!(finished.stderr.lines().count(), 1, "one warning: {}", finished.stderr);
}

/// One that swallows requests holds up neither the start nor, beyond the grace, the end.
#[test]
fn an_authority_that_never_answers() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    let tokens = Tokens::start(|_, _| Reply::hang());
    let start = std::time::Instant::now();
    let mut command = short(&sink, &tokens);
    let finished = Process::start(command.args(["--grace", "0.5"]).args(program(&folder))).finish();
    assert!(finished.status.success());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(
        finished.stderr.contains("0 of 10 spans delivered, 10 dropped (not delivered in time)"),
        "{}",
        finished.stderr
    );
    assert!(sink.seen().requests.is_empty());
}

/// Whole URLs, as the portal shows them, with a token by `--otlp_auth`.
#[test]
fn whole_urls() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    let tokens = Tokens::start(|_, _| Reply::token("t0k3n", 3600));
    let mut command = bare([OTEL_RUN]);
    for signal in Signal::ALL {
        let flag = format!("--exporter_otlp_{}_endpoint", signal.name());
        command.args([&flag, &format!("{}/whole{}", sink.url(), signal.path())]);
    }
    command.args(["--otlp_auth", "entra", "--otlp_audience", "https://monitor.azure.us", "--shim", "off"]);
    let authority = format!("AZURE_AUTHORITY_HOST={}", tokens.url());
    command.args(["-E", &authority, "-E", "AZURE_TENANT_ID=t", "-E", "AZURE_CLIENT_ID=c"]);
    command.args(["-E", "AZURE_CLIENT_SECRET=s3cret", "--grace", "20"]);
    let finished = Process::start(command.args(program(&folder))).finish();
    assert_eq!(finished.stderr, "");
    let seen = sink.seen();
    assert!(seen.requests.iter().all(|r| token_of(r) == "t0k3n" && r.path.starts_with("/whole/v1/")));
    assert_eq!(seen.accepted(Signal::Traces), (0..10).collect::<Vec<_>>());
    assert_eq!(tokens.asked()[0].of_form("scope"), "https://monitor.azure.us/.default");
}

#[test]
fn contradictions_are_refused_before_the_program_starts() {
    let good = format!("dce=h.example,metrics_dce=m.example,dcr={RULE}");
    for (flags, what) in [
        (vec!["--azure_otlp", "dce=h"], "OTEL_RUN_AZURE_OTLP: dcr is missing"),
        (
            vec!["--azure_otlp", &good, "--exporter_otlp_protocol", "grpc"],
            "OTEL_RUN_AZURE_OTLP: Azure Monitor takes http/protobuf, and the protocol is grpc",
        ),
        (
            vec!["--azure_otlp", &good, "--exporter_otlp_protocol", "http/json"],
            "OTEL_RUN_AZURE_OTLP: Azure Monitor takes http/protobuf, and the protocol is http/json",
        ),
        (
            vec!["--azure_otlp", &good, "--azure_credential", "none"],
            "OTEL_RUN_AZURE_OTLP: there is no credential: OTEL_RUN_AZURE_CREDENTIAL is none",
        ),
        (
            vec!["--azure_otlp", &good, "--azure_credential", "workload_identity"],
            "OTEL_RUN_AZURE_CREDENTIAL: AZURE_FEDERATED_TOKEN_FILE is not set",
        ),
        (
            vec!["--otlp_auth", "entra", "--exporter_otlp_endpoint", "http://h.example"],
            "OTEL_RUN_OTLP_AUTH: the endpoint would get our token without TLS",
        ),
    ] {
        let mut command = bare([OTEL_RUN]);
        let finished = Process::start(command.args(&flags).args(["echo", "started"])).finish();
        assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(2), ""), "{flags:?}");
        assert!(finished.stderr.starts_with(&format!("otel-run: {what}\n")), "{}", finished.stderr);
    }
}

/// What `doctor` finds of credential and destinations: verdict and words.
fn doctor(sink: &Sink, tokens: &Tokens) -> (Vec<(String, String)>, Option<i32>) {
    let mut words: Vec<_> = short(sink, tokens).get_args().map(ToOwned::to_owned).collect();
    words.insert(0, "doctor".into());
    let mut command = bare([OTEL_RUN]);
    let finished = Process::start(command.args(words).args(["--json", "true"])).finish();
    assert!(!finished.stdout.contains("s3cret") && !finished.stdout.contains("t0k3n"), "{}", finished.stdout);
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("checks").iter().filter(|check| check["area"] == "reach");
    let text = |check: &serde_json::Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    (checks.map(|check| (text(check, "verdict"), text(check, "what"))).collect(), finished.status.code())
}

#[test]
fn doctor_asks_for_a_token_and_shows_it() {
    let sink = Sink::start();
    let tokens = Tokens::start(|_, _| Reply::token("t0k3n", 3600));
    let (checks, status) = doctor(&sink, &tokens);
    let credential = "client secret (application client-1 of tenant contoso.com)";
    let token = format!("credential: {credential} gets a token for https://monitor.azure.com");
    assert_eq!((&checks[0], status), (&("ok".to_owned(), token), Some(0)));
    assert!(checks.len() == 4 && checks[1..].iter().all(|(verdict, _)| verdict == "ok"), "{checks:?}");
    assert_eq!(tokens.asked().len(), 1);
    assert!(
        sink.seen().requests.iter().all(|request| token_of(request) == "t0k3n" && request.body.is_empty())
    );

    sink.script([403, 403, 403].map(Step::status));
    let (checks, status) = doctor(&sink, &tokens);
    assert_eq!(status, Some(1));
    assert!(
        checks
            .iter()
            .any(|(verdict, what)| verdict == "fail" && what.contains("Monitoring Metrics Publisher"))
    );

    let refusing = Tokens::start(|_, _| Reply::new(401, r#"{"error":"invalid_client"}"#));
    let known = sink.seen().requests.len();
    let (checks, status) = doctor(&sink, &refusing);
    let what =
        format!("credential: no Entra token by {credential}: {}: HTTP 401: invalid_client", refusing.url());
    assert_eq!((&checks[0], status), (&("fail".to_owned(), what), Some(1)));
    assert!(
        checks[1..].iter().all(|(verdict, what)| verdict == "skipped" && what.ends_with("there is no token"))
    );
    assert_eq!(sink.seen().requests.len(), known);
}

/// In a network that lets nobody out, both the authority and the endpoint are reached by the proxy.
#[tokio::test]
async fn through_the_proxy() {
    let tokens = Tokens::start(|_, _| Reply::token("t0k3n", 3600));
    let sink = Sink::start();
    let [to_authority, to_endpoint] = [tokens.url(), sink.url()]
        .map(|url| Proxy::start(url["http://".len()..].parse().expect("an address"), 200));
    let by = |proxy: &Proxy| ProxySettings {
        address: HostPort { host: "127.0.0.1".to_owned(), port: proxy.address.port() },
        tls: false,
        authorization: None,
        https_only: false,
        bypass: Vec::new(),
    };
    let mut settings = settings(&sink, &tokens, Signal::Traces);
    settings.url = "http://dce.invalid/v1/traces".to_owned();
    settings.proxy = Some(by(&to_endpoint));
    let entra = settings.entra.as_mut().expect("tokens");
    let CredentialSettings::ClientSecret { application, .. } = &mut entra.credential else {
        panic!("a secret")
    };
    application.authority = "http://login.invalid".to_owned();
    let credential = Credential::new(&entra.credential, &entra.audience, Some(&by(&to_authority)));
    let mut exporter =
        OtlpExporter::authorized(Signal::Traces, &settings, Some(credential)).expect("an exporter");
    assert_eq!(exporter.export(&ten_spans()).await, Outcome::DELIVERED);
    let asked = |proxy: &Proxy| proxy.asked().into_iter().map(|asked| asked.request).collect::<Vec<_>>();
    assert_eq!(asked(&to_authority), ["CONNECT login.invalid:80"]);
    assert_eq!(asked(&to_endpoint), ["CONNECT dce.invalid:80"]);
    assert_eq!(token_of(&sink.seen().requests[0]), "t0k3n");
}
