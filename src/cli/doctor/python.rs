//! What a Python program has to offer: its interpreter, and the OpenTelemetry packages beside
//! it. Folders are read, nothing is started; the word of the shim in the process is final.

use super::{Check, Verdict};
use crate::environment::Environment;
use crate::launch::interpreter::{is_python, venv};
use crate::overlay::{self, Record, installed as distributions};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const AREA: &str = "python";
/// Without these nothing can be started.
const NEEDED: [&str; 2] = ["opentelemetry-sdk", "opentelemetry-instrumentation"];
const INSTRUMENTATION: &str = "opentelemetry-instrumentation-";
/// Frameworks and servers whose instrumentation one would miss, where its name is the same.
const FRAMEWORKS: [&str; 12] = [
    "fastapi",
    "flask",
    "django",
    "starlette",
    "tornado",
    "falcon",
    "pyramid",
    "celery",
    "requests",
    "httpx",
    "sqlalchemy",
    "redis",
];
/// Agents that would instrument the program as well.
const AGENTS: [&str; 4] = ["ddtrace", "newrelic", "elastic-apm", "azure-monitor-opentelemetry"];

/// What is installed for this interpreter.
pub(super) fn check(interpreter: &Path, environment: &Environment) -> Vec<Check> {
    let folders = site_packages(interpreter);
    let packages = distributions(&folders);
    if packages.is_empty() {
        let what = format!("{}: its packages cannot be told without starting it", interpreter.display());
        return vec![Check::new(AREA, Verdict::Skipped, what)];
    }
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !packages.contains_key(*name)).collect();
    let mut checks = Vec::new();
    if missing.is_empty() {
        checks.push(Check::ok(AREA, installed(&packages)));
        checks.extend(uninstrumented(&packages));
    } else {
        let what = format!("no {}: the built-in shim instruments it", missing.join(" and no "));
        checks.push(
            Check::ok(AREA, what)
                .hint("otel-run bootstrap -- COMMAND brings the official packages, outside of it"),
        );
    }
    let overlay = overlay(interpreter, &folders, missing.is_empty(), environment);
    // One that fits serves in the place of the shim.
    if overlay.as_ref().is_some_and(|check| check.verdict == Verdict::Ok) {
        checks.clear();
    }
    checks.extend(overlay);
    for agent in AGENTS.into_iter().filter(|agent| packages.contains_key(*agent)) {
        let what = format!("{agent} is installed: if the program starts it, both instrument");
        let hint = match agent {
            "azure-monitor-opentelemetry" => {
                "what configure_azure_monitor would send by itself goes nowhere, so that nothing is sent twice \
                 (--keep_inprocess_azure leaves it its connection string)"
                    .to_owned()
            }
            _ => format!("use either {agent} or otel-run"),
        };
        checks.push(Check::warn(AREA, what, hint));
    }
    checks
}

/// What `otel-run bootstrap` has brought for this environment.
fn overlay(
    interpreter: &Path,
    folders: &[PathBuf],
    official: bool,
    environment: &Environment,
) -> Option<Check> {
    const AREA: &str = "overlay";
    let python = overlay::usable(environment)?.join("python");
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let prefix = real(&prefix(interpreter)?);
    let ours = |record: &Record| {
        record.paths.iter().any(|path| folders.iter().any(|f| real(f) == real(Path::new(path))))
    };
    let record = overlay::records(&python, &prefix).into_iter().find(ours)?;
    let folder = python.join(&record.folder);
    let name = folder.display();
    Some(match record.check() {
        _ if official => Check::new(
            AREA,
            Verdict::Skipped,
            format!("{name} is not used: the application has OpenTelemetry packages of its own"),
        ),
        Err(stale) => {
            let change = [("added", stale.added), ("gone", stale.gone)]
                .into_iter()
                .filter(|(_, names)| !names.is_empty());
            let change: Vec<String> =
                change.map(|(what, names)| format!("{what}: {}", names.join(", "))).collect();
            Check::warn(
                AREA,
                format!(
                    "{name} is not used: the environment has changed since bootstrap ({})",
                    change.join("; ")
                ),
                "run otel-run bootstrap -- COMMAND again",
            )
        }
        Ok(()) => Check::ok(AREA, format!("{name} serves: {}", installed(&distributions(&[&folder])))),
    })
}

