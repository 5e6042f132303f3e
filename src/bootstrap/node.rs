//! Node.js: the official package with all its instrumentations, by one call of npm. Each of them does
//! nothing until its library is loaded, so there is nothing to choose among them, and the overlay depends on
//! the version of Node.js alone, not on the application.

use super::store::Store;
use super::{tell, tool};
use crate::cli::{BootstrapOptions, Launch};
use crate::environment::Environment;
use crate::error::Error;
use crate::launch::{interpreter, search};
use crate::overlay;
use serde::Deserialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PACKAGE: &str = "@opentelemetry/auto-instrumentations-node";
const PATIENCE: Duration = Duration::from_secs(15 * 60);
const MOMENT: Duration = Duration::from_secs(30);
const SCRIPT: &str = "console.log(JSON.stringify({version: process.versions.node, \
    name: [process.versions.modules, process.platform, process.arch].join('-')}))";
/// Libraries that are worth a word when they are there.
const LIBRARIES: [&str; 24] = [
    "@aws-sdk/client-s3",
    "@grpc/grpc-js",
    "@hapi/hapi",
    "@nestjs/core",
    "amqplib",
    "bunyan",
    "cassandra-driver",
    "connect",
    "express",
    "fastify",
    "graphql",
    "ioredis",
    "kafkajs",
    "knex",
    "koa",
    "memcached",
    "mongodb",
    "mongoose",
    "mysql2",
    "pg",
    "pino",
    "redis",
    "undici",
    "winston",
];

#[derive(Debug, Deserialize)]
struct Facts {
    version: String,
    /// What an overlay is for: `115-linux-x64`. The shim says it too.
    name: String,
}

pub(super) fn run(launch: &Launch, options: &BootstrapOptions) -> Result<String, Error> {
    let environment = &launch.environment;
    let node = node(launch)?;
    let facts = ask(&node, environment)?;
    check(&facts, &node)?;
    let here = std::env::current_dir().unwrap_or_default();
    let head = format!("Node.js {} ({})\n", facts.version, node.display());
    if let Some(version) = version_of(PACKAGE, &here) {
        return Ok(format!("{head}The application has {PACKAGE} {version}; that is used. Nothing to do.\n"));
    }
    let found: Vec<String> =
        LIBRARIES.iter().filter_map(|name| Some(format!("{name} {}", version_of(name, &here)?))).collect();
    let covered =
        if found.is_empty() { "none of them is in sight here".to_owned() } else { found.join(", ") };
    let choice = format!(
        "{head}Chosen\n  {PACKAGE}   instruments http, fetch and the libraries that it knows: {covered}\n"
    );
    let place = overlay::of("node", environment).unwrap_or_default().join(&facts.name);
    let npm = npm(&node, environment)?;
    if options.dry_run {
        return Ok(format!("{choice}Would be installed by {} into {}\n", npm.display(), place.display()));
    }
    let store = Store::open("node", environment)?;
    if version_of(PACKAGE, &place).is_some() {
        return Ok(format!("{choice}It is there already: {}\n", place.display()));
    }
    let draft = store.draft()?;
    let published =
        install(&npm, &node, &draft, options, environment).and_then(|()| store.publish(&draft, &facts.name));
    let _ = std::fs::remove_dir_all(&draft);
    let published = published?;
    let version = version_of(PACKAGE, &published).unwrap_or_default();
    Ok(format!("{choice}Installed {version} into {}\notel-run finds it by itself.\n", published.display()))
}

/// The command itself, or what its first line asks for.
fn node(launch: &Launch) -> Result<PathBuf, Error> {
    let program = launch.command.first().map_or(OsStr::new(""), |word| word.as_os_str());
    let is_node = |file: &Path| file.file_name().is_some_and(|name| name == "node" || name == "nodejs");
    let file = search::find(program, &launch.environment).ok_or_else(|| search::not_found(program))?;
    if is_node(&file) {
        return Ok(file);
    }
    let head = interpreter::head(&file).unwrap_or_default();
    let named =
        interpreter::first_line(&head).and_then(|line| line.split_whitespace().next().map(PathBuf::from));
    if let Some(named) = named.filter(|file| is_node(file)) {
        return Ok(named);
    }
    ["node", "nodejs"].iter().find_map(|name| search::find(OsStr::new(name), &launch.environment)).ok_or_else(
        || {
            Error::not_found("cannot run node: not found in PATH")
                .from(format!("the interpreter of {}", file.display()))
                .hint("put the folder of Node.js on PATH")
        },
    )
}

fn ask(node: &Path, environment: &Environment) -> Result<Facts, Error> {
    let failed = |why: String| {
        Error::launcher(format!("cannot ask {}: {why}", node.display()))
            .from("the Node.js of the command")
            .hint("is it Node.js?")
    };
    let ran =
        tool::run(tool::command(node, environment).args(["-e", SCRIPT]), MOMENT, |_| {}).map_err(failed)?;
    if !ran.status.success() {
        return Err(failed(ran.last_words()));
    }
    serde_json::from_str(ran.stdout.trim())
        .map_err(|error| failed(format!("its answer cannot be read: {error}")))
}

