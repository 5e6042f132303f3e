//! The shim by itself, in every interpreter that this machine has.

use super::file;
use crate::support::free_port;
use crate::support::process::{Finished, Process, bare};
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// `python*` on the path, and the versions that pyenv keeps.
pub(crate) fn interpreters() -> Vec<PathBuf> {
    let mut folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    // What lies there is a script that starts one of the versions.
    folders.retain(|folder| !folder.ends_with("shims"));
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".pyenv")));
    let versions = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    folders.extend(versions.into_iter().flatten().flatten().map(|version| version.path().join("bin")));
    let names = ["python", "python2", "python3"];
    let found = folders.iter().flat_map(|folder| names.map(|name| folder.join(name)));
    let real: BTreeSet<_> = found.filter_map(|file| std::fs::canonicalize(file).ok()).collect();
    assert!(!real.is_empty(), "no Python on this machine");
    real.into_iter().collect()
}

fn shim() -> PathBuf {
    file("../../../shims/python").canonicalize().expect("the shim")
}

/// An interpreter with `path` as PYTHONPATH, told that it is under otel-run or not.
fn python(interpreter: &Path, path: &[&Path], active: bool, arguments: &[&str]) -> Command {
    let mut command = bare([interpreter]);
    command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").env("OTEL_TRACES_EXPORTER", "otlp");
    if path.is_empty() {
        command.env_remove("PYTHONPATH");
    } else {
        command.env("PYTHONPATH", std::env::join_paths(path).expect("a path"));
    }
    if active {
        command.env("OTEL_RUN_ACTIVE", "1");
    }
    command
}

fn run(command: &mut Command) -> Finished {
    let finished = Process::start(command).finish();
    assert!(finished.status.success(), "{command:?}: {}", finished.stderr);
    finished
}

/// A folder with a `sitecustomize.py`.
fn other(content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("sitecustomize.py"), content).expect("a file");
    folder
}

fn without_ours(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with("otel-run: ")).map(|line| format!("{line}\n")).collect()
}

const SEEN: &str = "import sys; print([p for p in sys.path]); print('_otel_run' in sys.modules)";

#[test]
fn without_the_marker_nothing_is_loaded() {
    for interpreter in interpreters() {
        let ours = run(&mut python(&interpreter, &[&shim()], false, &["-c", SEEN]));
        let bare = run(&mut python(&interpreter, &[], false, &["-c", SEEN]));
        assert_eq!((ours.stdout, ours.stderr), (bare.stdout, bare.stderr), "{}", interpreter.display());
    }
}

#[test]
fn closed_interpreters_stay_closed() {
    for interpreter in interpreters() {
        for option in ["-E", "-S"] {
            let ours = run(&mut python(&interpreter, &[&shim()], true, &[option, "-c", SEEN]));
            assert!(ours.stdout.ends_with("False\n"), "{}", interpreter.display());
            assert_eq!(ours.stderr, "");
        }
    }
}

#[test]
fn the_hidden_sitecustomize_runs_as_ever() {
    let folder = other("import sys; sys.stdout.write('%s %s\\n' % (__name__, __file__)); mark = 1");
    let code = "import sys, sitecustomize; print(sitecustomize.mark, sys.modules['sitecustomize'].__file__)";
    for interpreter in interpreters() {
        for active in [false, true] {
            let ours = run(&mut python(&interpreter, &[&shim(), folder.path()], active, &["-c", code]));
            let bare = run(&mut python(&interpreter, &[folder.path()], false, &["-c", code]));
            assert_eq!(ours.stdout, bare.stdout, "{}", interpreter.display());
            assert_eq!(without_ours(&ours.stderr), bare.stderr, "{}", interpreter.display());
        }
    }
}

#[test]
fn the_hidden_sitecustomize_fails_as_ever() {
    for content in ["raise ValueError('theirs')", "import absent_module", "raise SystemExit(3)", "a b"] {
        let folder = other(content);
        for interpreter in interpreters() {
            let start = |path: &[&Path]| {
                Process::start(&mut python(&interpreter, path, true, &["-c", "print(1)"])).finish()
            };
            let (ours, bare) = (start(&[&shim(), folder.path()]), start(&[folder.path()]));
            let name = interpreter.display();
            assert_eq!((ours.stdout, ours.status), (bare.stdout, bare.status), "{name}: {content}");
            // The traceback of an interpreter that gives up has our frames in it.
            let last = |stderr: &str| without_ours(stderr).lines().last().map(str::to_owned);
            assert_eq!(last(&ours.stderr), last(&bare.stderr), "{name}: {content}");
        }
    }
}

