//! Python: ask the interpreter, choose, install in one call, take out what the application has, try,
//! publish.

mod ask;
mod choose;
mod install;
mod prune;
mod release;
mod table;
mod verify;

use super::store::Store;
use super::tell;
use crate::cli::{BootstrapOptions, Launch};
use crate::environment::Environment;
use crate::error::Error;
use crate::launch::{interpreter, search};
use crate::overlay::{self, Record, installed, normal_name};
use ask::Facts;
use choose::Choice;
use install::{Installed, Installer};
use release::Release;
use ring::digest;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use table::{PREFIX, Rows, SDK};

/// Oldest Python for which there are official packages that the shim can start.
const OLDEST: (u64, u64) = (3, 7);
/// Instrumentations that observe nothing by themselves.
const NOT_OF_A_LIBRARY: [&str; 3] = ["asgi", "dbapi", "wsgi"];

pub(super) fn run(launch: &Launch, options: &BootstrapOptions) -> Result<String, Error> {
    let environment = &launch.environment;
    let facts = ask::ask(&of_command(launch, options)?, environment)?;
    if facts.pair() < OLDEST {
        return Err(Error::launcher(format!("no official packages for Python {}", facts.version))
            .from(facts.executable.display())
            .hint("they need 3.7 or later; the built-in shim needs none"));
    }
    let found = facts.installed();
    let head =
        format!("Python {} of {}, with {} packages\n", facts.version, facts.prefix.display(), found.len());
    if has_official(&found) {
        return Ok(format!(
            "{head}It has the official OpenTelemetry packages; those are used. Nothing to do.\n"
        ));
    }
    let release = Release::choose(&found, facts.pair(), options.offline.as_deref()).map_err(|why| {
        Error::launcher(format!(
            "the application has {why}. Nothing was changed; the program runs with the built-in shim"
        ))
        .from(facts.executable.display())
        .hint("upgrade it, or leave it: the built-in shim needs none")
    })?;
    let choice = choose::choose(&found, release);
    if options.dry_run {
        let installer = Installer::find(&facts, environment)?.name();
        let source =
            options.offline.as_ref().map(|folder| format!(" from {}", folder.display())).unwrap_or_default();
        return Ok(format!(
            "{head}{}Would be installed by {installer}{source}, with the application's packages as constraints, into {}\n",
            choice_in_words(&choice, &BTreeMap::new()),
            folder(environment, &key(&facts, &choice)).display()
        ));
    }
    tell(&format!("OpenTelemetry {} for {}", release.sdk(), facts.executable.display()));
    let done = bring(&facts, choice, options, environment)?;
    Ok(format!("{head}{}", done))
}

/// Whether the shim will load the application's own packages: the SDK and an instrumentation of some library.
fn has_official(found: &Rows<'_>) -> bool {
    let mut instrumentations = found.keys().filter_map(|name| name.strip_prefix(PREFIX));
    found.contains_key(SDK) && instrumentations.any(|name| !NOT_OF_A_LIBRARY.contains(&name))
}

/// The interpreter that runs the command.
fn of_command(launch: &Launch, options: &BootstrapOptions) -> Result<PathBuf, Error> {
    if let Some(python) = &options.python {
        return search::find(python.as_os_str(), &launch.environment).ok_or_else(|| {
            Error::usage(format!("{} cannot be run", python.display()))
                .from("flag --python")
                .hint("name an interpreter, such as /srv/app/.venv/bin/python")
        });
    }
    let program = launch.command.first().map_or(OsStr::new(""), |word| word.as_os_str());
    let file = search::find(program, &launch.environment).ok_or_else(|| search::not_found(program))?;
    let head = interpreter::head(&file).unwrap_or_default();
    interpreter::python(&file, &head, &launch.environment).ok_or_else(|| {
        Error::usage(format!("cannot tell which Python runs {}", file.display()))
            .from("its first line")
            .hint("name it: otel-run bootstrap --python PATH -- COMMAND")
    })
}

/// The name of an overlay: what compiled files fit, what the application has, and what was chosen.
fn key(facts: &Facts, choice: &Choice) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    let environment = [&facts.identity, &facts.platform, &facts.libc].into_iter().chain(&facts.packages);
    for line in environment.cloned().chain(choice.requirements()) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hash.finish().as_ref().iter().take(12).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn folder(environment: &Environment, key: &str) -> PathBuf {
    overlay::of("python", environment).unwrap_or_default().join(key)
}