/// The SDK wants 18.19, or 20.6 and later.
fn check(facts: &Facts, node: &Path) -> Result<(), Error> {
    let mut numbers = facts.version.split('.').filter_map(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if version >= (20, 6) || (version >= (18, 19) && version.0 == 18) {
        return Ok(());
    }
    Err(Error::launcher(format!("no official packages for Node.js {}", facts.version))
        .from(node.display())
        .hint("they need 18.19, or 20.6 and later"))
}

fn npm(node: &Path, environment: &Environment) -> Result<PathBuf, Error> {
    let beside = node.parent().map(|folder| folder.join("npm")).filter(|npm| npm.is_file());
    beside.or_else(|| search::find(OsStr::new("npm"), environment)).ok_or_else(|| {
        Error::launcher("nothing that could install packages for Node.js")
            .from("npm is neither beside node nor on PATH")
            .hint("install npm")
    })
}

fn install(
    npm: &Path,
    node: &Path,
    draft: &Path,
    options: &BootstrapOptions,
    environment: &Environment,
) -> Result<(), Error> {
    let failed =
        |why: String| Error::launcher(format!("the packages were not installed: {why}")).from(npm.display());
    let mut command = tool::command(npm, environment);
    for name in ["npm_config_global", "npm_config_location", "npm_config_dry_run", "npm_config_prefix"] {
        command.env_remove(name);
    }
    // The npm of this Node.js, and the Node.js of this npm.
    let folders = node.parent().map(Path::to_owned).into_iter();
    let path = environment.get("PATH").map(std::env::split_paths).into_iter().flatten();
    if let Ok(path) = std::env::join_paths(folders.chain(path)) {
        command.env("PATH", path);
    }
    command.current_dir(draft).arg("install").arg("--prefix").arg(draft);
    // Scripts of packages are not for us to run.
    command.args([
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--omit=dev",
        "--no-update-notifier",
    ]);
    let hint = match &options.offline {
        None => {
            command.arg(PACKAGE);
            "is the registry reachable? its URL is a setting of npm".to_owned()
        }
        Some(folder) => {
            command.arg("--offline").args(tarballs(folder)?);
            format!(
                "put all packages that are needed there: npm pack --pack-destination {} PACKAGE...",
                folder.display()
            )
        }
    };
    tell(&format!("{PACKAGE} for {}", node.display()));
    let began = std::time::Instant::now();
    let ran = tool::run(&mut command, PATIENCE, |line| {
        if line.starts_with("added ") {
            tell(&format!("  {line}"));
        }
    });
    let ran = ran.map_err(|why| failed(why).hint(&hint))?;
    if !ran.status.success() {
        let said = ran
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("npm ERR! ").or(line.strip_prefix("npm error ")));
        let said: Vec<&str> = said.filter(|line| !line.contains("complete log")).take(4).collect();
        return Err(failed(said.join("; ")).hint(hint));
    }
    tell(&format!("installed in {:.0} s", began.elapsed().as_secs_f64()));
    match version_of(PACKAGE, draft) {
        Some(_) => Ok(()),
        None => Err(failed(format!("{PACKAGE} is not among them")).hint(hint)),
    }
}

fn tarballs(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "tgz")).collect();
    found.sort();
    if found.is_empty() {
        return Err(Error::launcher(format!("no package (.tgz) in {}", folder.display()))
            .from("flag --offline")
            .hint(format!(
                "npm pack --pack-destination {} PACKAGE..., where there is a registry",
                folder.display()
            )));
    }
    found.iter().map(|path| std::fs::canonicalize(path).or(Ok(path.clone()))).collect()
}

/// The version of a package as a program in `folder` would find it.
fn version_of(package: &str, folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        version: String,
    }
    folder.ancestors().find_map(|folder| {
        let file = folder.join("node_modules").join(package).join("package.json");
        let text = std::fs::read_to_string(file).ok()?;
        Some(serde_json::from_str::<Manifest>(&text).ok()?.version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_fit() {
        for (version, fits) in [
            ("18.18.2", false),
            ("18.19.0", true),
            ("19.9.0", false),
            ("20.5.0", false),
            ("20.6.0", true),
            ("24.1.0", true),
        ] {
            let facts = Facts { version: version.to_owned(), name: String::new() };
            assert_eq!(check(&facts, Path::new("node")).is_ok(), fits, "{version}");
        }
    }

    #[test]
    fn packages_are_looked_for_upwards() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let package = folder.path().join("node_modules/express");
        let below = folder.path().join("src/api");
        std::fs::create_dir_all(&package)?;
        std::fs::create_dir_all(&below)?;
        std::fs::write(package.join("package.json"), r#"{"name":"express","version":"4.21.2"}"#)?;
        assert_eq!(version_of("express", &below).as_deref(), Some("4.21.2"));
        assert_eq!(version_of("koa", &below), None);
        Ok(())
    }
}
