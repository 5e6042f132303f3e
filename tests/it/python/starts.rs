//! The many ways in which a Python program is started.

use super::received::Received;
use super::{file, web, within};
use crate::support::process::{Finished, OTEL_RUN, Process};
use crate::support::sink::Sink;
use crate::support::venv;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

/// Makes a span and a log record, in as many processes as it is told.
const WORK: &str = "work.py";

fn start(command: &mut Command) -> Finished {
    Process::start(command).finish()
}

/// otel-run, sending to `sink`, in front of `words`.
fn under(sink: &Sink, words: &[&str]) -> Command {
    let mut run =
        within(&web(), [OTEL_RUN, "--exporter_otlp_endpoint", &sink.url(), "--host_metrics", "off", "--"]);
    run.args(words);
    run
}

fn spans(sink: &Sink) -> usize {
    Received::of(&sink.seen()).spans.len()
}

#[test]
fn every_way_to_start_it() {
    let script = file("apps").join(WORK).display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    // As pyenv and asdf put in front of an interpreter.
    let wrapper = folder.path().join("python3");
    std::fs::write(&wrapper, "#!/bin/sh\nexec python \"$@\"\n").expect("a script");
    std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("permissions");
    let wrapper = wrapper.display().to_string();
    let in_shell = format!("python {script}; exit $?");
    for words in [
        &["python", &script][..],
        &["python", "-m", "work"],
        &["python", "-uBc", "import work; work.work()"],
        &["python", "-X", "dev", "-W", "error", &script],
        &["sh", "-c", &in_shell],
        &["env", "A=b", "nice", "python", &script],
        &[&wrapper, &script],
        &["timeout", "300", "python", &script],
    ] {
        let sink = Sink::start();
        let finished = start(&mut under(&sink, words));
        assert_eq!(finished.status.code(), Some(0), "{words:?}: {}", finished.stderr);
        assert_eq!(finished.stderr, "working\n", "{words:?}");
        assert_eq!(spans(&sink), 1, "{words:?}");
        assert_eq!(Received::of(&sink.seen()).logs[0].body, "working");
    }
}

#[test]
fn children_of_multiprocessing() {
    let script = file("apps").join(WORK).display().to_string();
    for method in ["fork", "spawn", "forkserver"] {
        let sink = Sink::start();
        let finished = start(&mut under(&sink, &["python", &script, method]));
        assert_eq!(finished.status.code(), Some(0), "{method}: {}", finished.stderr);
        let received = Received::of(&sink.seen());
        let origins: BTreeSet<_> = received.spans.iter().map(|span| span.origin.clone()).collect();
        assert_eq!((received.spans.len(), origins.len()), (3, 3), "{method}: parent and two children");
        let instances: BTreeSet<_> = origins.iter().map(|origin| &origin.instance).collect();
        assert_eq!(instances.len(), 3, "{method}");
    }
}

/// What the SDK thinks of a program's log records is not printed between the program's lines.
#[test]
fn odd_log_records() {
    let script = file("apps/odd_logs.py").display().to_string();
    let sink = Sink::start();
    let ours = start(&mut under(&sink, &["python", &script]));
    let bare = start(&mut within(&web(), ["python", &script]));
    // The traceback of a message that cannot be formatted has a frame of ours.
    let lines = |stderr: &str| -> Vec<String> {
        stderr.lines().filter(|line| !line.starts_with("  ")).map(str::to_owned).collect()
    };
    assert_eq!(lines(&ours.stderr), lines(&bare.stderr));
    let received = Received::of(&sink.seen());
    let bodies: Vec<_> = received.logs.iter().map(|log| log.body.as_str()).collect();
    assert_eq!(bodies.len(), 4, "{bodies:?}");
    assert_eq!((bodies[0], bodies[1], bodies[3]), ("with extra", "odd", "an exception"));
}

