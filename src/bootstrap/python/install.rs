//! One call of an installer: what was chosen, with the application's packages as constraints, into a
//! folder of ours.

use super::super::{tell, tool};
use super::ask::Facts;
use super::choose::Choice;
use super::release::unpublished;
use crate::cli::BootstrapOptions;
use crate::environment::Environment;
use crate::error::Error;
use crate::launch::search;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longest time for the whole installation.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// For a question to an installer.
const MOMENT: Duration = Duration::from_secs(30);
/// Settings of pip that would send what is installed elsewhere, or make it something else. Those
/// about indexes, proxies and certificates hold.
const NOT_FOR_US: [&str; 14] = [
    "PIP_BREAK_SYSTEM_PACKAGES",
    "PIP_CONSTRAINT",
    "PIP_DRY_RUN",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REPORT",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_UPGRADE",
    "PIP_USER",
    "UV_CONSTRAINT",
];

/// Something that can install packages for an interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Installer {
    /// The interpreter's own pip.
    Own,
    /// Another one, which starts the interpreter (pip 22.3 or later).
    Pip(PathBuf),
    Uv(PathBuf),
}

impl Installer {
    pub(super) fn find(facts: &Facts, environment: &Environment) -> Result<Installer, Error> {
        if facts.pip {
            return Ok(Installer::Own);
        }
        for name in ["pip3", "pip"] {
            if let Some(pip) =
                search::find(OsStr::new(name), environment).filter(|pip| can_target(pip, environment))
            {
                return Ok(Installer::Pip(pip));
            }
        }
        if let Some(uv) = search::find(OsStr::new("uv"), environment) {
            return Ok(Installer::Uv(uv));
        }
        let python = facts.executable.display();
        Err(Error::launcher(format!("nothing that could install packages for {python}"))
            .from("it has no pip, and neither a pip of version 22.3 or later nor uv is on PATH")
            .hint(format!("{python} -m ensurepip adds pip to it; or put uv or a recent pip on PATH")))
    }

    pub(super) fn name(&self) -> String {
        match self {
            Installer::Own => "the interpreter's pip".to_owned(),
            Installer::Pip(path) | Installer::Uv(path) => path.display().to_string(),
        }
    }

