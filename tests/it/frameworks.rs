//! The framework matrix: applications in which nothing of OpenTelemetry is set up, on every
//! server that people put in front of them, each as one types it.

#[path = "frameworks/acceptance.rs"]
mod acceptance;
#[path = "frameworks/chain.rs"]
mod chain;
#[path = "frameworks/check.rs"]
mod check;
#[path = "frameworks/examples.rs"]
mod examples;
#[path = "frameworks/matrix.rs"]
mod matrix;
#[path = "frameworks/older.rs"]
mod older;
#[path = "frameworks/peer.rs"]
mod peer;
#[path = "frameworks/readme.rs"]
mod readme;
#[path = "frameworks/run.rs"]
pub(crate) mod run;
#[path = "frameworks/table.rs"]
mod table;
#[path = "frameworks/telemetry.rs"]
pub(crate) mod telemetry;

pub(crate) use run::Running;

use crate::support::process;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of these tests.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/frameworks").join(name)
}

/// `words` in the environment of `venv`, as an activated one, in the folder of the applications.
pub(crate) fn within<S: AsRef<OsStr>>(venv: &Path, words: impl IntoIterator<Item = S>) -> Command {
    let mut command = process::bare(words);
    let mut path = venv.join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env("VIRTUAL_ENV", venv).current_dir(file("apps"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    for name in ["PYTHONPATH", "PYTHONHOME"] {
        command.env_remove(name);
    }
    command
}
