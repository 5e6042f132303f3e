//! Whatever is missing or odd, the program runs as without us.

use super::super::{file, interpreters::interpreters};
use crate::support::process::{Finished, Process, bare, eventually};
use crate::support::sink::Sink;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn shim() -> PathBuf {
    file("../../../shims/python").canonicalize().expect("the shim")
}

/// `tiny.py` in this interpreter, with the shim in `path` if there is one, sending to `agent`.
fn tiny(interpreter: &Path, path: Option<&Path>, agent: SocketAddr) -> Command {
    let mut command = bare([interpreter]);
    command.arg("-B").arg(file("apps/tiny.py")).current_dir(file("apps"));
    command.env_remove("PYTHONPATH").env("PYTHONUNBUFFERED", "1");
    if let Some(path) = path {
        command.env("PYTHONPATH", path).env("OTEL_RUN_ACTIVE", "1").env("OTEL_RUN_SHIM", "builtin");
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{agent}"));
    }
    command
}

/// Starts a program that says its port, asks it for three pages, and waits for its end.
fn visit(command: &mut Command) -> (Vec<String>, Finished) {
    let mut process = Process::start(command);
    let said = process.until_stdout("\n");
    let port: u16 = said.trim().parse().unwrap_or_else(|_| panic!("a port, not {said:?}"));
    let answers = ["/", "/boom", "/end"].map(|path| {
        let mut stream = eventually("a connection", || TcpStream::connect(("127.0.0.1", port)).ok());
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let without_date =
            answer.lines().filter(|line| !line.starts_with("Date:")).map(|line| format!("{line}\n"));
        without_date.collect()
    });
    (answers.to_vec(), process.finish())
}

/// Nobody listens here.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address")
}

/// Of tracebacks only the frames of the program and of Python, without lines of ours.
fn comparable(stderr: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut skipped = false;
    for line in stderr.lines() {
        if line.starts_with("  File ") {
            skipped = line.contains("_otel_run");
        } else if !line.starts_with("    ") {
            skipped = false;
        }
        if !skipped {
            lines.push(line.chars().filter(|letter| !letter.is_ascii_digit()).collect());
        }
    }
    lines
}

fn as_bare(interpreter: &Path, shim: &Path, agent: SocketAddr) {
    let (expected, plain) = visit(&mut tiny(interpreter, None, agent));
    let (answers, finished) = visit(&mut tiny(interpreter, Some(shim), agent));
    let name = format!("{} with {}", interpreter.display(), shim.display());
    assert_eq!(answers, expected, "{name}");
    assert_eq!(finished.status, plain.status, "{name}: {}", finished.stderr);
    let said = |finished: &Finished| finished.stdout.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(said(&finished), said(&plain), "{name}");
    assert_eq!(comparable(&finished.stderr), comparable(&plain.stderr), "{name}");
}

/// Every Python that this machine has: those that the shim is for tell what they do, all behave.
#[test]
fn every_version() {
    for interpreter in interpreters() {
        let sink = Sink::start();
        as_bare(&interpreter, &shim(), sink.address());
        let code = "import sys; sys.exit(sys.version_info < (3, 6))";
        if Process::start(bare([&interpreter]).args(["-c", code])).finish().status.success() {
            let told = super::Told::of(&sink.seen());
            let name = interpreter.display();
            assert_eq!(told.served().count(), 3, "{name}: {:#?}", told.spans);
            assert_eq!(told.log("at work").span, told.path("/").id, "{name}");
            assert_eq!(told.path("/boom").get("error.type"), "ValueError", "{name}");
        } else {
            assert!(sink.seen().requests.is_empty());
        }
    }
}

/// Files that are gone, one after the other, as when a folder is cleaned up below a running program.
#[test]
fn missing_and_broken_files() {
    let interpreter = super::super::plain().join("bin/python");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("python");
    let copied = Command::new("cp").arg("-r").arg(shim()).arg(&copy).status().expect("cp");
    assert!(copied.success());
    let package = copy.join("_otel_run/builtin");
    for name in [
        "hooks",
        "record",
        "sender",
        "delivery",
        "encode_request",
        "wsgi",
        "servers",
        "logs",
        "ending",
        "settings",
    ] {
        let path = package.join(name).with_extension("py");
        let content = std::fs::read(&path).expect("a file");
        std::fs::remove_file(&path).expect("removed");
        as_bare(&interpreter, &copy, nobody());
        std::fs::write(&path, "raise SystemExit(3)\n").expect("a file");
        as_bare(&interpreter, &copy, nobody());
        std::fs::write(&path, content).expect("a file");
    }
}

/// An agent that is not there, that says nothing, or that talks nonsense: the program does not wait for
/// it, and ends within half a second more.
#[test]
fn agents_that_do_not_work() {
    let interpreter = super::super::plain().join("bin/python");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let odd = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = odd.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in odd.incoming() {
            let _ = stream.and_then(|mut stream| stream.write_all(b"\0\xff nonsense\r\n\r\n"));
        }
    });
    for agent in [nobody(), silent.local_addr().expect("an address"), at] {
        as_bare(&interpreter, &shim(), agent);
        let started = Instant::now();
        let (_, finished) = visit(&mut tiny(&interpreter, Some(&shim()), agent));
        assert!(finished.status.success());
        assert!(started.elapsed() < Duration::from_secs(10), "{agent}: {:?}", started.elapsed());
    }
}

/// The user becomes another one, who may not read the shim: what is not loaded by then stays away.
#[test]
fn a_shim_that_cannot_be_read_any_more() {
    if !nix::unistd::geteuid().is_root() {
        return crate::support::skip("root, to become another user");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("python");
    let copied = Command::new("cp").arg("-r").arg(shim()).arg(&copy).status().expect("cp");
    assert!(copied.success());
    let mut command = tiny(Path::new("/usr/bin/python3"), Some(&copy), nobody());
    command.env("BECOME", "65534");
    let (answers, finished) = visit(&mut command);
    assert!(answers[0].contains("200") && finished.status.success(), "{}", finished.stderr);
    assert!(!finished.stderr.contains("Permission"), "{}", finished.stderr);
}
