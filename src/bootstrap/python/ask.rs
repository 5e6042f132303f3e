//! An interpreter is asked once what it is and what is installed for it.

use super::super::tool;
use super::table::Rows;
use crate::environment::Environment;
use crate::error::Error;
use pep440_rs::Version;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Longest time for the answer: a start of Python on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);
const SCRIPT: &str =
    concat!(include_str!("../../../shims/python/_otel_run/overlay.py"), include_str!("ask.py"));
const MARK: &str = "otel-run ";

/// What an interpreter says about itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Facts {
    pub(super) version: String,
    /// What compiled files fit, as the shim says it too.
    pub(super) identity: String,
    pub(super) platform: String,
    /// `glibc 2.36`; empty where Python cannot tell.
    pub(super) libc: String,
    /// The environment, links resolved.
    pub(super) prefix: PathBuf,
    pub(super) executable: PathBuf,
    /// Whether it has pip.
    pub(super) pip: bool,
    /// Where it finds packages.
    pub(super) folders: Vec<String>,
    /// `name==version`, sorted.
    pub(super) packages: Vec<String>,
}

impl Facts {
    /// Distributions by name.
    pub(super) fn installed(&self) -> Rows<'_> {
        let pairs = self.packages.iter().filter_map(|package| package.split_once("=="));
        pairs.map(|(name, version)| (name, Version::from_str(version).ok())).collect()
    }

    pub(super) fn pair(&self) -> (u64, u64) {
        let release =
            Version::from_str(&self.version).map(|version| version.release().to_vec()).unwrap_or_default();
        (release.first().copied().unwrap_or_default(), release.get(1).copied().unwrap_or_default())
    }
}

/// Isolated: nothing of the current folder and of the environment is loaded, and nothing written.
pub(super) fn ask(interpreter: &Path, environment: &Environment) -> Result<Facts, Error> {
    let failed = |why: String| {
        Error::launcher(format!("cannot ask {}: {why}", interpreter.display()))
            .from("the interpreter of the command")
            .hint("name another one with --python PATH")
    };
    let user = if environment.setting("PYTHONNOUSERSITE").is_some() { "no-user" } else { "user" };
    let mut command = tool::command(interpreter, environment);
    command.args(["-I", "-B", "-c", SCRIPT, user]);
    if let Some(path) = environment.get("PYTHONPATH") {
        command.args(std::env::split_paths(path).filter(|path| path.is_absolute()));
    }
    let ran = tool::run(&mut command, PATIENCE, |_| {}).map_err(failed)?;
    if !ran.status.success() {
        return Err(failed(ran.last_words()));
    }
    let answer = ran.stdout.lines().rev().find_map(|line| line.strip_prefix(MARK));
    let answer = answer.ok_or_else(|| failed("it does not answer as a Python does".to_owned()))?;
    serde_json::from_str(answer).map_err(|error| failed(format!("its answer cannot be read: {error}")))
}
