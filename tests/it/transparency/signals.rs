//! SIG-1, SIG-7, SIG-9 to SIG-12: signals sent by `kill`, to us, to the agent, and before
//! anything has started.

use crate::support::probe;
use crate::support::process::{OTEL_RUN, PATIENCE, Process, bare, children, eventually, otel_run, state_of};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use otel_run::sys::send_signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;
use std::time::{Duration, Instant};

/// Sends any signal, real-time ones too, to a process or (negative) to a group.
fn send(pid: i32, signal: i32) {
    send_signal(pid, signal, None).unwrap();
}

/// The target that tells what it gets, and its process id.
fn logger(run: &mut Command) -> (Process, i32) {
    let mut run = Process::start(run);
    let ready = run.until_stdout("\n");
    let pid = ready.trim().strip_prefix("ready ").unwrap().parse().unwrap();
    (run, pid)
}

/// Lines of the logger without the first.
fn received(stdout: &str) -> Vec<i32> {
    let lines = stdout.lines().filter_map(|line| line.strip_prefix("signal "));
    lines.map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
}

/// The agent: the child that is not the target.
fn agent_of(run: i32, target: i32) -> i32 {
    eventually("the agent", || children(run).into_iter().find(|child| *child != target))
}

/// With an agent that says when it is ready.
fn verbose(command: &[&str]) -> Command {
    let mut run = bare([OTEL_RUN, "-vv"]);
    run.args(["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none", "--"]);
    run.args(command);
    run
}

fn is_alive(pid: i32) -> bool {
    !matches!(state_of(pid), 'Z' | 'X' | '?')
}

#[test]
fn sig_1_every_signal_reaches_the_target_exactly_once() {
    let (mut run, _) = logger(&mut otel_run([probe().to_str().unwrap(), "signals"]));
    // Not KILL, STOP, CHLD. Those that stop us too are followed by a CONT.
    let sent: Vec<i32> = (1..=31).chain(34..=64).filter(|n| ![9, 17, 19].contains(n)).collect();
    let mut expected = Vec::new();
    let mut deliver = |signal: i32| {
        send(run.pid, signal);
        expected.push(signal);
        run.until_lines(1 + expected.len());
    };
    for signal in sent {
        deliver(signal);
        if [20, 21, 22].contains(&signal) {
            deliver(18);
        }
    }
    let finished = run.finish();
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert_eq!(received(&finished.stdout), expected);
}

#[test]
fn sig_1_the_value_of_a_queued_signal_is_kept() {
    let (run, _) = logger(&mut otel_run([probe().to_str().unwrap(), "signals"]));
    for value in [11, 12, 13] {
        send_signal(run.pid, 35, Some(value)).unwrap();
    }
    send(run.pid, 64);
    let finished = run.finish();
    let values = finished.stdout.lines().filter(|line| line.starts_with("signal 35"));
    let values: Vec<&str> = values.collect();
    assert_eq!(values, ["signal 35 value 11", "signal 35 value 12", "signal 35 value 13"]);
}

/// Stopped by `kill`: the target is, we are, and both go on.
#[test]
fn sig_1_a_stop_by_kill_stops_both() {
    // Long enough for the signal to find it alive on a busy machine; and in a group of its own,
    // because in one without a shell above it the kernel stops nobody.
    let mut command = otel_run(["sh", "-c", "echo $$; exec sleep 3"]);
    let mut run = Process::start(command.process_group(0));
    let target: i32 = run.until_stdout("\n").trim().parse().unwrap();
    run.signal(Signal::SIGTSTP);
    for pid in [target, run.pid] {
        eventually("to be stopped", || (state_of(pid) == 'T').then_some(()));
    }
    run.signal(Signal::SIGCONT);
    let finished = run.finish();
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
}

/// SIG-7: TERM at any moment of the start. The target dies of it or handles it; never is it
/// lost, and never do we die of it while the target lives on.
#[test]
fn sig_7_a_signal_during_the_start_is_not_lost() {
    for round in 0..200_u64 {
        let script = "trap 'echo handled; exit 5' TERM; while :; do sleep 0.01; done";
        let run = Process::start(&mut otel_run(["sh", "-c", script]));
        let start = Instant::now();
        let wait = Duration::from_micros((round * 7919) % 15_000);
        while start.elapsed() < wait {
            std::hint::spin_loop();
        }
        run.signal(Signal::SIGTERM);
        let finished = run.finish();
        let died = finished.status.signal() == Some(15) && finished.stdout.is_empty();
        let handled = finished.status.code() == Some(5) && finished.stdout == "handled\n";
        assert!(died || handled, "after {wait:?}: {finished:?}");
    }
}

/// SIG-7, EXT-1: one that is too late to be forwarded does not become our end.
#[test]
fn sig_7_a_signal_at_the_end_changes_nothing() {
    for _ in 0..10 {
        let mut run =
            Process::start(&mut otel_run(["sh", "-c", "trap '' INT; echo ready; sleep 0.02; exit 3"]));
        run.until_stdout("ready");
        let finished = run.finish_while(|pid| {
            let _ = send_signal(pid, 2, None);
        });
        assert_eq!(finished.status.code(), Some(3), "{finished:?}");
    }
}

