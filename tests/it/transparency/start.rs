//! STA-3, STA-4, STA-6: what cannot be started, and what must not keep the target from starting.

use crate::support::process::{Finished, OTEL_RUN, Process, bare, otel_run};
use crate::support::skip;
use std::fs::{Permissions, set_permissions, write};
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

fn run(command: &[&str]) -> Finished {
    Process::start(&mut otel_run(command)).finish()
}

/// A folder with one file in it.
fn file(name: &str, content: &[u8], mode: u32) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path, content).unwrap();
    set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[track_caller]
fn assert_refused(command: &[&str], code: i32, message: &str) {
    let finished = run(command);
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    assert_eq!(finished.stderr, format!("otel-run: {message}\n"));
    assert_eq!(finished.stdout, "");
}

#[test]
fn sta_3_not_in_path() {
    assert_refused(&["no-such-program"], 127, "cannot run no-such-program: not found in PATH");
}

#[test]
fn sta_3_no_such_file() {
    assert_refused(&["/no/such/file", "x"], 127, "cannot run /no/such/file: no such file");
}

#[test]
fn sta_3_an_empty_name() {
    assert_refused(&[""], 127, "cannot run : not found in PATH");
}

#[test]
fn sta_3_no_permission() {
    let (_folder, path) = file("text", b"#!/bin/sh\n", 0o644);
    assert_refused(&[&path], 126, &format!("cannot run {path}: permission denied"));
}

#[test]
fn sta_3_a_directory() {
    assert_refused(&["/tmp"], 126, "cannot run /tmp: it is a directory");
}

#[test]
fn sta_3_a_program_of_another_kind() {
    let (_folder, path) = file("program", b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0garbage", 0o755);
    assert_refused(
        &[&path],
        126,
        &format!("cannot run {path}: it is neither a program for this machine nor a script"),
    );
}

#[test]
fn sta_3_a_bad_interpreter_is_named() {
    let (_folder, path) = file("script", b"#!/no/such/python -u\nprint()\n", 0o755);
    assert_refused(
        &[&path],
        127,
        &format!("cannot run {path}: its interpreter /no/such/python was not found"),
    );
}

#[test]
fn sta_3_a_text_without_interpreter_is_the_shells() {
    let (_folder, path) = file("script", b"echo \"$0 $1 $#\"; exit 9\n", 0o755);
    let ours = run(&[&path, "one two", "three"]);
    let env = Process::start(&mut bare(["env", &path, "one two", "three"])).finish();
    assert_eq!(ours.stdout, format!("{path} one two 2\n"));
    assert_eq!((ours.status, ours.stdout), (env.status, env.stdout));
}

#[test]
fn sta_3_path_is_searched_as_shells_do() {
    let (refused, path) = file("tool", b"#!/bin/sh\n", 0o644);
    let (works, _) = file("tool", b"#!/bin/sh\necho found $0\n", 0o755);
    let in_path = |folders: &[&Path]| {
        let path = std::env::join_paths(folders).unwrap();
        Process::start(otel_run(["tool"]).env("PATH", path)).finish()
    };
    // A file that cannot be run is remembered, and the search goes on.
    let found = in_path(&[refused.path(), works.path()]);
    assert_eq!(found.stdout, format!("found {}/tool\n", works.path().display()), "{found:?}");
    let found = in_path(&[refused.path(), Path::new("/no/such")]);
    assert_eq!(found.status.code(), Some(126), "{found:?}");
    assert_eq!(found.stderr, format!("otel-run: cannot run {path}: permission denied\n"));
}

#[test]
fn sta_3_argv_0_is_as_typed() {
    let finished = run(&["sh", "-c", "tr '\\0' '|' < /proc/$$/cmdline"]);
    assert_eq!(finished.stdout, "sh|-c|tr '\\0' '|' < /proc/$$/cmdline|");
}

/// SEC-13, STA-3: a set-user-id copy, run by somebody else. Needs root to be made.
#[test]
fn sta_3_more_rights_than_the_caller_are_refused() {
    if !nix::unistd::geteuid().is_root() {
        skip("root");
        return;
    }
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = folder.path().join("otel-run");
    std::fs::copy(OTEL_RUN, &copy).unwrap();
    set_permissions(&copy, Permissions::from_mode(0o4755)).unwrap();
    let copy = copy.to_str().unwrap();
    let finished =
        Process::start(&mut bare(["setpriv", "--reuid=65534", "--clear-groups", copy, "--", "echo", "ran"]));
    let finished = finished.finish();
    assert_eq!(finished.status.code(), Some(125), "{finished:?}");
    assert_eq!(
        finished.stderr,
        "otel-run: this file is set-user-id or has capabilities: refusing to run with them\n"
    );
    assert_eq!(finished.stdout, "");
}

/// STA-6: variables that name us by our process id name the target instead; others stay.
#[test]
fn sta_6_the_targets_own_pid() {
    let script = format!(
        "LISTEN_PID=$$ WATCHDOG_PID=1234567 LISTEN_FDS=1 exec {OTEL_RUN} --sdk_disabled true -- \
         sh -c 'echo \"$LISTEN_PID $$ $WATCHDOG_PID $LISTEN_FDS\"'"
    );
    let finished = Process::start(&mut bare(["sh", "-c", &script])).finish();
    let words: Vec<&str> = finished.stdout.split_whitespace().collect();
    let [listen, own, watchdog, count] = words[..] else { panic!("{finished:?}") };
    assert_eq!(listen, own, "{finished:?}");
    assert_eq!((watchdog, count), ("1234567", "1"));
}

/// Hands a listening socket to the program that it becomes, as a service manager does.
const ACTIVATE: &str = r"
import os, socket, sys

listening = socket.create_server(('127.0.0.1', 0))
print(listening.getsockname()[1], flush=True)
listening.set_inheritable(True)
os.dup2(listening.fileno(), 3)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[1], sys.argv[1:])
";

