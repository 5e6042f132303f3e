//! Tokens by command-line tools, with the real program: `az` and `azd` are scripts of the test.

use super::super::otlp::{RULE, token_of};
use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::sink::Sink;
use otel_run::otlp::Signal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A tool that leaves what it was given in files, and does as the script says.
fn install(folder: &Path, name: &str, script: &str) {
    let file = folder.join(name);
    let folder = folder.display();
    let told = format!(
        "#!/bin/sh\necho \"$@\" >> {folder}/arguments\nls -l /proc/$$/fd > {folder}/descriptors\n\
         cat > {folder}/input\n{script}\n"
    );
    std::fs::write(&file, told).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("executable");
}

fn run(folder: &Path, sink: &Sink, credential: &str, more: &[&str]) -> Finished {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let short = format!("dce={},metrics_dce={},dcr={RULE}", sink.url(), sink.url());
    let mut command = bare([OTEL_RUN]);
    command.env("PATH", path).args(["--azure_otlp", &short, "--azure_credential", credential]);
    command.args(["--traces_exporter", "none", "--logs_exporter", "none", "--grace", "10"]).args(more);
    Process::start(command.args(["sh", "-c", "exit 0"])).finish()
}

#[test]
fn azure_cli() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    let script =
        r#"echo '{"accessToken":"cli-1","expiresOn":"2999-01-01 00:00:00.000000","expires_on":32472144000}'"#;
    install(folder.path(), "az", script);
    let finished = run(folder.path(), &sink, "azure_cli", &["-E", "AZURE_TENANT_ID=contoso.com", "-vv"]);
    assert!(finished.status.success());
    assert!(!finished.stderr.contains("cli-1"), "{}", finished.stderr);
    let seen = sink.seen();
    assert!(!seen.arrived(Signal::Metrics).is_empty() || !seen.requests.is_empty(), "{}", finished.stderr);
    assert!(seen.requests.iter().all(|request| token_of(request) == "cli-1"));
    let told = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("told");
    assert_eq!(
        told("arguments"),
        "account get-access-token --output json --resource https://monitor.azure.com --tenant contoso.com\n"
    );
    assert_eq!(told("input"), "");
    // Three streams of its own, the script, and nothing of ours.
    let descriptors = told("descriptors");
    assert!(!descriptors.contains("socket:") && !descriptors.contains("anon_inode"), "{descriptors}");
    assert!(descriptors.contains("0 -> /dev/null"), "{descriptors}");
}

#[test]
fn azure_developer_cli() {
    let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
    install(folder.path(), "azd", r#"echo '{"token":"azd-1","expiresOn":"2999-01-01T00:00:00Z"}'"#);
    let finished = run(folder.path(), &sink, "azure_developer_cli", &[]);
    assert_eq!(finished.stderr, "");
    let seen = sink.seen();
    assert!(!seen.requests.is_empty());
    assert!(seen.requests.iter().all(|request| token_of(request) == "azd-1"));
    let told = std::fs::read_to_string(folder.path().join("arguments")).expect("told");
    assert_eq!(told, "auth token --output json --no-prompt --scope https://monitor.azure.com/.default\n");
}

#[test]
fn tools_that_fail() {
    for (script, expected) in [
        (
            Some("echo 'ERROR: Please run az login' >&2; exit 1"),
            "az: ERROR: Please run az login; log in with: az login",
        ),
        (Some("exit 1"), "az: it failed; log in with: az login"),
        (Some("echo hello"), "az: its answer is not JSON"),
        (
            Some(r#"echo '{"accessToken":"cli-1","expiresOn":"2999-01-01 00:00:00"}'"#),
            "az: its answer does not say when the token ends: it needs version 2.54 or newer",
        ),
        (None, "az: it is not installed, or not on PATH"),
    ] {
        let (folder, sink) = (tempfile::tempdir().expect("a folder"), Sink::start());
        if let Some(script) = script {
            install(folder.path(), "az", script);
        }
        let finished = run(folder.path(), &sink, "azure_cli", &[]);
        assert!(finished.status.success());
        let expected = format!("no Entra token by Azure CLI: {expected}; keeping data and trying again");
        assert!(finished.stderr.contains(&expected), "{}", finished.stderr);
        assert!(sink.seen().requests.is_empty());
    }
}
