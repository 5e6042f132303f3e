//! The Azure exporter with tokens of Entra ID: the real program, a stand-in for the machine's
//! identity, and the recorder that wants to see the token.

use crate::support::batches::numbered;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::recorder::{Answer, KEY, Recorder, Seen};
use crate::support::tokens::{Asked, Reply, Tokens};
use otel_run::otlp::Signal;
use std::process::Command;

const STRING: &str = "Authorization=AAD;ClientId=client-1";

fn tokens(judge: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Tokens {
    Tokens::start(move |number, asked| {
        match asked.headers.contains(&("x-identity-header".into(), "h-1".into())) {
            true => judge(number, asked),
            false => Reply::new(401, ""),
        }
    })
}

/// A program that sends ten spans and waits for the end of its input, on App Service.
fn program(folder: &tempfile::TempDir, recorder: &Recorder, tokens: &Tokens) -> Command {
    let spans = folder.path().join("traces-0");
    std::fs::write(&spans, numbered(Signal::Traces, 0..10).bytes()).expect("written");
    let mut command = bare([OTEL_RUN]);
    command
        .env("APPLICATIONINSIGHTS_CONNECTION_STRING", recorder.connection_string())
        .env("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", STRING)
        .env("IDENTITY_ENDPOINT", format!("{}/msi/token", tokens.url()))
        .env("IDENTITY_HEADER", "h-1")
        .args([
            "--shim",
            "off",
            "--metrics_exporter",
            "none",
            "--logs_exporter",
            "none",
            "--perf_counters",
            "off",
        ])
        .args(["--standard_metrics", "off", "--grace", "15", "-vv", "sh", "-c"])
        .arg("python3 \"$0\" \"$1\" && echo $IDENTITY_HEADER $AZURE_CLIENT_ID && exec cat")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pipeline/send.py"))
        .arg(spans);
    command
}

fn all(seen: &Seen) -> bool {
    seen.of("RequestData").len() + seen.of("RemoteDependencyData").len() == 10
}

/// Runs until `enough`, then ends the program, and returns what was printed on stderr.
fn run(mut command: Command, until: impl FnOnce(&mut Process)) -> String {
    let mut process = Process::start_with_stdin(&mut command, std::process::Stdio::piped());
    // The platform's variables are the program's own, and stay.
    process.until_stdout("sent\nh-1");
    until(&mut process);
    drop(process.stdin.take());
    let finished = process.finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert!(!finished.stderr.contains("t0k3n") && !finished.stderr.contains("h-1"), "{}", finished.stderr);
    assert!(!finished.stderr.contains(KEY), "{}", finished.stderr);
    finished.stderr
}

#[test]
fn every_request_shows_the_token_and_the_key_stays_in_the_envelopes() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|_, _| Reply::managed("t0k3n", 3600));
    recorder.require_tokens(&["t0k3n"]);
    let mut command = program(&folder, &recorder, &tokens);
    // A proxy that is not there: identities are asked for without it.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    run(command, |_| drop(recorder.wait(all)));
    let seen = recorder.seen();
    assert!(seen.envelopes().iter().all(|envelope| envelope["iKey"] == KEY));
    assert!(seen.posts.iter().all(|post| post.status == 200), "never without the token");
    let [asked] = &tokens.asked()[..] else { panic!("{:?}", tokens.asked()) };
    let query = [
        ("resource", "https://monitor.azure.com/"),
        ("api-version", "2019-08-01"),
        ("client_id", "client-1"),
    ];
    assert_eq!(asked.query, query.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// The cloud's own audience is in the connection string.
#[test]
fn the_audience_of_the_connection_string() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|_, _| Reply::managed("t0k3n", 3600));
    let mut command = program(&folder, &recorder, &tokens);
    let string = format!("{};AADAudience=https://monitor.azure.us/", recorder.connection_string());
    command.env("APPLICATIONINSIGHTS_CONNECTION_STRING", string);
    run(command, |_| drop(recorder.wait(all)));
    assert_eq!(tokens.asked()[0].query[0].1, "https://monitor.azure.us/");
}

#[test]
fn a_refused_token_is_replaced_once() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|number, _| Reply::managed(&format!("t0k3n-{number}"), 3600));
    recorder.require_tokens(&["t0k3n-1"]);
    run(program(&folder, &recorder, &tokens), |_| drop(recorder.wait(all)));
    assert_eq!(tokens.asked().len(), 2);
    let statuses: Vec<_> = recorder.seen().posts.iter().map(|post| post.status).collect();
    assert_eq!(statuses, [401, 200]);
}

/// Where no token is good, it is not the token: one more was asked for, the data waits, and a
/// line says what to look at.
#[test]
fn tokens_that_are_never_accepted() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|number, _| Reply::managed(&format!("t0k3n-{number}"), 3600));
    recorder.require_tokens(&["another"]);
    let said = run(program(&folder, &recorder, &tokens), |process| {
        process.until_stderr("keeping data and trying again");
        recorder.require_tokens(&["t0k3n-1"]);
    });
    // At the end there is one more attempt.
    assert!(all(&recorder.seen()));
    assert_eq!(tokens.asked().len(), 2);
    assert!(said.contains("the service does not accept the Entra ID token"), "{said}");
}

#[test]
fn a_missing_role_is_named_and_waited_for() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|_, _| Reply::managed("t0k3n", 3600));
    recorder.script([Answer::status(403)]);
    run(program(&folder, &recorder, &tokens), |process| {
        process.until_stderr("Monitoring Metrics Publisher");
    });
    assert!(all(&recorder.seen()));
    assert_eq!(tokens.asked().len(), 1, "the token is good");
}

/// The program starts, its telemetry waits, and is delivered once there is a token.
#[test]
fn no_token_at_the_start() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::start());
    let tokens = tokens(|number, _| match number {
        0 | 1 => Reply::new(500, r#"{"error":"try later"}"#),
        _ => Reply::managed("t0k3n", 3600),
    });
    recorder.require_tokens(&["t0k3n"]);
    let said = run(program(&folder, &recorder, &tokens), |process| {
        process.until_stderr("keeping data and trying again");
        drop(recorder.wait(all));
    });
    let expected = format!(
        "no Entra token by managed identity client-1 (App Service): {}: HTTP 500: try later; keeping data and trying \
         again",
        tokens.url()
    );
    assert_eq!(said.matches(&expected).count(), 1, "{said}");
    assert!(recorder.seen().posts.iter().all(|post| post.status == 200), "nothing is sent without a token");
}