/// Accepts one connection on the first socket that it was given.
const ACCEPT: &str = r"
import os, socket

assert os.environ['LISTEN_PID'] == str(os.getpid()), os.environ['LISTEN_PID']
connection, _ = socket.socket(fileno=3).accept()
connection.sendall(b'accepted')
";

#[test]
fn sta_6_activated_sockets_pass_through() {
    let ours = otel_run(["python3", "-c", ACCEPT]);
    let mut command = bare(["python3", "-c", ACTIVATE]);
    command.arg(ours.get_program()).args(ours.get_args());
    let mut run = Process::start(&mut command);
    let port: u16 = run.until_stdout("\n").trim().parse().unwrap();
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "accepted");
    assert_eq!(run.finish().status.code(), Some(0));
}

#[test]
fn a_command_without_room_for_more_variables_runs_without_ours() {
    // Arguments and environment together fill what the kernel takes: a quarter of the limit of
    // the stack, here 512 KiB; no single string above 128 KiB.
    let script = r#"ulimit -s 2048
        room=$1; shift
        for i in 1 2 3 4; do export FILL$i=$(head -c $room /dev/zero | tr '\0' x); done
        exec "$@""#;
    let started = |room: usize, command: &[&str]| {
        let room = room.to_string();
        let mut start = bare(["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", script, "sh", &room]);
        Process::start(start.args(command)).finish()
    };
    let (mut fits, mut too_much) = (100_000, 131_000);
    while too_much - fits > 4 {
        let room = (fits + too_much) / 2;
        let runs = started(room, &["/bin/echo", "here"]).status.success();
        *(if runs { &mut fits } else { &mut too_much }) = room;
    }
    // otel-run itself needs a little more than echo, and adds a kilobyte.
    let room = fits - 100;
    let finished =
        started(room, &[OTEL_RUN, "--traces_exporter=none", "--metrics_exporter=none", "/bin/echo", "here"]);
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(0), "here\n"), "{finished:?}");
    let said = "otel-run: no room for more variables: the command runs without instrumentation\n";
    assert!(finished.stderr.starts_with(said), "{finished:?}");
}
