//! Whether what was installed can be loaded beside the application's packages, before any program
//! finds it.

use super::super::tool;
use super::ask::Facts;
use crate::environment::Environment;
use crate::error::Error;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const SCRIPT: &str = include_str!("check.py");

/// Loads the SDK from `overlay`. Returns the instrumentations that will not start, each with its
/// own reason.
pub(super) fn verify(
    facts: &Facts,
    overlay: &Path,
    environment: &Environment,
) -> Result<BTreeMap<String, String>, Error> {
    let failed = |why: String| {
        Error::launcher(format!("the official packages cannot be loaded beside the application's: {why}"))
            .from(facts.executable.display())
            .hint("nothing was changed; the program runs with the built-in shim")
    };
    let mut command = tool::command(&facts.executable, environment);
    command.args(["-I", "-B", "-c", SCRIPT]).arg(overlay).args(&facts.folders);
    let ran = tool::run(&mut command, PATIENCE, |_| {}).map_err(failed)?;
    if !ran.status.success() {
        return Err(failed(
            ran.lines.iter().rev().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default(),
        ));
    }
    let answer = ran.stdout.lines().rev().find_map(|line| line.strip_prefix("otel-run "));
    Ok(answer.and_then(|answer| serde_json::from_str(answer).ok()).unwrap_or_default())
}
