//! `otel-run bootstrap`: real installers, real applications, and nothing of theirs changed.

#[path = "bootstrap/environment.rs"]
mod environment;
#[path = "bootstrap/installers.rs"]
mod installers;
#[path = "bootstrap/java.rs"]
mod java;
#[path = "bootstrap/node.rs"]
mod node;
#[path = "bootstrap/refusals.rs"]
mod refusals;
#[path = "bootstrap/ruby.rs"]
mod ruby;
#[path = "bootstrap/served.rs"]
mod served;

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::{venv, wheels};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longest time for a bootstrap with a package index, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// An application without OpenTelemetry packages, but for the API that FastAPI brings along.
const APPLICATION: [&str; 4] =
    ["fastapi==0.165.0", "httpx==0.28.1", "opentelemetry-api==1.45.1", "uvicorn==0.54.0"];

fn application() -> PathBuf {
    venv("bootstrap", &APPLICATION)
}

/// Everything that bootstrap will want for it.
fn packages() -> PathBuf {
    let instrumentations = ["fastapi", "httpx", "sqlite3", "threading", "urllib"];
    let instrumentations =
        instrumentations.map(|name| format!("opentelemetry-instrumentation-{name}==0.66b1"));
    let mut wanted = vec!["opentelemetry-sdk==1.45.1"];
    wanted.extend(instrumentations.iter().map(String::as_str));
    wheels(&application(), &wanted)
}

/// A file of these tests.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bootstrap").join(name)
}

/// A command in an activated environment, in the folder of the applications, with overlays below `home`.
fn within<S: AsRef<OsStr>>(venv: &Path, home: &Path, words: impl IntoIterator<Item = S>) -> Command {
    let mut command = bare(words);
    let mut path = venv.join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    // Applications write compiled files at their first start; that is not what is asked here.
    command.env("PATH", path).env("PYTHONDONTWRITEBYTECODE", "1").env("OTEL_RUN_HOME", home);
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").env_remove("VIRTUAL_ENV");
    command.current_dir(file("apps"));
    command
}

/// `otel-run bootstrap` with these words.
fn bootstrap(venv: &Path, home: &Path, words: &[&str]) -> Command {
    within(venv, home, [OTEL_RUN, "bootstrap"].iter().chain(words))
}

fn finish(command: &mut Command) -> Finished {
    Process::start(command).finish_within(PATIENCE)
}

/// What was said; panics if it went wrong.
fn done(command: &mut Command) -> Finished {
    let finished = finish(command);
    assert!(finished.status.success(), "{command:?}: {}\n{}", finished.stdout, finished.stderr);
    finished
}

/// A folder in which these distributions seem to be installed, for PYTHONPATH.
fn installed(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        std::fs::create_dir(folder.path().join(format!("{name}.dist-info"))).expect("a folder");
    }
    folder
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Names in a folder, sorted, without the lock.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name != ".lock");
    names.sort();
    names
}
