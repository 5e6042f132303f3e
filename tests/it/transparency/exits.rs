//! EXT-1, EXT-2, EXT-4, EXT-5: we end as the target ends.

use crate::support::process::{OTEL_RUN, Process, bare, descendants, eventually, otel_run};
use crate::support::{probe, skip};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

#[test]
fn ext_1_all_exit_codes() {
    for code in 0..=255 {
        let mut run = bare([OTEL_RUN, "--sdk_disabled", "true", "--", "sh", "-c", &format!("exit {code}")]);
        let finished = Process::start(&mut run).finish();
        assert_eq!(finished.status.code(), Some(code), "{finished:?}");
        assert_eq!(finished.stderr, "");
    }
}

#[test]
fn ext_1_with_an_agent() {
    for code in [0, 1, 2, 125, 126, 127, 128, 137, 255] {
        let finished = Process::start(&mut otel_run(["sh", "-c", &format!("exit {code}")])).finish();
        assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    }
}

/// Signals whose default action ends a process.
fn fatal() -> impl Iterator<Item = i32> {
    let harmless = [libc_signal("CHLD"), libc_signal("CONT"), libc_signal("URG"), libc_signal("WINCH")];
    let stopping = [libc_signal("STOP"), libc_signal("TSTP"), libc_signal("TTIN"), libc_signal("TTOU")];
    // 32 and 33 belong to the C library.
    (1..=64).filter(move |n| !harmless.contains(n) && !stopping.contains(n) && ![32, 33].contains(n))
}

fn libc_signal(name: &str) -> i32 {
    format!("SIG{name}").parse::<nix::sys::signal::Signal>().unwrap() as i32
}

#[test]
fn ext_2_killed_by_the_same_signal() {
    let signals: Vec<i32> = fatal().collect();
    assert_eq!(signals.len(), 54);
    for signal in signals {
        let target = [probe().to_str().unwrap().to_owned(), "die".to_owned(), signal.to_string()];
        let bare_status = Process::start(&mut bare(&target)).finish().status;
        let mut disabled = bare([OTEL_RUN, "--sdk_disabled", "true", "--"]);
        let ours = Process::start(disabled.args(&target)).finish().status;
        assert_eq!(bare_status.signal(), Some(signal));
        assert_eq!(without_core_flag(ours), without_core_flag(bare_status), "signal {signal}");
    }
}

/// The status, but for the flag of a core file: the target's is the only one.
fn without_core_flag(status: ExitStatus) -> ExitStatus {
    ExitStatus::from_raw(status.into_raw() & !0x80)
}

/// EXT-2, SEC-9: the target may write its core file, we write none after it.
#[test]
fn ext_2_one_core_file() {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    if pattern.trim() != "core" {
        skip("core files in the current folder");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "ulimit -c unlimited && exec {OTEL_RUN} --sdk_disabled true -- {} die 11",
        probe().to_str().unwrap()
    );
    let finished = Process::start(bare(["sh", "-c", &script]).current_dir(folder.path())).finish();
    assert_eq!(finished.status.signal(), Some(11));
    let cores: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(cores.len(), 1, "{cores:?}");
    let core = std::fs::read(cores[0].path()).unwrap();
    let arguments = b"die\0".as_slice();
    assert!(core.windows(arguments.len()).any(|part| part == arguments), "it is the target's");
    assert!(!finished.status.core_dumped());
}

/// Whether this machine lets us make a process namespace; says so when not.
fn namespaces() -> bool {
    let made = bare(["unshare", "--pid", "--fork", "--mount-proc", "true"]).output();
    let can = made.is_ok_and(|output| output.status.success());
    if !can {
        skip("the right to make a process namespace (root)");
    }
    can
}

/// otel-run as process 1 of a namespace of its own.
fn as_process_1(command: &[&str]) -> Process {
    let ours = otel_run(command);
    let mut words = vec!["unshare".into(), "--pid".into(), "--fork".into(), "--mount-proc".into()];
    words.push(ours.get_program().to_owned());
    words.extend(ours.get_args().map(|word| word.to_owned()));
    Process::start(&mut bare(words))
}

#[test]
fn ext_2_process_1_exits_with_128_and_the_signal() {
    if !namespaces() {
        return;
    }
    for signal in [2, 6, 9, 11, 15] {
        let finished = as_process_1(&[probe().to_str().unwrap(), "die", &signal.to_string()]).finish();
        assert_eq!(finished.status.code(), Some(128 + signal), "{finished:?}");
    }
    let finished = as_process_1(&["sh", "-c", "exit 3"]).finish();
    assert_eq!(finished.status.code(), Some(3), "{finished:?}");
}

#[test]
fn ext_4_process_1_reaps_10_000_orphans() {
    if !namespaces() {
        return;
    }
    // Counted when all have been started: those that ended longer ago than a second are gone.
    let script = format!(
        "{} orphans 10000; sleep 1; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l",
        probe().to_str().unwrap()
    );
    let finished = as_process_1(&["sh", "-c", &script]).finish_within(Duration::from_secs(60));
    assert_eq!(finished.stdout, "0\n", "{finished:?}");
}

#[test]
fn ext_4_when_the_target_ends_process_1_ends() {
    if !namespaces() {
        return;
    }
    let started = Instant::now();
    let finished = as_process_1(&["sh", "-c", "sleep 100 & exit 7"]).finish();
    assert_eq!(finished.status.code(), Some(7), "{finished:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn ext_5_background_grandchildren_neither_delay_us_nor_are_signalled() {
    let mut run = Process::start(&mut otel_run(["sh", "-c", "sleep 100 >&- 2>&- & echo $!; exit 7"]));
    let pid: i32 = run.until_stdout("\n").trim().parse().unwrap();
    let finished = run.finish_within(Duration::from_secs(3));
    assert_eq!(finished.status.code(), Some(7), "{finished:?}");
    let pid = nix::unistd::Pid::from_raw(pid);
    assert_eq!(nix::sys::signal::kill(pid, None), Ok(()), "the grandchild lives");
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// SIG-9 (the other way round), EXT-8: nothing of ours is left behind.
#[test]
fn ext_5_nobody_stays_behind() {
    let mut run = Process::start(&mut otel_run(["sh", "-c", "echo ready; exec sleep 100"]));
    run.until_stdout("ready");
    let ours = eventually("target and agent", || Some(descendants(run.pid)).filter(|ours| ours.len() >= 2));
    run.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(run.finish().status.signal(), Some(15));
    for pid in ours {
        eventually("the end of our processes", || {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_err().then_some(())
        });
    }
}