fn bring(
    facts: &Facts,
    choice: Choice,
    options: &BootstrapOptions,
    environment: &Environment,
) -> Result<String, Error> {
    let store = Store::open("python", environment)?;
    let key = key(facts, &choice);
    let record =
        Record { folder: key.clone(), paths: facts.folders.clone(), packages: facts.packages.clone() };
    let place = Record::place(store.folder(), &facts.prefix, &facts.identity);
    let there = store.folder().join(&key);
    if there.is_dir() {
        store.write(&place, &record.text())?;
        return Ok(format!("The overlay for these packages is there already: {}\n", there.display()));
    }
    let installer = Installer::find(facts, environment)?;
    let draft = store.draft()?;
    let target = draft.join("packages");
    let began = Instant::now();
    let made = fill(&installer, facts, choice, options, environment, &draft);
    let (choice, refused, kept) = match made {
        Ok(made) => made,
        Err(error) => {
            // It explains nothing that the message does not.
            let _ = std::fs::remove_dir_all(&draft);
            return Err(error);
        }
    };
    let brought: Vec<String> =
        installed(&[&target]).iter().map(|(name, version)| format!("{name}=={version}")).collect();
    let manifest = json!({
        "otel_run": env!("CARGO_PKG_VERSION"),
        "python": facts.version,
        "environment": facts.prefix,
        "choice": choice,
        "refused": refused,
        "installed": brought,
        "of_the_application": kept,
    });
    store.write(&target.join("overlay.json"), &format!("{manifest:#}\n"))?;
    let published = store.publish(&target, &key)?;
    tell(&format!("installed in {:.0} s", began.elapsed().as_secs_f64()));
    let _ = std::fs::remove_dir_all(&draft);
    store.write(&place, &record.text())?;
    let mut text = choice_in_words(&choice, &refused);
    let _ = writeln!(text, "Installed into {}", published.display());
    for package in &brought {
        let _ = writeln!(text, "  {package}");
    }
    if !kept.is_empty() {
        let _ = writeln!(text, "The application's own are used: {}", kept.join(", "));
    }
    text.push_str(
        "otel-run finds them by itself. When packages of the application change, run bootstrap again.\n",
    );
    Ok(text)
}

/// What was chosen in the end, the instrumentations that will not start, and what the application has
/// itself.
type Made = (Choice, BTreeMap<String, String>, Vec<String>);

/// Fills the draft.
fn fill(
    installer: &Installer,
    facts: &Facts,
    mut choice: Choice,
    options: &BootstrapOptions,
    environment: &Environment,
    draft: &Path,
) -> Result<Made, Error> {
    let target = draft.join("packages");
    // Each round is shorter by one.
    while let Installed::Unpublished(package) =
        install::install(installer, facts, &choice, options, environment, (draft, &target))?
    {
        tell(&format!("  without {package}, which is not there in this release"));
        choice = choice.without(&package, "is not published for this release");
    }
    let own: BTreeSet<&str> = facts.installed().into_keys().collect();
    let kept = prune::prune(&target, &own).map_err(|error| {
        Error::launcher(format!("cannot tidy {}: {error}", target.display())).from(installer.name())
    })?;
    let refused = verify::verify(facts, &target, environment)?;
    let refused = refused.into_iter().map(|(name, why)| (normal_name(&name), why));
    Ok((choice, refused.collect(), kept))
}

fn choice_in_words(choice: &Choice, refused: &BTreeMap<String, String>) -> String {
    let mut text = String::from("Chosen\n");
    for chosen in &choice.chosen {
        let package = format!("{} {}", chosen.package, chosen.version);
        let _ = writeln!(text, "  {package:<46} {}", chosen.because);
    }
    let left_out = choice.left_out.iter().map(|left| (&left.library, &left.because)).chain(refused);
    let left_out: Vec<_> = left_out.collect();
    if !left_out.is_empty() {
        text.push_str("Left out\n");
    }
    for (what, why) in left_out {
        let _ = writeln!(text, "  {what:<46} {why}");
    }
    text
}
