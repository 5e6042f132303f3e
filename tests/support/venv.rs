//! Python environments for tests, made at first use and kept under `target/test-venvs`.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment with `requirements` (as `pip install` takes them) in it, made at most
/// once for each set of requirements and Python version, however many tests and test
/// processes ask for it at once. The interpreter is `bin/python` in the folder that is returned.
pub(crate) fn venv(name: &str, requirements: &[&str]) -> PathBuf {
    venv_of(Path::new("python3"), name, requirements)
}

/// The same for another interpreter than the usual one.
pub(crate) fn venv_of(python: &Path, name: &str, requirements: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-venvs");
    fs::create_dir_all(&folder).expect("a folder for virtual environments");
    let mut hasher = DefaultHasher::new();
    (requirements, python_version(python)).hash(&mut hasher);
    let venv = folder.join(format!("{name}-{:016x}", hasher.finish()));

    let lock = File::create(venv.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    // Written last: without it a run was cut in the middle, and the environment is made anew.
    let complete = venv.join("complete");
    if !complete.exists() {
        let _ = fs::remove_dir_all(&venv);
        succeed(Command::new(python).args(["-m", "venv"]).arg(&venv));
        if !requirements.is_empty() {
            let mut pip = Command::new(venv.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(requirements);
            succeed(&mut pip);
        }
        File::create(complete).expect("the mark of completeness");
    }
    venv
}

/// A folder with the wheels of `requirements` and all that they need, for the interpreter of `venv`.
pub(crate) fn wheels(venv: &Path, requirements: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (requirements, python_version(Path::new("python3"))).hash(&mut hasher);
    let folder = venv.with_file_name(format!("wheels-{:016x}", hasher.finish()));
    let lock = File::create(folder.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !folder.exists() {
        // Renamed when it is whole.
        let draft = folder.with_extension("draft");
        let _ = fs::remove_dir_all(&draft);
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-B", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest"]);
        succeed(pip.arg(&draft).args(requirements));
        fs::rename(&draft, &folder).expect("the wheels");
    }
    folder
}

fn python_version(python: &Path) -> String {
    succeed(Command::new(python).args(["-c", "import sys; print(sys.executable, sys.version)"]))
}

/// Runs a command to its end; its stdout. Python must find nothing of the outside environment.
fn succeed(command: &mut Command) -> String {
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").env_remove("VIRTUAL_ENV");
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n(the tests need python3 with its venv module, and the package index)",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn made_once_for_all_who_ask() {
    let ask = || super::venv("prometheus", &["prometheus-client==0.26.0"]);
    let made: Vec<PathBuf> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(made.iter().all(|path| *path == made[0]));
    succeed(Command::new(made[0].join("bin/python")).args(["-c", "import prometheus_client"]));
}