    fn command(&self, facts: &Facts, environment: &Environment) -> Command {
        let python = &facts.executable;
        let mut command = match self {
            // -B: not even compiled files of pip itself appear in the application's environment.
            Installer::Own => {
                let mut command = tool::command(python, environment);
                command.args(["-I", "-B", "-m", "pip"]);
                command
            }
            Installer::Pip(pip) => {
                let mut command = tool::command(pip, environment);
                command.arg("--python").arg(python);
                command
            }
            Installer::Uv(uv) => {
                let mut command = tool::command(uv, environment);
                command.arg("pip");
                command
            }
        };
        for name in NOT_FOR_US {
            command.env_remove(name);
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg("install");
        match self {
            Installer::Uv(_) => command.arg("--python").arg(python).arg("--no-progress"),
            Installer::Own | Installer::Pip(_) => command.args([
                "--no-input",
                "--disable-pip-version-check",
                "--no-warn-conflicts",
                "--prefer-binary",
                "--progress-bar",
                "off",
            ]),
        };
        command
    }
}

fn can_target(pip: &Path, environment: &Environment) -> bool {
    let ran = tool::run(tool::command(pip, environment).arg("--version"), MOMENT, |_| {});
    // pip 23.2.1 from /usr/lib/… (python 3.11)
    let version = ran.ok().filter(|ran| ran.status.success()).and_then(|ran| {
        let mut numbers =
            ran.stdout.split_whitespace().nth(1)?.split('.').map(|part| part.parse::<u32>().ok());
        Some((numbers.next()??, numbers.next().flatten().unwrap_or_default()))
    });
    version >= Some((22, 3))
}

/// What an installation ended with.
pub(super) enum Installed {
    Done,
    /// This instrumentation is not published for the release: without it there is hope.
    Unpublished(String),
}

/// Installs into `target`. `work` is a folder for the constraints.
pub(super) fn install(
    installer: &Installer,
    facts: &Facts,
    choice: &Choice,
    options: &BootstrapOptions,
    environment: &Environment,
    (work, target): (&Path, &Path),
) -> Result<Installed, Error> {
    let constraints = work.join("constraints.txt");
    std::fs::write(&constraints, constraints_of(facts)).map_err(|error| {
        Error::launcher(format!("cannot write {}: {error}", constraints.display())).from("the overlay")
    })?;
    let mut command = installer.command(facts, environment);
    command.arg("--target").arg(target).arg("--constraint").arg(&constraints);
    if let Some(folder) = &options.offline {
        command.args(["--no-index", "--find-links"]).arg(folder);
        command.env_remove("PIP_FIND_LINKS").env_remove("UV_FIND_LINKS");
    }
    command.args(choice.requirements());
    let ran = tool::run(&mut command, PATIENCE, |line| {
        if is_progress(line) {
            tell(&format!("  {}", line.trim()));
        }
    });
    let from = match &options.offline {
        Some(folder) => format!("{} with the packages in {}", installer.name(), folder.display()),
        None => installer.name(),
    };
    let ran = ran.map_err(|why| {
        Error::launcher(why)
            .from(&from)
            .hint("is the package index reachable? its URL is a setting of pip or uv")
    })?;
    if ran.status.success() {
        return Ok(Installed::Done);
    }
    match unpublished(&ran.lines, &choice.instrumentations()) {
        Some(package) => Ok(Installed::Unpublished(package.to_owned())),
        None => Err(explain(&ran.lines, options).from(from)),
    }
}

/// Every version that the application has stays. What has no version that can be compared, such
/// as a program that is being developed, asks for nothing.
fn constraints_of(facts: &Facts) -> String {
    let installed = facts.installed();
    let pins =
        installed.iter().filter_map(|(name, version)| Some(format!("{name}=={}\n", version.as_ref()?)));
    pins.collect()
}

fn is_progress(line: &str) -> bool {
    let line = line.trim_start();
    ["Collecting ", "Installing ", "Building ", "Looking in ", "Resolved ", "Prepared ", "Installed "]
        .iter()
        .any(|start| line.starts_with(start))
}

fn explain(lines: &[String], options: &BootstrapOptions) -> Error {
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    // pip in its three generations, and uv.
    let conflict =
        has("conflicting dependencies") || has("ResolutionImpossible") || has("we can conclude that");
    if conflict {
        let is_reason = |line: &&String| {
            let line = line.trim();
            line.contains(" depends on ") || line.contains("(constraint)") || line.contains("Because ")
        };
        let reasons: Vec<&str> = lines.iter().filter(is_reason).map(|line| line.trim()).take(8).collect();
        return Error::launcher(format!(
            "the official packages do not fit what the application has: {}. Nothing was changed; the program runs \
             with the built-in shim",
            reasons.join("; ")
        ))
        .hint("change the version of the package that is named, or leave it: the built-in shim needs none");
    }
    let said = lines.iter().map(|line| line.trim()).filter(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("error")
            || line.contains("no matching distribution")
            || line.starts_with('×')
            || line.contains("no solution")
    });
    let mut said: Vec<&str> = said.take(4).collect();
    if said.is_empty() {
        said = lines.iter().rev().map(|line| line.trim()).filter(|line| !line.is_empty()).take(3).collect();
        said.reverse();
    }
    let hint = match &options.offline {
        Some(folder) => format!(
            "put what is missing there: pip download --dest {} PACKAGES, where there is an index",
            folder.display()
        ),
        None => "is the package index reachable? its URL is a setting of pip or uv".to_owned(),
    };
    Error::launcher(format!("the packages were not installed: {}", said.join("; "))).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_what_is_there() {
        let packages = ["a==1.0", "b==", "c==nonsense!", "torch==2.1+cu118"].map(str::to_owned).to_vec();
        let facts = Facts { packages, ..Facts::default() };
        assert_eq!(constraints_of(&facts), "a==1.0\ntorch==2.1+cu118\n");
    }

    #[test]
    fn a_conflict_is_named() {
        let lines = [
            "ERROR: Cannot install x because these package versions have conflicting dependencies.",
            "The conflict is caused by:",
            "    opentelemetry-instrumentation 0.66b2 depends on wrapt<3.0.0 and >=1.0.0",
            "    The user requested (constraint) wrapt==0.9",
        ];
        let error = explain(&lines.map(str::to_owned), &BootstrapOptions::default());
        assert!(
            error.what.contains(
                "0.66b2 depends on wrapt<3.0.0 and >=1.0.0; The user requested (constraint) wrapt==0.9"
            ),
            "{error}"
        );
        let error = explain(
            &["ERROR: No matching distribution found for x".to_owned()],
            &BootstrapOptions::default(),
        );
        assert_eq!(
            error.what,
            "the packages were not installed: ERROR: No matching distribution found for x"
        );
    }
}
