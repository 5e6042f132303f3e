//! What is printed and done: help, the reference, the manual page, `env`.

use super::otel_run;
use crate::support::process::bare;
use std::process::{Command, Stdio};

#[test]
fn help_of_every_kind_goes_to_stdout() {
    for (arguments, begins) in [
        (&["-h"][..], "Usage: otel-run [FLAGS] [--] COMMAND [ARGUMENTS]...\n"),
        (&["--help"], "Put otel-run in front of any server command"),
        (&["doctor", "--help"], "What holds, and whether it works"),
        (&["env", "-h"], "Print the environment that a program would be given"),
        (&["settings"], "### Where telemetry goes\n"),
        (&["man"], ".ie"),
        (&["--version"], concat!("otel-run ", env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        let finished = otel_run(arguments, &[]);
        assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(finished.stdout.starts_with(begins), "{arguments:?}: {}", finished.stdout);
    }
}

#[test]
fn sub_commands_refuse_what_they_do_not_know() {
    for (arguments, message) in [
        (
            &["completions", "tcsh"][..],
            "SHELL: \"tcsh\" is not known\n  from: command line\n  hint: use one of bash, zsh, fish",
        ),
        (
            &["completions"],
            "SHELL is missing\n  from: command line\n  hint: otel-run --help shows how it is written",
        ),
        (
            &["man", "ls"],
            "nothing may follow here: \"ls\"\n  from: command line\n  \
            hint: to start a program that is named like a sub-command, write -- before it",
        ),
        (
            &["env", "A=s3cret", "run"],
            "otel-run env prints the environment that a program would be given; it does not start one\n  \
             from: command line\n  hint: to start env(1), write: otel-run -- env NAME=VALUE COMMAND",
        ),
        (
            &["env", "--format", "xml", "run"],
            "--format: \"xml\" is not known\n  from: command line\n  hint: use one of sh, dotenv, json",
        ),
        (
            &["settings", "--json"],
            "--json and a command belong to otel-run settings --effective\n  from: command line\n  \
            hint: add --effective, or leave them out",
        ),
    ] {
        let finished = otel_run(arguments, &[]);
        assert_eq!(finished.status.code(), Some(2), "{arguments:?}");
        assert_eq!(finished.stderr, format!("otel-run: {message}\n"), "{arguments:?}");
        assert_eq!(finished.stdout, "", "{arguments:?}");
    }
}

/// Evaluated by a shell, `otel-run env` gives what a program behind otel-run sees, but for the
/// port and the token, which are new at each launch.
#[test]
fn env_is_the_environment_that_the_target_gets() {
    let flags = [
        "--service_name",
        "it's $HOME",
        "--traces_exporter",
        "otlp",
        "--metrics_exporter",
        "none",
        "--logs_exporter",
        "none",
        "--exporter_otlp_headers",
        "a=s3cret",
        "--bsp_schedule_delay",
        "77",
    ];
    let variables =
        [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/v1/traces"), ("PYTHONPATH", "/a b")];
    let sorted = |text: &str| {
        let lines = text.lines().filter(|line| {
            !["OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_HEADERS=", "_="]
                .iter()
                .any(|n| line.starts_with(n))
        });
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let program = ["sh", "-c", "env"];
    let seen = otel_run(&[&flags[..], &program].concat(), &variables);
    assert!(seen.status.success(), "{seen:?}");

    let shown = otel_run(&[&["env"], &flags[..], &["--"], &program].concat(), &variables);
    assert!(shown.stdout.contains("unset OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\n"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("s3cret"), "{}", shown.stdout);
    let mut shell = bare(["sh", "-c", &format!("{}env", shown.stdout)]);
    let output = shell.envs(variables).output().expect("a shell");
    assert_eq!(sorted(&String::from_utf8_lossy(&output.stdout)), sorted(&seen.stdout));

    let json = otel_run(&[&["env", "--format", "json"], &flags[..], &program].concat(), &variables);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["OTEL_SERVICE_NAME"], "it's $HOME");
    assert_eq!(json["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], serde_json::Value::Null);

    let dotenv = otel_run(&[&["env", "--format", "dotenv"], &flags[..], &program].concat(), &variables);
    assert!(dotenv.stdout.contains("\nOTEL_SERVICE_NAME=\"it's \\$HOME\"\n"), "{}", dotenv.stdout);
    assert!(dotenv.stdout.contains("\n# unset OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\n"), "{}", dotenv.stdout);
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut command: Command = bare(["sh", "-c"]);
    let script = format!("'{}' --help | head -1", crate::support::process::OTEL_RUN);
    let output = command.arg(script).stderr(Stdio::piped()).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
