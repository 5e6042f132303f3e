//! pip of the interpreter, another pip, uv, and none at all; with and without an index; twice at once.

use super::{PATIENCE, application, bootstrap, done, finish, home, names, packages, within};
use crate::support::process::Process;
use crate::support::venv;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// An index that answers nobody.
const NO_INDEX: &str = "http://127.0.0.1:9/simple";

/// A virtual environment without pip.
fn bare_venv(folder: &Path) -> PathBuf {
    let venv = folder.join("venv");
    done(&mut within(&venv, folder, ["python3", "-m", "venv", "--without-pip", &venv.display().to_string()]));
    venv
}

/// Bootstrap of a Python with this folder as all of PATH.
fn with_path(home: &Path, path: &Path, venv: &Path) -> std::process::Command {
    let packages = packages().display().to_string();
    let python = venv.join("bin/python").display().to_string();
    let mut run = bootstrap(venv, home, &["--offline", &packages, "--python", &python]);
    run.env("PATH", path).env("PIP_INDEX_URL", NO_INDEX).env("UV_INDEX_URL", NO_INDEX);
    run
}

fn overlays(home: &Path) -> Vec<String> {
    let mut names = names(&home.join("overlay/python"));
    names.retain(|name| name != "environments");
    names
}

#[test]
fn a_folder_serves_without_any_index() {
    let (venv, home) = (application(), home());
    let packages = packages().display().to_string();
    let mut run = bootstrap(&venv, home.path(), &["--offline", &packages, "--", "uvicorn", "shop:app"]);
    let finished = done(run.env("PIP_INDEX_URL", NO_INDEX));
    assert!(finished.stdout.contains("opentelemetry-sdk==1.45.1"), "{}", finished.stdout);
    assert_eq!(overlays(home.path()).len(), 1);
}

#[test]
fn no_installer_at_all() {
    let home = home();
    let (venv, nothing) = (bare_venv(home.path()), home.path().join("nothing"));
    std::fs::create_dir(&nothing).expect("a folder");
    let finished = finish(&mut with_path(home.path(), &nothing, &venv));
    assert_eq!(finished.status.code(), Some(125));
    let python = venv.join("bin/python");
    let lines = [
        format!("otel-run: nothing that could install packages for {}", python.display()),
        "  from: it has no pip, and neither a pip of version 22.3 or later nor uv is on PATH".to_owned(),
        format!(
            "  hint: {} -m ensurepip adds pip to it; or put uv or a recent pip on PATH",
            python.display()
        ),
    ];
    let said: Vec<_> = finished.stderr.lines().skip_while(|line| !line.contains("nothing that")).collect();
    assert_eq!(said, lines);
    assert_eq!(overlays(home.path()), Vec::<String>::new());
}

#[test]
fn the_pip_of_another_interpreter() {
    let (home, other) = (home(), venv("bootstrap-pip", &["pip==25.3"]));
    let (venv, path) = (bare_venv(home.path()), home.path().join("path"));
    std::fs::create_dir(&path).expect("a folder");
    symlink(other.join("bin/pip"), path.join("pip")).expect("a link");
    let finished = done(&mut with_path(home.path(), &path, &venv));
    assert!(finished.stdout.contains("opentelemetry-instrumentation-sqlite3==0.66b1"), "{}", finished.stdout);
    assert_eq!(overlays(home.path()).len(), 1);
    assert!(!venv.join("bin/pip").exists());
}

#[test]
fn uv_where_there_is_no_pip() {
    let (home, other) = (home(), venv("bootstrap-uv", &["uv==0.9.8"]));
    let (venv, path) = (bare_venv(home.path()), home.path().join("path"));
    std::fs::create_dir(&path).expect("a folder");
    symlink(other.join("bin/uv"), path.join("uv")).expect("a link");
    let finished = done(&mut with_path(home.path(), &path, &venv));
    assert!(finished.stdout.contains("opentelemetry-instrumentation-sqlite3==0.66b1"), "{}", finished.stdout);
    assert_eq!(overlays(home.path()).len(), 1);
}

/// The second waits for the first, and finds what that has made.
#[test]
fn two_at_once() {
    let (venv, home) = (application(), home());
    let packages = packages().display().to_string();
    let words = ["--offline", &packages, "--", "uvicorn", "shop:app"];
    let both = [(); 2].map(|()| Process::start(&mut bootstrap(&venv, home.path(), &words)));
    let finished = both.map(|process| process.finish_within(PATIENCE));
    assert!(finished.iter().all(|finished| finished.status.success()), "{finished:?}");
    let installed = finished.iter().filter(|finished| finished.stdout.contains("Installed into")).count();
    let found = finished.iter().filter(|finished| finished.stdout.contains("is there already")).count();
    assert_eq!((installed, found), (1, 1), "{finished:?}");
    assert!(finished.iter().any(|finished| finished.stderr.contains("waiting for its end")), "{finished:?}");
    assert_eq!(overlays(home.path()).len(), 1);
}
