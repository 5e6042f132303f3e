//! What a Node.js program has to offer: the OpenTelemetry packages beside it. Folders are read,
//! nothing is started; the word of the shim in the process is final.

use super::{Check, Verdict};
use crate::cli::Launch;
use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

const AREA: &str = "node";
const AUTO: &str = "@opentelemetry/auto-instrumentations-node";
const SDK: &str = "@opentelemetry/sdk-node";
const HTTP: &str = "@opentelemetry/instrumentation-http";
/// Releases before these are not started: their SDK takes no list of span processors.
const OLDEST: [(&str, (u64, u64)); 2] = [(AUTO, (0, 50)), (SDK, (0, 53))];
/// Commands of Node.js whose programs are looked for from the current folder.
const COMMANDS: [&str; 9] = ["nest", "next", "node", "nodejs", "npm", "npx", "pnpm", "tsx", "yarn"];
/// Agents that instrument the program as well if its code starts them.
const AGENTS: [&str; 6] = [
    "@azure/monitor-opentelemetry",
    "@sentry/node",
    "applicationinsights",
    "dd-trace",
    "elastic-apm-node",
    "newrelic",
];

/// Nothing for programs that are not of Node.js.
pub(super) fn check(file: &Path, first_line: Option<&str>, launch: &Launch) -> Vec<Check> {
    let Some(folder) = folder(file, first_line, &launch.command) else { return Vec::new() };
    let mut checks = vec![instrumented_by(&folder)];
    for agent in AGENTS.into_iter().filter(|agent| version(&folder, agent).is_some()) {
        let what = format!(
            "{agent} is installed: if the program starts it, otel-run's own instrumentation steps back"
        );
        checks.push(Check::warn(AREA, what, format!("use either {agent} or otel-run")));
    }
    checks
}

fn instrumented_by(folder: &Path) -> Check {
    let mut reason = String::new();
    for (package, oldest) in OLDEST {
        let Some(version) = version(folder, package) else { continue };
        if number(&version) < oldest {
            let what = format!(
                "{package} {version} is too old to be started: what is built in instruments the program"
            );
            let (major, minor) = oldest;
            return Check::warn(AREA, what, format!("npm install {package}, {major}.{minor} or later"));
        }
        if package == AUTO || self::version(folder, HTTP).is_some() {
            return Check::ok(AREA, format!("{package} {version} instruments the program"));
        }
        reason = format!("{package} {version} without {HTTP}: ");
    }
    let verdict = if reason.is_empty() { Verdict::Ok } else { Verdict::Warn };
    if reason.is_empty() {
        reason = format!("no {AUTO}: ");
    }
    Check::new(AREA, verdict, format!("{reason}what is built in instruments the program"))
        .hint("otel-run bootstrap -- COMMAND brings the official packages, outside of it")
}

/// Where the program's packages are looked for, if it is one of Node.js.
fn folder(file: &Path, first_line: Option<&str>, command: &[OsString]) -> Option<PathBuf> {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let run_by_node = first_line.is_some_and(|line| line.split(['/', ' ']).any(|word| word == "node"));
    if !COMMANDS.contains(&name) && !run_by_node {
        return None;
    }
    let here = std::env::current_dir().ok()?;
    let script = match COMMANDS.contains(&name) {
        true => {
            command.iter().skip(1).map(Path::new).find(|word| here.join(word).is_file()).map(Path::to_owned)
        }
        false => Some(file.to_owned()),
    };
    let script = script.and_then(|script| fs::canonicalize(here.join(script)).ok());
    script.and_then(|script| script.parent().map(Path::to_owned)).or(Some(here))
}

/// The version of a package as Node finds it from this folder.
fn version(folder: &Path, package: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        version: String,
    }
    folder.ancestors().find_map(|folder| {
        let text = fs::read_to_string(folder.join("node_modules").join(package).join("package.json")).ok()?;
        Some(serde_json::from_str::<Manifest>(&text).ok()?.version)
    })
}

fn number(version: &str) -> (u64, u64) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(packages: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, version) in packages {
            let package = folder.path().join("node_modules").join(name);
            fs::create_dir_all(&package).unwrap();
            fs::write(package.join("package.json"), format!(r#"{{"version": "{version}"}}"#)).unwrap();
        }
        folder
    }

    #[test]
    fn who_instruments() {
        for (packages, verdict, what) in [
            (
                &[][..],
                Verdict::Ok,
                "no @opentelemetry/auto-instrumentations-node: what is built in instruments the program",
            ),
            (
                &[(AUTO, "0.81.2")],
                Verdict::Ok,
                "@opentelemetry/auto-instrumentations-node 0.81.2 instruments the program",
            ),
            (
                &[(AUTO, "0.39.4")],
                Verdict::Warn,
                "@opentelemetry/auto-instrumentations-node 0.39.4 is too old to be started: what is built in \
                 instruments the program",
            ),
            (
                &[(SDK, "0.223.0")],
                Verdict::Warn,
                "@opentelemetry/sdk-node 0.223.0 without @opentelemetry/instrumentation-http: what is built in \
                 instruments the program",
            ),
            (
                &[(SDK, "0.223.0"), (HTTP, "0.223.0")],
                Verdict::Ok,
                "@opentelemetry/sdk-node 0.223.0 instruments the program",
            ),
        ] {
            let folder = with(packages);
            let below = folder.path().join("src");
            let check = instrumented_by(&below);
            assert_eq!((check.verdict, check.what.as_str()), (verdict, what));
        }
    }

    #[test]
    fn programs_of_node() {
        let folder = with(&[]);
        let script = folder.path().join("serve");
        fs::write(&script, "").unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        let command = |word: &Path| vec![OsString::from("node"), word.as_os_str().to_owned()];
        assert_eq!(super::folder(Path::new("/usr/bin/node"), None, &command(&script)), Some(real.clone()));
        assert_eq!(super::folder(&script, Some("/usr/bin/env node"), &[]), Some(real));
        assert_eq!(super::folder(&script, Some("/bin/sh"), &[]), None);
        assert_eq!(super::folder(Path::new("/usr/sbin/nginx"), None, &[]), None);
    }
}
