//! `otel-run doctor` about Azure Monitor: what is found, and what the service's answers mean.

use crate::support::certificates::Authority;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::recorder::{Answer, Fault, KEY, Recorder};
use serde_json::Value;
use std::net::TcpListener;

/// The checks about Azure, verdict and words, and the exit status. The key is never shown.
fn doctor(connection: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Vec<(String, String)>, i32) {
    let mut command = bare([OTEL_RUN]);
    command.args(["doctor", "--json"]).args(arguments).arg("true");
    command.env("APPLICATIONINSIGHTS_CONNECTION_STRING", connection).envs(variables.iter().copied());
    let finished = Process::start(&mut command).finish();
    assert!(!finished.stdout.contains(KEY) && !finished.stderr.contains(KEY), "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("checks").iter().filter(|check| check["area"] == "azure");
    let text = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let checks = checks.map(|check| (text(check, "verdict"), text(check, "what")));
    (checks.collect(), finished.status.code().expect("a status"))
}

fn pair(verdict: &str, what: impl Into<String>) -> (String, String) {
    (verdict.to_owned(), what.into())
}

#[test]
fn all_is_well() {
    let recorder = Recorder::start();
    let url = recorder.url();
    let (checks, status) = doctor(&recorder.connection_string(), &[], &[]);
    let expected = [
        pair("ok", format!("connection string: InstrumentationKey ***, IngestionEndpoint {url}")),
        pair("ok", "sampling: otel-run keeps all traces (always_on); all log records"),
        pair("ok", format!("{url} answers (without TLS)")),
        pair("ok", "credential: the instrumentation key alone, no Entra ID"),
        pair("skipped", "no test item was sent"),
    ];
    assert_eq!((checks, status), (expected.to_vec(), 0));
    assert!(recorder.seen().posts.is_empty(), "nothing was sent");

    let flags = ["--send-test-item", "--service_name", "shop", "--traces_sampler", "always_off"];
    let live = [("OTEL_RUN_LIVE_METRICS", "on"), ("OTEL_RUN_LOG_SAMPLING_PERCENTAGE", "0")];
    let (checks, status) = doctor(&recorder.connection_string(), &flags, &live);
    assert_eq!(status, 0, "{checks:?}");
    assert!(checks[0].1.ends_with(&format!(", LiveEndpoint {url}")), "{checks:?}");
    assert_eq!(
        checks[1].1,
        "sampling: otel-run keeps no traces (always_off); 0 % of the log records that go with their trace"
    );
    assert_eq!(checks.last(), Some(&pair("ok", "test item: the service has taken it")));
    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0]);
    let [item] = &seen.of("MessageData")[..] else { panic!("{:?}", seen.envelopes()) };
    assert_eq!(item["data"]["baseData"]["message"], "otel-run doctor: test item");
    assert_eq!(item["tags"]["ai.cloud.role"], "shop");
}

#[test]
fn what_the_service_says_is_explained() {
    let recorder = Recorder::start();
    for (answer, verdict, begins, advice) in [
        (
            Answer::refusal(400, "Invalid instrumentation key"),
            "fail",
            "HTTP 400 Bad Request: Invalid instrumentation key",
            "copy the connection string of the resource",
        ),
        (Answer::status(401), "fail", "HTTP 401 Unauthorized", "the resource accepts Entra ID alone"),
        (Answer::status(403), "fail", "HTTP 403 Forbidden", "Monitoring Metrics Publisher"),
        (Answer::status(402), "fail", "HTTP 402 Payment Required", "quota or daily cap"),
        (Answer::status(439), "fail", "HTTP 439", "quota or daily cap"),
        (Answer::status(404), "fail", "HTTP 404 Not Found", "copy the whole connection string"),
        (Answer::status(503), "fail", "HTTP 503 Service Unavailable", ""),
        (Answer::Partial(vec![Fault::new(0, 400, "no time")]), "fail", "HTTP 206: 400 no time", ""),
        (
            Answer::Partial(vec![Fault::new(0, 200, "Telemetry sampled out.")]),
            "warn",
            "the service has left it out",
            "ingestion sampling",
        ),
    ] {
        // A body that it cannot read would be the other meaning of 400: it is tried in both forms.
        recorder.script([answer.clone(), answer.clone()]);
        let (checks, status) = doctor(&recorder.connection_string(), &["--send-test-item"], &[]);
        let (told, what) = checks.last().expect("a check");
        assert_eq!(told, verdict, "{answer:?}: {what}");
        assert_eq!(status, i32::from(verdict == "fail"), "{answer:?}");
        assert!(what.starts_with("test item: ") && what.contains(begins), "{answer:?}: {what}");
        assert!(what.contains(advice), "{answer:?}: {what}");
    }
}