/// uWSGI does so; the SDK alone would wait for half a minute at the end of the child.
#[test]
fn a_server_that_forks_in_c() {
    let script = file("apps/fork_in_c.py").display().to_string();
    let sink = Sink::start();
    let begin = Instant::now();
    let finished = start(&mut under(&sink, &["python", &script]));
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert_eq!(finished.stderr, "working\nworking\n");
    let received = Received::of(&sink.seen());
    let origins: BTreeSet<_> = received.spans.iter().map(|span| span.origin.pid).collect();
    assert_eq!((received.spans.len(), received.logs.len(), origins.len()), (2, 2, 2));
    assert_eq!(received.measured, origins, "metrics of both");
}

#[test]
fn closed_interpreters_say_so_and_run() {
    for option in ["-I", "-E", "-S"] {
        let sink = Sink::start();
        let mut run = within(
            &super::plain(),
            [OTEL_RUN, "--exporter_otlp_endpoint", &sink.url(), "--host_metrics", "off", "--"],
        );
        let finished =
            start(run.args(["python", option, "-c", "import sys; print('_otel_run' in sys.modules)"]));
        assert_eq!(finished.stdout, "False\n", "{}", finished.stderr);
        assert_eq!(
            finished.stderr,
            format!(
                "otel-run: Python is started with {option}, which ignores what is given to it from outside: \
                 it runs without instrumentation\n"
            )
        );
    }
}

#[test]
fn uv_run() {
    let uv = venv("uv", &["uv==0.13.8"]);
    let project = tempfile::tempdir().expect("a folder");
    std::fs::copy(file("apps").join(WORK), project.path().join(WORK)).expect("a file");
    let sink = Sink::start();
    let mut run =
        within(&uv, [OTEL_RUN, "--exporter_otlp_endpoint", &sink.url(), "--host_metrics", "off", "--"]);
    run.args(["uv", "run", "--no-project", "--quiet", "--python"]).arg(web().join("bin/python"));
    run.args(["python", WORK]).env_remove("VIRTUAL_ENV").current_dir(project.path());
    let finished = start(&mut run);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert_eq!(spans(&sink), 1, "{}", finished.stderr);
}

/// An instrumentation that cannot be loaded costs one line, and the others work.
#[test]
fn one_bad_instrumentation() {
    let folder = tempfile::tempdir().expect("a folder");
    let info = folder.path().join("broken-1.dist-info");
    std::fs::create_dir(&info).expect("a folder");
    std::fs::write(info.join("METADATA"), "Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
        .expect("a file");
    std::fs::write(
        info.join("entry_points.txt"),
        "[opentelemetry_instrumentor]\nbroken = broken:Instrumentor\n",
    )
    .expect("a file");
    std::fs::write(
        folder.path().join("broken.py"),
        "class Instrumentor:\n    def __getattr__(self, name):\n        raise ValueError('broken')\n",
    )
    .expect("a file");
    let sink = Sink::start();
    let script = file("apps").join(WORK).display().to_string();
    let mut run = under(&sink, &["python", &script]);
    let finished = start(run.env("PYTHONPATH", folder.path()));
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let python = web().join("bin/python").display().to_string();
    assert_eq!(
        finished.stderr,
        format!(
            "otel-run: OpenTelemetry started with trouble in {python}: broken: ValueError: broken\nworking\n"
        )
    );
    assert_eq!(spans(&sink), 1);
}

/// Under another otel-run, the outer one delivers, and nothing comes twice.
#[test]
fn otel_run_below_otel_run() {
    let sink = Sink::start();
    let script = file("apps").join(WORK).display().to_string();
    let inner = [OTEL_RUN, "--service_name", "inner", "--metrics_exporter", "console", "python", &script];
    let finished = start(&mut under(&sink, &inner));
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert_eq!(
        finished.stderr,
        "otel-run: another otel-run above delivers the telemetry: OTEL_METRICS_EXPORTER given here has no \
         effect\nworking\n"
    );
    assert_eq!(finished.stdout, "");
    let received = Received::of(&sink.seen());
    assert_eq!(received.spans.len(), 1);
    assert_eq!(received.spans[0].origin.service, "inner");
    assert_eq!(received.own_logs.len(), 1, "one end is told: {:?}", received.own_logs);
}