/// A package of this name that does something bad when it is loaded.
fn fake_opentelemetry(content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (package, content) in [
        ("opentelemetry", ""),
        ("opentelemetry/sdk", ""),
        ("opentelemetry/instrumentation", ""),
        ("opentelemetry/instrumentation/auto_instrumentation", content),
        ("opentelemetry/instrumentation/flask", ""),
    ] {
        let package = folder.path().join(package);
        std::fs::create_dir_all(&package).expect("a folder");
        std::fs::write(package.join("__init__.py"), content).expect("a file");
    }
    folder
}

#[test]
fn whatever_the_packages_raise_the_program_runs() {
    for (content, told) in [
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise SystemExit('no')", "SystemExit: no"),
        ("raise ValueError('two\\nlines\\x1b[2J')", "ValueError: two lines?[2J"),
        ("class E(BaseException): pass\nraise E('odd')", "E: odd"),
        ("a b", "SyntaxError: invalid syntax (__init__.py, line 1)"),
    ] {
        let folder = fake_opentelemetry(content);
        for interpreter in interpreters() {
            let mut command = python(&interpreter, &[&shim(), folder.path()], true, &["-c", "print(1)"]);
            let finished = run(&mut command);
            assert_eq!(finished.stdout, "1\n", "{}", interpreter.display());
            // Releases that no OpenTelemetry supports are left alone without a word.
            let expected = if is_supported(&interpreter) {
                let name = interpreter_name(&interpreter);
                format!("otel-run: OpenTelemetry did not start in {name}: {told}\n")
            } else {
                String::new()
            };
            assert_eq!(finished.stderr, expected, "{content}");
        }
    }
}

fn is_supported(interpreter: &Path) -> bool {
    let code = "import sys; print(sys.version_info >= (3, 7))";
    run(bare([interpreter]).args(["-c", code])).stdout == "True\n"
}

fn interpreter_name(interpreter: &Path) -> String {
    run(bare([interpreter]).args(["-c", "import sys; print(sys.executable)"])).stdout.trim().to_owned()
}

/// A real ^C while the packages load ends the program as it would without us.
#[test]
fn an_interrupt_while_loading_counts() {
    let folder =
        fake_opentelemetry("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(20)");
    for interpreter in interpreters().into_iter().filter(|interpreter| is_supported(interpreter)) {
        let mut command = python(&interpreter, &[&shim(), folder.path()], true, &["-c", "print(1)"]);
        let finished = Process::start(&mut command).finish();
        assert_eq!(finished.stdout, "", "{}", interpreter.display());
        assert!(!finished.status.success());
        assert!(finished.stderr.contains("KeyboardInterrupt"), "{}", finished.stderr);
    }
}

#[test]
fn without_opentelemetry_there_is_nothing_to_say() {
    let code = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', 'pass']))";
    for interpreter in interpreters() {
        let finished = run(&mut python(&interpreter, &[&shim()], true, &["-c", code]));
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
    }
}

/// Who asks for packages that are not there is told so, once for the whole tree.
#[test]
fn one_line_for_a_tree_that_lacks_what_was_asked_for() {
    for interpreter in interpreters().into_iter().filter(|interpreter| is_supported(interpreter)) {
        let code = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', 'pass']))";
        let start = |quiet| {
            let mut command = python(&interpreter, &[&shim()], true, &["-c", code]);
            run(command.env("OTEL_RUN_SHIM", "official").env("OTEL_RUN_QUIET", quiet)).stderr
        };
        let expected = format!(
            "otel-run: no opentelemetry-sdk and no opentelemetry-instrumentation in {}: the built-in shim is used \
             instead (install opentelemetry-distro and the opentelemetry-instrumentation-* packages of its \
             libraries)\n",
            interpreter_name(&interpreter)
        );
        assert_eq!(start(""), expected);
        assert_eq!(start("1"), "");
    }
}

/// An agent that takes connections and never answers holds up the end by two seconds at most,
/// one that is not there by nothing. An SDK would wait for its own ten seconds; the limits here leave room
/// for a busy machine.
#[test]
fn the_end_does_not_wait_for_the_agent() {
    let python_of_web = super::web().join("bin/python");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = SocketAddr::from(([127, 0, 0, 1], free_port()));
    for (address, limit) in [(silent.local_addr().expect("an address"), 9.0), (free, 6.0)] {
        let script = file("apps/work.py").display().to_string();
        let mut command = python(&python_of_web, &[&shim()], true, &[&script]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
        command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        let mut process = Process::start(&mut command);
        process.until_stderr("working");
        let worked = Instant::now();
        let finished = process.finish();
        let took = worked.elapsed().as_secs_f64();
        assert_eq!(finished.status.code(), Some(0));
        assert_eq!(finished.stderr, "working\n");
        assert!(took < limit, "{took} s");
    }
}
