//! What users of exporters within the application give to their constructors, given by flag or
//! variable, on the telemetry of a real FastAPI application.

use crate::processing::{clean, run};
use crate::support::certificates::Authority;
use crate::support::process::{Finished, OTEL_RUN};
use crate::support::proxy::Proxy;
use crate::support::recorder::{Answer, KEY, Recorder, Seen};
use crate::support::tokens::{Reply, Tokens};
use std::fs;
use std::time::Duration;

/// Serves so many requests under these variables and flags.
fn serve(requests: usize, variables: &[String], flags: &[&str]) -> Finished {
    let mut words = vec!["env"];
    words.extend(variables.iter().map(String::as_str));
    words.extend([OTEL_RUN, "--service_name", "shop", "--grace", "15"]);
    words.extend(flags);
    run(&clean(), &words, &vec![("/orders/7", &[][..]); requests])
}

fn connection(recorder: &Recorder) -> String {
    format!("APPLICATIONINSIGHTS_CONNECTION_STRING={}", recorder.connection_string())
}

fn messages(seen: &Seen) -> usize {
    let all = seen.of("MessageData");
    let own = all.iter().filter(|one| one["data"]["baseData"]["message"].as_str() == Some(ORDER));
    own.count()
}

const ORDER: &str = "order 7 of ann@example.com";

/// Performance counters that arrived.
fn counters(seen: &Seen) -> usize {
    let all = seen.of("MetricData");
    let name = |one: &serde_json::Value| {
        one["data"]["baseData"]["metrics"][0]["name"].as_str().is_some_and(|name| name.starts_with('\\'))
    };
    all.into_iter().filter(|one| name(one)).count()
}

/// `connection_string`, in a file and in a configuration file.
#[test]
fn connection_string() {
    let folder = tempfile::tempdir().expect("a folder");
    let (secret, config) = (folder.path().join("secret"), folder.path().join("applicationinsights.json"));
    let recorder = Recorder::start();
    fs::write(&secret, recorder.connection_string()).expect("written");
    let json = serde_json::json!({ "connectionString": recorder.connection_string() });
    fs::write(&config, json.to_string()).expect("written");
    let file = format!("file:{}", secret.display());
    let config = config.display().to_string();
    for (served, flags) in [["--connection_string", &file], ["--config", &config]].iter().enumerate() {
        serve(1, &[], flags);
        assert_eq!(recorder.seen().of("RequestData").len(), served + 1, "{flags:?}");
    }
    assert_eq!(recorder.seen().faults(), [""; 0]);
}

/// `instrumentation_key` leads to the global endpoint, and `proxies` to the proxy.
#[test]
fn instrumentation_key_and_proxies() {
    let host = "dc.services.visualstudio.com";
    let authority = Authority::new();
    let pair = authority.issue_for(&[host]);
    let recorder = Recorder::start_tls(Authority::server(&pair, None, &[b"http/1.1"]));
    let proxy = Proxy::start(recorder.address(), 200);
    let variables = [
        format!("APPINSIGHTS_INSTRUMENTATIONKEY={KEY}"),
        format!("SSL_CERT_FILE={}", authority.file().display()),
        format!("HTTPS_PROXY=http://{}", proxy.address),
    ];
    serve(1, &variables, &["--live_metrics", "off"]);
    let asked = proxy.asked();
    assert!(asked.iter().any(|asked| asked.request == format!("CONNECT {host}:443")), "{asked:?}");
    let seen = recorder.seen();
    assert_eq!(seen.of("RequestData").len(), 1);
    assert!(seen.envelopes().iter().all(|envelope| envelope["iKey"] == KEY));
}

/// `storage_path` and `grace_period`: what could not be sent in time lies there for the next launch.
#[test]
fn storage_path_and_grace_period() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().display().to_string();
    let recorder = Recorder::start();
    recorder.script((0..1000).map(|_| Answer::status(503)));
    let flags = ["--spool", "process", "--spool_dir", &spool, "-v"];
    let first = serve(1, &[connection(&recorder)], &[&flags[..], &["--grace", "1"]].concat());
    assert!(first.stderr.contains("kept on disk"), "{}", first.stderr);
    assert!(fs::read_dir(folder.path()).expect("the folder").next().is_some(), "there it lies");
    assert!(recorder.seen().of("RequestData").is_empty());
    recorder.script([]);
    serve(1, &[connection(&recorder)], &flags);
    assert_eq!(recorder.wait(|seen| seen.of("RequestData").len() >= 2).of("RequestData").len(), 2);
}

/// `timeout`: an answer that takes longer is not waited for.
#[test]
fn timeout() {
    for (flags, given_up) in [(&[][..], false), (&["--azure_timeout", "1000"][..], true)] {
        let recorder = Recorder::start();
        recorder.script([Answer::status(503).delay(Duration::from_secs(4))]);
        let ended = serve(1, &[connection(&recorder)], flags);
        assert_eq!(ended.stderr.contains("no answer within 1 s"), given_up, "{}", ended.stderr);
    }
}

/// `enable_standard_metrics` of the metrics exporter (performance counters), `export_interval`
/// and `logging_sampling_rate`.
#[test]
fn metrics_and_log_sampling() {
    let recorder = Recorder::start();
    serve(40, &[connection(&recorder)], &["--metric_export_interval", "500"]);
    let seen = recorder.seen();
    assert_eq!(messages(&seen), 40);
    assert!(counters(&seen) > 0);
    drop(seen);

    let recorder = Recorder::start();
    let flags = ["--perf_counters", "off", "--log_sampling_percentage", "50"];
    serve(40, &[connection(&recorder)], &flags);
    let seen = recorder.seen();
    assert_eq!(seen.faults(), [""; 0]);
    assert_eq!((seen.of("RequestData").len(), counters(&seen)), (40, 0));
    assert!((1..40).contains(&messages(&seen)), "{}", messages(&seen));
    for message in seen.of("MessageData") {
        assert_eq!(message["sampleRate"], 50.0, "{message}");
    }
}

/// `credential`: the machine's managed identity with a client id.
#[test]
fn credential() {
    let recorder = Recorder::start();
    recorder.require_tokens(&["t0k3n"]);
    let tokens = Tokens::start(|_, _| Reply::managed("t0k3n", 3600));
    let variables = [
        connection(&recorder),
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD;ClientId=client-1".to_owned(),
        format!("IDENTITY_ENDPOINT={}/msi/token", tokens.url()),
        "IDENTITY_HEADER=h-1".to_owned(),
    ];
    serve(1, &variables, &[]);
    let seen = recorder.seen();
    assert_eq!(seen.of("RequestData").len(), 1);
    assert!(seen.posts.iter().all(|post| post.status == 200));
    let client = ("client_id".to_owned(), "client-1".to_owned());
    assert!(tokens.asked().iter().all(|asked| asked.query.contains(&client)));
}