/// SIG-8: a signal for every process of the service or the group is seen once by the target,
/// and one for us alone too.
#[test]
fn sig_8_a_signal_for_everybody_is_seen_once() {
    let mut command = verbose(&[probe().to_str().unwrap(), "signals"]);
    let (mut run, target) = logger(command.process_group(0));
    run.until_stderr("the agent is ready");
    let agent = agent_of(run.pid, target);
    let mut lines = 1;
    for signal in [10, 12, 15, 34].repeat(3) {
        for receivers in
            [vec![run.pid, agent, target], vec![target, agent, run.pid], vec![-run.pid], vec![run.pid]]
        {
            receivers.into_iter().for_each(|receiver| send(receiver, signal));
            lines += 1;
            run.until_lines(lines);
            // Long enough for a signal that is forwarded wrongly, and for one that is to be told
            // apart from the next of the same sender.
            std::thread::sleep(Duration::from_millis(70));
        }
    }
    send(target, 64);
    let finished = run.finish();
    assert_eq!(received(&finished.stdout).len(), 48 + 1, "{finished:?}");
}

/// SIG-8: the target has had what it sent to its own group.
#[test]
fn sig_8_a_target_that_signals_its_group() {
    let script = "trap 'echo caught' TERM; kill -TERM 0; sleep 0.2; exit 3";
    let mut command = otel_run(["sh", "-c", script]);
    let finished = Process::start(command.process_group(0)).finish();
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(3), "caught\n"));
}

/// SIG-8: by our name only we are meant, and the target gets it.
#[test]
fn sig_8_the_agent_has_another_name() {
    let mut run = Process::start(&mut verbose(&["sh", "-c", "echo $$; exec sleep 100"]));
    run.until_stderr("the agent is ready");
    let target = run.until_stdout("\n").trim().parse().unwrap();
    let agent = agent_of(run.pid, target);
    for file in ["comm", "cmdline"] {
        let name = std::fs::read_to_string(format!("/proc/{agent}/{file}")).unwrap();
        assert!(name.starts_with("otel-agent"), "{name:?}");
    }
    run.signal(Signal::SIGTERM);
    assert_eq!(run.finish().status.signal(), Some(15));
}

/// SIG-12: what hits the agent directly does not end it.
#[test]
fn sig_12_signals_do_not_end_the_agent() {
    let mut run = Process::start(&mut verbose(&["sh", "-c", "echo $$; exec sleep 100"]));
    run.until_stderr("the agent is ready");
    let target = run.until_stdout("\n").trim().parse().unwrap();
    let agent = agent_of(run.pid, target);
    for signal in (1..=31).chain(34..=64).filter(|n| ![9, 19].contains(n)) {
        send(agent, signal);
    }
    // At once it would look like a signal for everybody.
    std::thread::sleep(Duration::from_millis(70));
    run.signal(Signal::SIGTERM);
    let finished = run.finish();
    assert_eq!(finished.status.signal(), Some(15));
    assert!(!finished.stderr.contains("restarted"), "{finished:?}");
    assert!(!is_alive(agent));
}

/// SIG-9: without us the target runs on, and the agent stays until it has gone.
#[test]
fn sig_9_the_supervisor_is_killed() {
    let mut run = Process::start(&mut verbose(&["sh", "-c", "echo $$; exec sleep 100"]));
    run.until_stderr("the agent is ready");
    let target: i32 = run.until_stdout("\n").trim().parse().unwrap();
    let agent = agent_of(run.pid, target);
    run.signal(Signal::SIGKILL);
    let finished = run.finish();
    assert_eq!(finished.status.signal(), Some(9));
    // Long enough for a mistake to show.
    std::thread::sleep(Duration::from_millis(300));
    assert!(is_alive(target), "the target runs on");
    assert!(is_alive(agent), "and so does the agent");
    kill(Pid::from_raw(target), Signal::SIGKILL).unwrap();
    eventually("the agent's end", || (!is_alive(agent)).then_some(()));
}

/// Adopts orphans and never asks for their status.
const NEGLIGENT_PARENT: &str = r"
import ctypes, os, signal, subprocess, sys, time

PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
nowhere = '--traces_exporter none --metrics_exporter none --logs_exporter none'
command = [sys.argv[1], '-vv', *nowhere.split(), '--', 'sleep', '100']
supervisor = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
for line in supervisor.stderr:
    if 'the agent is ready' in line:
        break
children = open(f'/proc/{supervisor.pid}/task/{supervisor.pid}/children').read().split()
assert len(children) == 2, children
supervisor.kill()
supervisor.wait()
for child in children:
    if open(f'/proc/{child}/comm').read().strip() == 'sleep':
        os.kill(int(child), signal.SIGKILL)
state = lambda child: open(f'/proc/{child}/stat').read().rsplit(') ')[1][0]
while any(state(child) != 'Z' for child in children):
    time.sleep(0.01)
print('both have ended', flush=True)
";

