//! One test at least for every unsafe block. What only shows in another process (the state at
//! start, closed streams, limits) is tested with the whole program.

use super::process::{ExecFailure, Plan, Stream};
use super::*;
use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, IntoRawFd};

fn strings(words: &[&str]) -> Vec<CString> {
    words.iter().map(|word| CString::new(*word).unwrap()).collect()
}

/// A shell script, and both ends of its stdout.
fn script(text: &str) -> (Plan, PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    let plan = Plan {
        files: strings(&["/no/such/file", "/bin/sh"]),
        arguments: strings(&["sh", "-c", text]),
        environment: strings(&["PATH=/usr/bin:/bin", "GREETING=hello"]),
        own_pid: strings(&["OWN_PID="]),
        streams: [Stream::Closed, Stream::Of(writer.as_raw_fd()), Stream::Same],
        inherit: Vec::new(),
        blocked: Signals::one(libc::SIGUSR2),
        ignored: Signals::one(libc::SIGPIPE),
        core_limit: Some(libc::rlimit { rlim_cur: 0, rlim_max: 0 }),
        death_signal: Some(libc::SIGTERM),
    };
    (plan, reader, writer)
}

#[test]
fn a_process_gets_what_the_plan_says() {
    let (plan, mut reader, writer) = script(
        "echo $GREETING $OWN_PID $$; ulimit -c; \
         while read -r line; do case $line in SigBlk*|SigIgn*) echo \"$line\";; esac; done < /proc/$$/status; \
         readlink /proc/$$/fd/0 || echo closed",
    );
    let spawned = spawn(&plan).unwrap();
    drop(writer);
    let pid = spawned.pid;
    assert_eq!(spawned.outcome(), Ok(()));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("hello {pid} {pid}"));
    assert_eq!(lines[1], "0");
    assert_eq!(lines[2], format!("SigBlk:\t{:016x}", plan.blocked.0));
    // Others that this test was started with may be among them.
    let ignored = Signals(u64::from_str_radix(lines[3].strip_prefix("SigIgn:\t").unwrap(), 16).unwrap());
    assert!(ignored.contains(libc::SIGPIPE) && !ignored.contains(libc::SIGCHLD));
    assert_eq!(lines[4], "closed");
}

#[test]
fn a_failed_exec_says_which_file_and_why() {
    let (mut plan, _reader, _writer) = script("");
    plan.files = strings(&["/no/such/file", "/etc/passwd", "/no/such/file"]);
    let spawned = spawn(&plan).unwrap();
    assert_eq!(spawned.outcome(), Err(ExecFailure { error: Errno::EACCES, file: 1 }));
    plan.files = Vec::new();
    let spawned = spawn(&plan).unwrap();
    assert_eq!(spawned.outcome(), Err(ExecFailure { error: Errno::ENOENT, file: 0 }));
}

#[test]
fn numbers_are_written_as_decimals() {
    for number in [0, 7, 10, 4_194_304, pid_t::MAX] {
        let mut room = [0xff; 11];
        // SAFETY: eleven bytes.
        unsafe { write_decimal(room.as_mut_ptr(), number) };
        let text = CStr::from_bytes_until_nul(&room).unwrap();
        assert_eq!(text.to_str().unwrap(), number.to_string());
    }
}

#[test]
fn masks_and_pending_signals() {
    // Masks belong to the thread, and what is sent to a thread waits for it alone; a process
    // signal would disturb the other tests.
    let signal = libc::SIGWINCH;
    let before = change_mask(libc::SIG_BLOCK, Signals::one(signal));
    let now = change_mask(libc::SIG_BLOCK, Signals::default());
    assert!(now.contains(signal));
    assert!(!pending().contains(signal));
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGWINCH).unwrap();
    assert!(pending().contains(signal));
    // Its default action is to be ignored.
    change_mask(libc::SIG_SETMASK, before);
    assert!(!pending().contains(signal));
}

#[test]
fn the_last_signal_is_ignored_and_not_any_more() {
    let last = 64;
    assert!(!is_ignored(last));
    set_ignored(last, true);
    assert!(is_ignored(last));
    set_ignored(last, false);
    assert!(!is_ignored(last));
}

#[test]
fn signals_are_sent_to_processes() {
    let (plan, _reader, _writer) = script("exec sleep 100");
    for value in [None, Some(7)] {
        let pid = spawn(&plan).unwrap().pid;
        let watched = process_descriptor(pid).unwrap();
        send_signal(pid, libc::SIGUSR1, value).unwrap();
        wait_until_readable(&watched);
    }
    assert_eq!(send_signal(pid_t::MAX, 0, None), Err(Errno::ESRCH));
}

fn wait_until_readable(fd: &OwnedFd) {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut waiting = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut waiting, PollTimeout::from(10_000_u16)), Ok(1));
}

#[test]
fn no_descriptor_for_a_process_that_is_not() {
    assert_eq!(process_descriptor(pid_t::MAX).unwrap_err().raw_os_error(), Some(libc::ESRCH));
}

#[test]
fn descriptors_are_adopted_once_and_never_the_standard_ones() {
    let number = std::fs::File::open("/dev/null").unwrap().into_raw_fd();
    let adopted = adopt(number).unwrap();
    assert_eq!(adopt(number).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    drop(adopted);
    for number in [-1, 0, 1, 2, 1_000_000] {
        assert!(adopt(number).is_err(), "{number}");
    }
}

#[test]
fn what_we_were_started_with_is_known() {
    let start = start();
    assert!(!start.privileged);
    let path = executed_path().unwrap();
    assert!(path.exists(), "{}", path.display());
}

#[test]
fn forgotten_text_comes_back_when_it_is_needed() {
    let before = resident_text();
    forget_text();
    let after = resident_text();
    // Not by how much: the threads of other tests need theirs.
    assert!(after < before, "{before} kB before, {after} kB after");
    assert!(random::<8>().is_ok());
}

/// kB of file-backed text in memory.
fn resident_text() -> u64 {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut text = false;
    let mut sum = 0;
    for line in smaps.lines() {
        if line.contains(" r-xp ") {
            text = line.contains('/');
        } else if line.split('-').next().is_some_and(|a| u64::from_str_radix(a, 16).is_ok()) {
            text = false;
        } else if text && let Some(kib) = line.strip_prefix("Rss:") {
            sum += kib.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        }
    }
    sum
}
