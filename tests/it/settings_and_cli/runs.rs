//! What the target gets of flags and variables.

use super::otel_run;
use crate::support::process::{OTEL_RUN, Process, bare};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

const NONE: [&str; 6] =
    ["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none"];

/// What `script` prints behind these flags.
fn printed(flags: &[&str], variables: &[(&str, &str)], script: &str) -> String {
    let arguments: Vec<&str> = NONE.iter().chain(flags).copied().chain(["sh", "-c", script]).collect();
    let finished = otel_run(&arguments, variables);
    assert!(finished.status.success(), "{finished:?}");
    finished.stdout
}

#[test]
fn a_flag_is_its_variable_for_the_target() {
    let script = "echo $OTEL_TRACES_SAMPLER $OTEL_SPAN_EVENT_COUNT_LIMIT $OTEL_SERVICE_NAME $OTEL_FOO $BAR";
    let flags = [
        "--traces-sampler",
        "always_off",
        "--span_event_count_limit=3",
        "--set",
        "OTEL_FOO=foo",
        "-E",
        "BAR=a b",
        "-E",
        "OTEL_SERVICE_NAME=x",
    ];
    let variables = [("OTEL_TRACES_SAMPLER", "always_on"), ("OTEL_SERVICE_NAME", "old")];
    assert_eq!(printed(&flags, &variables, script), "always_off 3 x foo a b\n");
}

#[test]
fn the_service_is_named_after_the_command() {
    assert_eq!(printed(&[], &[], "echo $OTEL_SERVICE_NAME"), "unknown_service:sh\n");
    assert_eq!(printed(&[], &[("K_SERVICE", "orders")], "echo $OTEL_SERVICE_NAME"), "orders\n");
}

#[test]
fn a_program_that_is_skipped_gets_what_was_meant_for_it_alone() {
    let script = "echo $FOO; env | grep -c ^OTEL_; true";
    let flags = ["--skip", "sh", "-E", "FOO=1", "--service_name", "x"];
    assert_eq!(printed(&flags, &[], script), "1\n0\n");
}

#[test]
fn arguments_and_variables_that_are_not_utf8_pass_through() {
    let bytes = OsStr::from_bytes(b"\xff=\xfe");
    let mut command = bare([OTEL_RUN]);
    command.args(NONE).env("ODD", bytes).arg("-E").arg(OsStr::from_bytes(b"OWN=\xfd"));
    command.args(["sh", "-c", "printf %s \"$1$ODD$OWN\" | od -An -tx1", "sh"]).arg(bytes);
    let finished = Process::start(&mut command).finish();
    assert_eq!(finished.stdout, " ff 3d fe ff 3d fe fd\n", "{finished:?}");
}

#[test]
fn quiet_is_silent_about_what_can_be_done_without() {
    let arguments = [&NONE[..], &["-q", "--grace", "x", "true"]].concat();
    let finished = otel_run(&arguments, &[]);
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_option_of_the_command_is_not_ours() {
    let arguments = [&NONE[..], &["--", "echo", "--help", "-v", "--", "--service_name"]].concat();
    assert_eq!(otel_run(&arguments, &[]).stdout, "--help -v -- --service_name\n");
}

#[test]
fn a_program_named_like_a_sub_command_is_started_behind_two_dashes() {
    let arguments = [&NONE[..], &["--", "env", "-i", "A=1", "env"]].concat();
    assert_eq!(otel_run(&arguments, &[]).stdout, "A=1\n");
}