#[test]
fn nobody_there() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let connection = format!("InstrumentationKey={KEY};IngestionEndpoint=http://{closed}");
    let (checks, status) = doctor(&connection, &["--send-test-item"], &[]);
    assert_eq!(status, 1);
    assert_eq!(checks[2], pair("fail", format!("http://{closed}: cannot connect: connection refused")));
    let (told, what) = checks.last().expect("a check");
    assert!(told == "fail" && what.contains("connection refused"), "{checks:?}");

    let connection = format!("InstrumentationKey={KEY};IngestionEndpoint=https://no-such-host.invalid/");
    let (checks, status) = doctor(&connection, &[], &[]);
    assert_eq!(status, 1);
    let (told, what) = &checks[2];
    assert!(told == "fail" && what.starts_with("no-such-host.invalid cannot be looked up: "), "{checks:?}");

    let (checks, status) = doctor(&format!("InstrumentationKey={KEY}"), &["--offline"], &[]);
    assert_eq!(status, 0, "{checks:?}");
    assert_eq!(
        checks,
        [
            pair(
                "warn",
                "connection string: InstrumentationKey ***, IngestionEndpoint https://dc.services.visualstudio.com"
            ),
            pair("ok", "sampling: otel-run keeps all traces (always_on); all log records"),
            pair("skipped", "nobody was asked (--offline)"),
        ]
    );
}

#[test]
fn certificates() {
    let authority = Authority::new();
    let recorder = Recorder::start_tls(Authority::server(&authority.issue("localhost"), None, &[]));
    let url = recorder.url();
    let (checks, status) = doctor(&recorder.connection_string(), &[], &[]);
    let unknown =
        format!("{url}: cannot connect: TLS: the server's certificate is signed by an unknown authority");
    assert!(checks.contains(&pair("fail", unknown)), "{checks:?}");
    assert_eq!(status, 1);

    let trusted = authority.file().display().to_string();
    let (checks, status) = doctor(&recorder.connection_string(), &[], &[("SSL_CERT_FILE", &trusted)]);
    assert!(
        checks.contains(&pair("ok", format!("{url} answers, and its certificate is good"))),
        "{checks:?}"
    );
    assert_eq!(checks[2].1.split(" is ").next(), Some("localhost"), "{checks:?}");
    assert_eq!(status, 0, "{checks:?}");
}

#[test]
fn a_credential() {
    let recorder = Recorder::start();
    recorder.page(|request| {
        request.path.ends_with("/oauth2/v2.0/token").then(|| match request.path.starts_with("/good/") {
            true => Answer::status(200).body(
                "application/json",
                r#"{"token_type":"Bearer","expires_in":3599,"access_token":"s3cret-token"}"#,
            ),
            false => Answer::status(401).body(
                "application/json",
                r#"{"error":"invalid_client","error_description":"AADSTS7000222: expired"}"#,
            ),
        })
    });
    recorder.require_tokens(&["s3cret-token"]);
    let url = recorder.url();
    let variables = |tenant| {
        [
            ("AZURE_AUTHORITY_HOST", url.as_str()),
            ("AZURE_TENANT_ID", tenant),
            ("AZURE_CLIENT_ID", "1234"),
            ("AZURE_CLIENT_SECRET", "s3cret"),
        ]
    };
    let flags = ["--azure_credential", "client_secret", "--send-test-item"];
    let (checks, status) = doctor(&recorder.connection_string(), &flags, &variables("good"));
    assert!(
        checks.iter().any(|(verdict, what)| verdict == "ok"
            && what.starts_with("credential: ")
            && what.ends_with(" gets a token for https://monitor.azure.com/")),
        "{checks:?}"
    );
    assert_eq!(checks.last(), Some(&pair("ok", "test item: the service has taken it")), "{checks:?}");
    assert_eq!(status, 0, "{checks:?}");

    let (checks, status) = doctor(&recorder.connection_string(), &flags, &variables("bad"));
    let (verdict, what) = &checks[3];
    assert!(verdict == "fail" && what.contains("the secret has expired"), "{checks:?}");
    assert_eq!(status, 1);
    assert!(!format!("{checks:?}").contains("s3cret"), "{checks:?}");
}
