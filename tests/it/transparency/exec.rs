//! `--mode exec`: the target takes our place. What its state is, the tests of STA-1 say.

use crate::support::process::{OTEL_RUN, Process, bare, children, eventually, name_of};
use nix::sys::signal::Signal;
use std::fs::read_dir;
use std::os::unix::process::ExitStatusExt;

fn exec(command: &[&str]) -> Process {
    let mut run = bare([OTEL_RUN, "--mode", "exec"]);
    run.args(["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none", "--"]);
    Process::start(run.args(command))
}

/// The agent that holds the socket of this endpoint: nobody's child, so it must be looked for.
fn agent_at(endpoint: &str) -> Option<i32> {
    let port = endpoint.trim().rsplit(':').next()?.parse::<u16>().ok()?;
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let listens = |line: &&str| line.contains(&format!(" 0100007F:{port:04X} 00000000:0000 0A"));
    let inode = table.lines().find(listens)?.split_whitespace().nth(9)?;
    let socket = format!("socket:[{inode}]");
    let processes =
        read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|pid| name_of(*pid) == "otel-agent").find(|pid| {
        let descriptors = read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
        descriptors.filter_map(|fd| fd.ok()?.path().read_link().ok()).any(|link| link.as_os_str() == &*socket)
    })
}

#[test]
fn the_target_has_our_process_id_and_no_child() {
    let mut run = exec(&["sh", "-c", "echo $$ $OTEL_EXPORTER_OTLP_ENDPOINT; exec sleep 100"]);
    let line = run.until_stdout("\n");
    let (pid, endpoint) = line.split_once(' ').expect("two words");
    assert_eq!(pid.parse(), Ok(run.pid));
    assert_eq!(children(run.pid), [] as [i32; 0]);
    let agent = eventually("the agent", || agent_at(endpoint));
    run.signal(Signal::SIGTERM);
    let finished = run.finish();
    assert_eq!((finished.status.signal(), finished.stderr.as_str()), (Some(15), ""));
    eventually("the agent's end", || (name_of(agent) != "otel-agent").then_some(()));
}

#[test]
fn what_cannot_be_run_is_said_as_ever() {
    for (command, code) in [("/nowhere/at-all", 127), ("/etc/passwd", 126), ("/etc", 126)] {
        let ours = exec(&[command]).finish();
        let supervised =
            Process::start(bare([OTEL_RUN, "--sdk_disabled", "true", "--"]).arg(command)).finish();
        assert_eq!(ours.status.code(), Some(code), "{ours:?}");
        assert_eq!(ours.stderr, supervised.stderr);
    }
}

#[test]
fn a_text_without_interpreter_is_the_shells() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script");
    std::fs::write(&script, "exit $1\n").expect("written");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("executable");
    let finished = exec(&[script.to_str().expect("UTF-8"), "9"]).finish();
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(9), ""));
}

/// A signal that came while we were busy takes effect as it would have without us.
#[test]
fn a_signal_during_the_start_is_not_lost() {
    for micros in (0..4000).step_by(100) {
        let run = exec(&["sleep", "100"]);
        std::thread::sleep(std::time::Duration::from_micros(micros));
        run.signal(Signal::SIGTERM);
        assert_eq!(run.finish().status.signal(), Some(15), "after {micros} µs");
    }
}

#[test]
fn what_makes_no_sense_is_told() {
    let command =
        [OTEL_RUN, "--mode", "exec", "--kill_with_launcher", "--sdk_disabled", "true", "--", "true"];
    let finished = Process::start(&mut bare(command)).finish();
    assert_eq!(
        finished.stderr,
        "otel-run: OTEL_RUN_KILL_WITH_LAUNCHER has no effect: the program takes otel-run's place\n  \
         from: flag --kill_with_launcher\n  hint: leave it out, or use --mode parent\n"
    );
    assert!(finished.status.success());
}