/// SIG-9: also where the new parent does not ask for the target's status, as the shell that is
/// process 1 of many a container.
#[test]
fn sig_9_a_target_that_nobody_reaps() {
    let mut command = bare(["python3", "-c", NEGLIGENT_PARENT, OTEL_RUN]);
    let mut run = Process::start(&mut command);
    run.until_stdout("both have ended");
}

#[test]
fn sig_9_kill_with_launcher() {
    let mut command = bare([OTEL_RUN, "--sdk_disabled", "true", "--kill-with-launcher", "--"]);
    let mut run = Process::start(command.args(["sh", "-c", "echo $$; exec sleep 100"]));
    let target: i32 = run.until_stdout("\n").trim().parse().unwrap();
    run.signal(Signal::SIGKILL);
    run.finish();
    eventually("the target's end", || (!is_alive(target)).then_some(()));
}

/// SIG-10: a killed agent is replaced within 200 ms, on the same port and with the same token.
#[test]
fn sig_10_the_agent_is_restarted() {
    let script = "echo $$ $OTEL_EXPORTER_OTLP_ENDPOINT $OTEL_EXPORTER_OTLP_HEADERS; exec sleep 100";
    let mut run = Process::start(&mut verbose(&["sh", "-c", script]));
    run.until_stderr("the agent is ready");
    let line = run.until_stdout("\n");
    let [target, endpoint, header] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{line}")
    };
    let target: i32 = target.parse().unwrap();
    let address = endpoint.strip_prefix("http://").unwrap();
    let token = header.strip_prefix("x-otel-run-token=").unwrap();
    assert!(answer(address, token).starts_with("HTTP/1.1 200 "));
    assert!(answer(address, "0123456789abcdef0123456789abcdef").starts_with("HTTP/1.1 401 "));
    for _ in 0..5 {
        let agent = agent_of(run.pid, target);
        let killed = Instant::now();
        kill(Pid::from_raw(agent), Signal::SIGKILL).unwrap();
        eventually("another agent", || {
            children(run.pid).into_iter().find(|child| *child != target && *child != agent)
        });
        assert!(killed.elapsed() < Duration::from_millis(200), "{:?}", killed.elapsed());
        // A request that comes before it listens waits in the socket.
        assert!(answer(address, token).starts_with("HTTP/1.1 200 "));
        assert!(is_alive(target));
    }
    run.signal(Signal::SIGTERM);
    assert_eq!(run.finish().status.signal(), Some(15));
}

/// What the receiver says to an empty request.
fn answer(address: &str, token: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\nx-otel-run-token: {token}\r\n\
         content-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn sig_10_after_ten_restarts_in_a_minute_we_give_up() {
    let script = "echo $$ $OTEL_EXPORTER_OTLP_ENDPOINT; exec sleep 100";
    let mut run = Process::start(&mut otel_run(["sh", "-c", script]));
    let line = run.until_stdout("\n");
    let (target, endpoint) = line.trim().split_once(' ').unwrap();
    let target: i32 = target.parse().unwrap();
    let address = endpoint.strip_prefix("http://").unwrap().to_owned();
    for _ in 0..11 {
        let agent = agent_of(run.pid, target);
        kill(Pid::from_raw(agent), Signal::SIGKILL).unwrap();
        eventually("its end", || (!children(run.pid).contains(&agent)).then_some(()));
    }
    run.until_stderr("the agent ended more than 10 times in a minute; the command runs on without telemetry");
    assert_eq!(children(run.pid), [target]);
    // Nobody waits for an answer that will not come.
    let refused = TcpStream::connect(&address).map(drop).map_err(|error| error.raw_os_error());
    assert_eq!(refused, Err(Some(Errno::ECONNREFUSED as i32)));
    run.signal(Signal::SIGTERM);
    assert_eq!(run.finish().status.signal(), Some(15));
}

/// SIG-11: programs that are put in front of us work as they do in front of the target.
#[test]
fn sig_11_wrappers() {
    let ours = [OTEL_RUN, "--sdk_disabled", "true", "--"];
    let target = ["sh", "-c", "echo $0 $HOME; kill -HUP $$; exit 3", "name"];
    let wrappers: [&[&str]; 5] = [
        &["nohup"],
        &["setsid", "--wait"],
        &["timeout", "10"],
        &["env", "-i", "PATH=/usr/bin:/bin"],
        &["nice", "-n", "3"],
    ];
    for wrapper in wrappers {
        let bare_run = Process::start(&mut bare(wrapper.iter().chain(&target))).finish();
        let our_run = Process::start(&mut bare(wrapper.iter().chain(&ours).chain(&target))).finish();
        assert_eq!(our_run.status, bare_run.status, "{wrapper:?}");
        assert_eq!(our_run.stdout, bare_run.stdout, "{wrapper:?}");
        assert_eq!(our_run.stderr, bare_run.stderr, "{wrapper:?}");
    }
    // `timeout` ends us, we end the target.
    let finished = Process::start(&mut bare(["timeout", "0.5"].iter().chain(&ours).chain(&["sleep", "100"])));
    assert_eq!(finished.finish().status.code(), Some(124));
}
