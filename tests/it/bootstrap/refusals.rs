//! What cannot be done is said in three parts, and leaves nothing behind.

use super::{application, bootstrap, done, finish, home, installed, names, packages, within};
use crate::support::process::{Finished, OTEL_RUN};
use std::path::Path;

/// The packages of an overlay's folder that are left: none.
fn nothing_left(home: &Path) {
    assert_eq!(names(&home.join("overlay/python")), Vec::<String>::new());
}

fn failed(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.status.code(), Some(code), "{}", finished.stderr);
    for word in words {
        assert!(finished.stderr.contains(word), "{word:?}: {}", finished.stderr);
    }
    assert_eq!(finished.stdout, "");
}

/// The application's own version of a package is outside what the official ones take.
#[test]
fn versions_that_do_not_fit() {
    let (venv, home, pinned) = (application(), home(), installed(&["wrapt-0.9"]));
    let packages = packages().display().to_string();
    let words = ["--offline", &packages, "--", "uvicorn", "shop:app"];
    let finished = finish(bootstrap(&venv, home.path(), &words).env("PYTHONPATH", pinned.path()));
    failed(
        &finished,
        125,
        &["the official packages do not fit what the application has", "wrapt", "0.9", "  hint: "],
    );
    nothing_left(home.path());
    // And the program starts as ever.
    let mut run =
        within(&venv, home.path(), [OTEL_RUN, "--traces_exporter", "console", "--metrics_exporter", "none"]);
    run.args(["--logs_exporter", "none", "python", "-c", "print('runs')"]).env("PYTHONPATH", pinned.path());
    let finished = finish(&mut run);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("runs\n", ""));
}

#[test]
fn an_api_that_is_too_old() {
    let (venv, home, pinned) = (application(), home(), installed(&["opentelemetry_api-1.12.0"]));
    let mut run = bootstrap(&venv, home.path(), &["--", "uvicorn", "shop:app"]);
    let finished = finish(run.env("PYTHONPATH", pinned.path()));
    failed(
        &finished,
        125,
        &[
            "the application has opentelemetry-api 1.12.0, where 1.21 or a later release is needed",
            "  from: ",
            "  hint: ",
        ],
    );
}

#[test]
fn a_folder_without_packages() {
    let (venv, home, empty) = (application(), home(), home());
    let folder = empty.path().display().to_string();
    let finished =
        finish(&mut bootstrap(&venv, home.path(), &["--offline", &folder, "--", "uvicorn", "shop:app"]));
    failed(&finished, 125, &["the packages were not installed", "opentelemetry-sdk", "pip download --dest"]);
    nothing_left(home.path());
    let finished = finish(&mut bootstrap(&venv, home.path(), &["--offline", "/no/such", "--", "uvicorn"]));
    failed(&finished, 2, &["/no/such is not a folder", "from: flag --offline"]);
}

/// An index that is not there, with a password in its URL.
#[test]
fn an_index_that_does_not_answer() {
    let (venv, home) = (application(), home());
    let mut run = bootstrap(&venv, home.path(), &["--", "uvicorn", "shop:app"]);
    run.env("PIP_INDEX_URL", "http://me:s3cret@127.0.0.1:9/simple").env("PIP_RETRIES", "0");
    let finished = finish(run.env_remove("PIP_FIND_LINKS"));
    failed(&finished, 125, &["the packages were not installed", "is the package index reachable?"]);
    assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
    nothing_left(home.path());
}

#[test]
fn a_place_that_cannot_be_written() {
    let venv = application();
    let finished = finish(&mut bootstrap(&venv, Path::new("/proc"), &["--", "uvicorn", "shop:app"]));
    failed(
        &finished,
        125,
        &[
            "no place for the overlay: /proc/overlay: ",
            "from: OTEL_RUN_HOME",
            "hint: set OTEL_RUN_HOME to a folder that you can write",
        ],
    );
}

#[test]
fn commands_that_tell_nothing() {
    let (venv, home) = (application(), home());
    for (words, code, said) in [
        (&[][..], 2, "no command whose packages could be looked at"),
        (&["--", "no-such-program.py"], 127, "cannot run no-such-program.py: not found in PATH"),
        (&["--", "sleep", "1"], 2, "cannot tell the language of the command"),
        (&["--python", "/no/such/python"], 2, "/no/such/python cannot be run"),
        (&["--python", "/bin/true"], 125, "cannot ask /bin/true: it does not answer as a Python does"),
        (&["--bogus", "--", "uvicorn"], 2, "unknown flag --bogus"),
    ] {
        failed(&finish(&mut bootstrap(&venv, home.path(), words)), code, &[said]);
    }
}

#[test]
fn what_we_do_not_bring() {
    let (venv, home) = (application(), home());
    for (words, said) in [
        (["dotnet", "shop.dll"], "OTEL_DOTNET_AUTO_HOME="),
        (["php", "shop.php"], "pecl install opentelemetry"),
    ] {
        let finished = done(&mut bootstrap(&venv, home.path(), &["--", words[0], words[1]]));
        assert!(finished.stdout.contains(said), "{}", finished.stdout);
    }
}

/// A program of that name is started behind `--`.
#[test]
fn a_program_that_is_called_bootstrap() {
    let (venv, home) = (application(), home());
    let program = home.path().join("bootstrap");
    std::fs::write(&program, "#!/bin/sh\necho started \"$@\"\n").expect("a script");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("permissions");
    let mut run =
        within(&venv, home.path(), [OTEL_RUN, "--traces_exporter", "none", "--metrics_exporter", "none"]);
    run.args(["--logs_exporter", "none", "--", "bootstrap", "--dry-run"]).env("PATH", home.path());
    assert_eq!(finish(&mut run).stdout, "started --dry-run\n");
}
