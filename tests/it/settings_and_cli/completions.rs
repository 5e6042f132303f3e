//! Completions, asked for as a shell asks: by its own machinery.

use super::otel_run;
use crate::support::skip;
use std::process::Command;
use tempfile::TempDir;

/// A folder with the script of this shell in it, if the shell is there.
fn script(shell: &str) -> Option<(TempDir, String)> {
    if Command::new(shell).args(["-c", "exit 0"]).status().is_err() {
        skip(shell);
        return None;
    }
    let finished = otel_run(&["completions", shell], &[]);
    assert!(finished.status.success(), "{finished:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script");
    std::fs::write(&path, finished.stdout).expect("the script");
    Some((folder, path.display().to_string()))
}

fn output(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash() {
    let Some((_folder, script)) = script("bash") else { return };
    // `_command_offset` stands for bash-completion, which hands on to the program's completion.
    let ask = |words: &[&str]| {
        let shell = format!(
            "_command_offset() {{ COMPREPLY=(\"offset $1 ${{COMP_WORDS[$1]}}\"); }}
             source '{script}'
             COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
             _otel__run_launch \"$1\" \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        output(Command::new("bash").args(["--norc", "-c", &shell, "bash", "otel-run"]).args(words))
    };
    assert_eq!(ask(&["--traces_ex"]), ["--traces_exporter"]);
    assert_eq!(ask(&["--traces_exporter", "con"]), ["console"]);
    assert_eq!(ask(&["--exporter_otlp_protocol", "http"]), ["http/protobuf", "http/json"]);
    assert_eq!(ask(&["doctor", "--off"]), ["--offline"]);
    assert_eq!(ask(&["env", "--format", "d"]), ["dotenv"]);
    assert_eq!(ask(&["completions", "z"]), ["zsh"]);
    assert!(ask(&["doct"]).contains(&"doctor".to_owned()));
    assert!(ask(&["--strict", "hea"]).contains(&"head".to_owned()));
    assert!(ask(&["--service_name", "x", "--", "hea"]).contains(&"head".to_owned()));
    assert_eq!(ask(&["tar", "--ex"]), ["offset 1 tar"]);
    assert_eq!(ask(&["--strict", "tar", "-"]), ["offset 2 tar"]);
    assert_eq!(ask(&["--service_name", "doctor", "tar", "-"]), ["offset 3 tar"]);
    assert_eq!(ask(&["--service_name", "=", "x", "tar", "-"]), ["offset 4 tar"]);
    assert_eq!(ask(&["-v", "--", "tar", "-"]), ["offset 3 tar"]);
    assert_eq!(ask(&["doctor", "--", "tar", "-"]), ["offset 3 tar"]);
}

#[test]
fn fish() {
    let Some((_folder, script)) = script("fish") else { return };
    let ask = |line: &str| {
        let shell = format!("source '{script}'; complete -c tar -l extract; complete -C 'otel-run {line}'");
        let lines = output(Command::new("fish").args(["--no-config", "-c", &shell]));
        lines.iter().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("--traces_ex"), ["--traces_exporter"]);
    assert_eq!(ask("--traces_exporter con"), ["console"]);
    assert_eq!(ask("doctor --off"), ["--offline"]);
    assert_eq!(ask("env --format d"), ["dotenv"]);
    assert_eq!(ask("completions "), ["bash", "fish", "zsh"]);
    assert!(ask("doct").contains(&"doctor".to_owned()));
    for line in [
        "tar --extr",
        "--strict tar --extr",
        "--service_name doctor tar --extr",
        "-v -- tar --extr",
        "doctor -- tar --extr",
        "env tar --extr",
    ] {
        assert_eq!(ask(line), ["--extract"], "{line}");
    }
}

#[test]
fn zsh_can_read_its_script() {
    let Some((_folder, script)) = script("zsh") else { return };
    assert_eq!(output(Command::new("zsh").args(["-f", "-n", &script])), [""; 0]);
    let loaded = format!("autoload -U compinit; compinit -u -D; source '{script}'; print $_comps[otel-run]");
    assert_eq!(output(Command::new("zsh").args(["-f", "-c", &loaded])), ["_otel-run"]);
}