fn installed(packages: &BTreeMap<String, String>) -> String {
    let version = |name: &str| packages.get(name).map(|version| format!("{name} {version}"));
    let base: Vec<String> =
        ["opentelemetry-sdk", "opentelemetry-distro"].into_iter().filter_map(version).collect();
    let names: Vec<&str> = packages.keys().filter_map(|name| name.strip_prefix(INSTRUMENTATION)).collect();
    match names.as_slice() {
        [] => format!("{}; no instrumentation of any library", base.join(", ")),
        names => format!("{}; instrumentations: {}", base.join(", "), names.join(", ")),
    }
}

/// Frameworks that are there, without their instrumentation.
fn uninstrumented(packages: &BTreeMap<String, String>) -> Option<Check> {
    let has = |name: &&str| packages.contains_key(*name);
    let lacks = |name: &&str| !packages.contains_key(&format!("{INSTRUMENTATION}{name}"));
    // FastAPI is a Starlette.
    let covered = |name: &&str| *name == "starlette" && packages.contains_key("fastapi");
    let names: Vec<&str> = FRAMEWORKS.into_iter().filter(|n| has(n) && lacks(n) && !covered(n)).collect();
    (!names.is_empty()).then(|| {
        let packages: Vec<String> = names.iter().map(|name| format!("{INSTRUMENTATION}{name}")).collect();
        Check::new(AREA, Verdict::Warn, format!("installed without instrumentation: {}", names.join(", ")))
            .hint(format!("pip install {}", packages.join(" ")))
    })
}

/// The environment: a virtual one, or the installation.
fn prefix(interpreter: &Path) -> Option<PathBuf> {
    let real = || fs::canonicalize(interpreter).unwrap_or_else(|_| interpreter.to_owned());
    venv(interpreter).or_else(|| Some(real().parent()?.parent()?.to_owned()))
}

/// The folders in which this interpreter finds packages, as far as they are there.
fn site_packages(interpreter: &Path) -> Vec<PathBuf> {
    let Some(prefix) = prefix(interpreter) else { return Vec::new() };
    let mut folders = Vec::new();
    for library in [prefix.join("lib"), prefix.join("local/lib")] {
        for entry in fs::read_dir(library).into_iter().flatten().flatten() {
            if is_python(&entry.path()) {
                folders.push(entry.path().join("site-packages"));
                folders.push(entry.path().join("dist-packages"));
            }
        }
    }
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A virtual environment with these distributions.
    fn environment(packages: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("lib/python3.12/site-packages");
        for package in packages {
            fs::create_dir_all(site.join(format!("{package}.dist-info"))).unwrap();
        }
        fs::create_dir_all(folder.path().join("bin")).unwrap();
        fs::write(folder.path().join("pyvenv.cfg"), "").unwrap();
        let interpreter = folder.path().join("bin/python3");
        (folder, interpreter)
    }

    fn found(packages: &[&str]) -> Vec<(Verdict, String)> {
        let (_folder, interpreter) = environment(packages);
        check(&interpreter, &Environment::default())
            .into_iter()
            .map(|check| (check.verdict, check.what))
            .collect()
    }

    #[test]
    fn packages_and_what_is_missing() {
        let base = ["opentelemetry_sdk-1.45.1", "opentelemetry_instrumentation-0.66b1"];
        let with = |more: &[&'static str]| found(&[&base[..], more].concat());
        assert_eq!(
            with(&[
                "opentelemetry_distro-0.66b1",
                "opentelemetry_instrumentation_fastapi-0.66b1",
                "fastapi-0.165.0",
                "starlette-0.50.0"
            ]),
            [(
                Verdict::Ok,
                "opentelemetry-sdk 1.45.1, opentelemetry-distro 0.66b1; instrumentations: fastapi".to_owned()
            )]
        );
        assert_eq!(
            with(&["Flask-3.1.0", "ddtrace-3.0.0"]),
            [
                (Verdict::Ok, "opentelemetry-sdk 1.45.1; no instrumentation of any library".to_owned()),
                (Verdict::Warn, "installed without instrumentation: flask".to_owned()),
                (Verdict::Warn, "ddtrace is installed: if the program starts it, both instrument".to_owned()),
            ]
        );
        assert_eq!(
            found(&["pip-25.0", "opentelemetry_sdk-1.45.1"]),
            [(Verdict::Ok, "no opentelemetry-instrumentation: the built-in shim instruments it".to_owned())]
        );
        assert_eq!(found(&[])[0].0, Verdict::Skipped);
    }
}
