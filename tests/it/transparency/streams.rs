//! IO-1, IO-2, STA-2: the standard streams are the target's own.

use crate::support::process::{OTEL_RUN, Process, bare, otel_run};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::Signal;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// IO-1: byte for byte, through both pipes at once. What the shell counts is what bare counts.
#[test]
fn io_1_a_gibibyte_through_a_pipe() {
    let ours = format!("{OTEL_RUN} --sdk_disabled true -- cat");
    let script = |cat: &str| {
        format!(
            "seq 130000000 | head -c 1073741824 | {cat} | cksum; echo a line | {cat} 2>&1 >/dev/null | wc -c"
        )
    };
    let with_us =
        Process::start(&mut bare(["sh", "-c", &script(&ours)])).finish_within(Duration::from_secs(120));
    let without =
        Process::start(&mut bare(["sh", "-c", &script("cat")])).finish_within(Duration::from_secs(120));
    assert_eq!(with_us.stdout, without.stdout, "{with_us:?}");
    assert!(with_us.stdout.contains(" 1073741824"), "{with_us:?}");
}

/// IO-1: the same open files, at the same offsets, and those that are shared stay shared.
#[test]
fn io_1_file_offsets_are_shared() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "printf 'one two three' > in; \
         {{ head -c 4 >&2; {OTEL_RUN} --sdk_disabled true -- dd bs=1 count=4 status=none; cat >&2; }} < in > out"
    );
    let finished = Process::start(bare(["sh", "-c", &script]).current_dir(folder.path())).finish();
    assert!(finished.status.success(), "{finished:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("out")).unwrap(), "two ");
    assert_eq!(finished.stderr, "one three");
}

#[test]
fn io_1_nobody_else_reads_stdin() {
    let mut run = Process::start_with_stdin(&mut otel_run(["cat"]), Stdio::piped());
    let mut stdin = run.stdin.take().unwrap();
    for round in 0..20 {
        std::io::Write::write_all(&mut stdin, format!("line {round}\n").as_bytes()).unwrap();
        run.until_stdout(&format!("line {round}\n"));
    }
    drop(stdin);
    assert!(run.finish().status.success());
}

#[test]
fn io_2_silent_by_default() {
    let finished = Process::start(&mut otel_run(["true"])).finish();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
    assert!(finished.status.success());
}

/// STA-2: whoever reads what the target writes sees its end when the target ends, although we
/// still wait for a destination that hangs.
#[test]
fn sta_2_end_of_file_comes_with_the_targets_end() {
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", hanging.local_addr().unwrap());
    let mut command = bare([OTEL_RUN, "--traces_exporter", "none", "--metrics_exporter", "otlp"]);
    command.args(["--logs_exporter", "otlp", "--exporter_otlp_protocol", "http/protobuf"]);
    command.args(["--exporter_otlp_endpoint", &endpoint, "--grace", "3", "--"]);
    command.args(["sh", "-c", "date +%s%N"]);
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    let mut ended = String::new();
    std::io::Read::read_to_string(&mut reader, &mut ended).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let ended = Duration::from_nanos(ended.trim().parse().unwrap());
    assert!(now - ended <= Duration::from_millis(50), "{:?}", now - ended);
    let waited = Instant::now();
    assert!(child.try_wait().unwrap().is_none(), "we still deliver");
    assert!(child.wait().unwrap().success());
    assert!(waited.elapsed() <= Duration::from_millis(3200), "but not for ever: {:?}", waited.elapsed());
}

/// STA-2: also what the target got beside its standard streams. The target closes its copy and
/// lives on; nobody else may hold one.
#[test]
fn sta_2_inherited_descriptors_are_let_go() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let traces = "--traces_exporter none --metrics_exporter none --logs_exporter none";
    let script = format!(
        "exec 9>&0 </dev/null; exec {OTEL_RUN} {traces} -- sh -c 'exec 9>&-; echo closed; exec sleep 100'"
    );
    let mut run = Process::start_with_stdin(&mut bare(["sh", "-c", &script]), writer.into());
    run.until_stdout("closed");
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(std::io::Read::read(&mut reader, &mut [0]).unwrap()));
    assert_eq!(told.recv_timeout(Duration::from_secs(5)), Ok(0));
}

/// IO-2: a stderr that nobody reads holds up neither the start nor a signal.
#[test]
fn io_2_a_full_stderr_holds_up_nothing() {
    let (_reader, mut full) = std::io::pipe().unwrap();
    let capacity = fcntl(&full, FcntlArg::F_GETPIPE_SZ).unwrap();
    std::io::Write::write_all(&mut full, &vec![b'x'; usize::try_from(capacity).unwrap()]).unwrap();
    let mut command = bare([OTEL_RUN, "-vv", "--traces_exporter", "none", "--logs_exporter", "none"]);
    command.args(["--metrics_exporter", "otlp", "--exporter_otlp_certificate", "/dev/null", "--"]);
    command.args(["sh", "-c", "trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.05; done"]);
    let mut run = Process::start_with_stderr(&mut command, full.into());
    run.until_stdout("ready");
    run.signal(Signal::SIGTERM);
    let finished = run.finish_within(Duration::from_secs(10));
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(7), "ready\ncaught\n"));
}
