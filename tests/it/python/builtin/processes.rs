//! Servers of several processes, and processes that fork or end in unusual ways.

use super::{Run, ask, lean, told::Told};
use crate::support::process::{Process, eventually};
use crate::support::sink::Sink;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet};

/// Asks for `/pid` until `count` processes have answered: how often each did.
fn pids(run: &Run, count: usize) -> BTreeMap<String, usize> {
    let mut answers = BTreeMap::new();
    let address = run.address.as_str();
    eventually("an answer of every worker", || {
        let round: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| ask(address, "GET", "/pid", &[]).1)).collect();
            threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        for answer in round {
            *answers.entry(answer).or_default() += 1;
        }
        (answers.len() >= count).then_some(())
    });
    answers
}

/// Every request is told once, by the process that answered it, and each is an instance of its own.
fn check(told: &Told, asked: &BTreeMap<String, usize>, command: &str) {
    let mut of = BTreeMap::new();
    let mut instances = BTreeSet::new();
    for span in told.served().filter(|span| span.get("url.path") == "/pid") {
        *of.entry(span.resource["process.pid"].clone()).or_default() += 1;
        instances.insert(&span.resource["service.instance.id"]);
    }
    assert_eq!(&of, asked, "{command}");
    assert_eq!(instances.len(), asked.len(), "{command}");
    let ids: BTreeSet<_> = told.spans.iter().map(|span| &span.id).collect();
    assert_eq!(ids.len(), told.spans.len(), "no two processes draw the same ids: {command}");
}

fn runs_with_workers(command: &str, workers: usize) {
    let run = Run::start(&lean(), command);
    let asked = pids(&run, workers);
    assert_eq!(run.get("/hello/last").0, 200);
    let (finished, told) = run.stop(Signal::SIGTERM);
    assert!(!finished.stderr.contains("Traceback"), "{}", finished.stderr);
    check(&told, &asked, command);
    let last = told.path("/hello/last");
    assert_eq!(told.log("hello last").span, last.id, "{command}");
}

#[test]
fn uvicorn_starts_workers() {
    runs_with_workers("uvicorn main:app --port PORT --workers 4", 4);
}

#[test]
fn uvicorn_reloads() {
    runs_with_workers("uvicorn main:app --port PORT --reload", 1);
}

#[test]
fn gunicorn_forks() {
    runs_with_workers("gunicorn -w 3 --no-control-socket -b 127.0.0.1:PORT shop:app", 3);
    runs_with_workers("gunicorn -w 3 --preload --no-control-socket -b 127.0.0.1:PORT shop:app", 3);
}

#[test]
fn gunicorn_forks_asgi() {
    let worker = "-k uvicorn_worker.UvicornWorker --no-control-socket";
    runs_with_workers(&format!("gunicorn -w 2 {worker} -b 127.0.0.1:PORT main:app"), 2);
    runs_with_workers(&format!("gunicorn -w 2 --preload {worker} -b 127.0.0.1:PORT main:app"), 2);
}

/// A worker that is killed takes at most the last moment with it, and its successor goes on.
#[test]
fn a_worker_that_is_killed() {
    let run = Run::start(&lean(), "gunicorn -w 1 --no-control-socket -b 127.0.0.1:PORT shop:app");
    let first = run.get("/pid").1;
    drop(run.until(|told| told.served().count() == 1));
    kill(Pid::from_raw(first.parse().expect("a pid")), Signal::SIGKILL).expect("killed");
    let second = eventually("a new worker", || {
        let (status, pid) = run.get("/pid");
        (status == 200 && pid != first).then_some(pid)
    });
    let (_, told) = run.stop(Signal::SIGTERM);
    let pids: BTreeSet<_> = told.served().map(|span| span.resource["process.pid"].clone()).collect();
    assert_eq!(pids, BTreeSet::from([first, second]));
}

/// Threads are at work while the process forks; the children tell what they do, and nothing of the
/// parent's. Each of the ways to end delivers what is left.
#[test]
fn forks_and_ends() {
    let sink = Sink::start();
    let flags = format!("--exporter_otlp_endpoint {} --host_metrics off", sink.url());
    let mut launch = super::launch(&super::super::plain(), &flags, "python forks.py");
    let finished = Process::start(&mut launch).finish();
    assert_eq!(finished.stdout.lines().last(), Some("done"), "{}", finished.stderr);
    let told = Told::of(&sink.seen());
    let mut bodies: Vec<_> =
        told.logs.iter().map(|log| log.body.as_str()).filter(|body| !body.starts_with("busy")).collect();
    bodies.sort_unstable();
    let expected = [
        "in a child",
        "in a forked process",
        "in a process of a pool",
        "in a spawned process",
        "in the parent",
    ];
    assert_eq!(bodies, expected);
    let busy: Vec<_> =
        told.logs.iter().filter(|log| log.body.starts_with("busy")).map(|log| &log.body).collect();
    let once: BTreeSet<_> = busy.iter().collect();
    assert_eq!(once.len(), busy.len(), "no child sends what the parent has recorded");
}

/// Exceptions that nobody catches: of the main thread, of others, and of none.
#[test]
fn exceptions_at_the_end() {
    let start = |ending: &str| {
        let sink = Sink::start();
        let flags = format!("--exporter_otlp_endpoint {} --host_metrics off", sink.url());
        let command = format!("python ends.py {ending}");
        let ours = Process::start(&mut super::launch(&super::super::plain(), &flags, &command)).finish();
        let bare =
            Process::start(&mut super::super::within(&super::super::plain(), command.split(' '))).finish();
        assert_eq!((&ours.stdout, ours.status), (&bare.stdout, bare.status), "{ending}");
        let ours = ours.stderr.lines().filter(|line| !line.starts_with("otel-run:")).map(addresses_hidden);
        let bare = bare.stderr.lines().map(addresses_hidden);
        assert_eq!(ours.collect::<Vec<_>>(), bare.collect::<Vec<_>>(), "{ending}");
        let told = Told::of(&sink.seen());
        told.logs.into_iter().filter(|log| log.event == "exception").collect::<Vec<_>>()
    };
    for (ending, severity, message) in
        [("main", 21, "at the end"), ("thread", 17, "in a thread"), ("hooked", 21, "at the end")]
    {
        let events = start(ending);
        assert_eq!(events.len(), 1, "{ending}: {events:#?}");
        assert_eq!(events[0].severity.0, severity, "{ending}");
        assert_eq!(events[0].attributes["exception.type"], "RuntimeError");
        assert_eq!(events[0].attributes["exception.message"], message);
        assert!(events[0].attributes["exception.stacktrace"].contains("Traceback"));
    }
    for ending in ["exit", "interrupt", "thread-exit"] {
        assert!(start(ending).is_empty(), "{ending}");
    }
}

/// `<Thread(…, started 139…)>` without the numbers.
fn addresses_hidden(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}
