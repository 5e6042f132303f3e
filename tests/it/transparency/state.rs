//! STA-1, STA-2: the target has what it would have had without us.

use crate::support::probe;
use crate::support::process::{Process, bare, otel_run};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What the probe says of itself when it is started in `state`, without us or with us in a mode.
fn state_of(state: &str, mode: Option<&str>, folder: &Path) -> Vec<String> {
    let report = folder.join("report");
    let mut words: Vec<&OsStr> = vec![probe().as_os_str(), "with".as_ref(), state.as_ref()];
    let odd = OsStr::from_bytes(b"\xff\n--flag");
    let target: [&OsStr; 5] =
        [probe().as_os_str(), "state".as_ref(), "an argument".as_ref(), "".as_ref(), odd];
    let ours = otel_run(target);
    if mode.is_some() {
        words.push(ours.get_program());
        words.extend(ours.get_args());
    } else {
        words.extend(target);
    }
    // To a file, because it also speaks of closed streams; the same name both times, because it
    // speaks of the file too.
    let mut command = bare(words);
    command
        .env("PROBE_OUT", &report)
        .env_remove("PYTHONPATH")
        .env_remove("NODE_OPTIONS")
        .env("ODD", OsStr::from_bytes(b"a=b=c\xfe"));
    command.envs(mode.map(|mode| ("OTEL_RUN_MODE", mode)));
    let finished = Process::start(&mut command).finish();
    assert!(finished.status.success(), "{state}: {finished:?}");
    // Not everything is text: what is not is compared as it would be written in a program.
    let text = std::fs::read(&report).unwrap();
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.escape_ascii().to_string());
    // Numbers of pipes and files are new each time.
    let lines: Vec<String> = lines.collect();
    std::fs::remove_file(&report).unwrap();
    lines
        .iter()
        .map(|line| line.split(" inode ").next().unwrap().to_owned())
        .map(without_pipe_number)
        .collect()
}

fn without_pipe_number(line: String) -> String {
    match line.split_once("pipe:[") {
        Some((before, _)) => format!("{before}pipe"),
        None => line,
    }
}

/// Differences that are documented: variables of OpenTelemetry, and those by which a runtime
/// among the target's descendants finds our shim.
fn is_documented(line: &str) -> bool {
    ["environment: OTEL_", "environment: PYTHONPATH=", "environment: NODE_OPTIONS="]
        .iter()
        .any(|start| line.starts_with(start))
}

#[track_caller]
fn assert_same_state(state: &str) {
    let folder = tempfile::tempdir().unwrap();
    let bare = state_of(state, None, folder.path());
    assert!(bare.len() > 60, "the probe said little: {bare:?}");
    for mode in ["parent", "exec"] {
        let ours = state_of(state, Some(mode), folder.path());
        let ours: Vec<String> = ours.into_iter().filter(|line| !is_documented(line)).collect();
        for line in &bare {
            assert!(ours.contains(line), "{state}, {mode}: only bare has {line:?}");
        }
        for line in &ours {
            assert!(bare.contains(line), "{state}, {mode}: only we have {line:?}");
        }
        assert_eq!(bare, ours, "{state}, {mode}: the order");
    }
}

#[test]
fn sta_1_plain() {
    assert_same_state("plain");
}

#[test]
fn sta_1_nohup() {
    assert_same_state("nohup");
}

#[test]
fn sta_1_blocked_signals() {
    assert_same_state("blocked");
}

#[test]
fn sta_1_ignored_signals() {
    assert_same_state("ignored");
}

#[test]
fn sta_1_limits_priorities_and_folder() {
    assert_same_state("limited");
}

#[test]
fn sta_1_sta_2_extra_descriptors() {
    assert_same_state("descriptors");
}

#[test]
fn sta_1_sta_2_closed_streams() {
    assert_same_state("closed");
}
