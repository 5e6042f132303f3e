//! Ruby: the official gem that loads all instrumentations, into a folder of its own for each interpreter.

use super::store::Store;
use super::{tell, tool};
use crate::cli::{BootstrapOptions, Launch};
use crate::error::Error;
use crate::launch::search;
use crate::overlay;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

const GEM: &str = "opentelemetry-auto-instrumentation";
const PATIENCE: Duration = Duration::from_secs(15 * 60);
const MOMENT: Duration = Duration::from_secs(30);
/// Gems are tied to the interpreter and the platform.
const SCRIPT: &str = "puts \"#{RUBY_ENGINE}-#{RbConfig::CONFIG['ruby_version']}-#{RUBY_PLATFORM}\"";

pub(super) fn run(launch: &Launch, options: &BootstrapOptions) -> Result<String, Error> {
    let environment = &launch.environment;
    let tool_of = |name: &str| {
        search::find(OsStr::new(name), environment).ok_or_else(|| {
            Error::not_found(format!("cannot run {name}: not found in PATH"))
                .from("the Ruby of the command")
                .hint("put the folder of Ruby on PATH")
        })
    };
    let (ruby, gem) = (tool_of("ruby")?, tool_of("gem")?);
    let failed =
        |why: String| Error::launcher(format!("the gem was not installed: {why}")).from(gem.display());
    let ran =
        tool::run(tool::command(&ruby, environment).args(["-e", SCRIPT]), MOMENT, |_| {}).map_err(failed)?;
    let name = ran.stdout.trim().to_owned();
    if !ran.status.success() || name.is_empty() || name.contains('/') {
        return Err(failed(format!("{} does not say what it is: {}", ruby.display(), ran.last_words())));
    }
    let place = overlay::of("ruby", environment).unwrap_or_default().join(&name);
    let choice = format!("Ruby {name}\nChosen\n  {}\n", GEM);
    if options.dry_run {
        return Ok(format!("{choice}Would be installed by {} into {}\n", gem.display(), place.display()));
    }
    let store = Store::open("ruby", environment)?;
    if place.is_dir() {
        return Ok(format!("{choice}It is there already: {}\n", place.display()));
    }
    let draft = store.draft()?;
    let mut command = tool::command(&gem, environment);
    command.env_remove("GEM_HOME").env_remove("GEM_PATH").env_remove("BUNDLE_GEMFILE");
    command.args(["install", "--no-document", "--install-dir"]).arg(&draft);
    match &options.offline {
        Some(folder) => command.arg("--local").args(gems(folder)?),
        None => command.arg(GEM),
    };
    tell(&format!("{} for {}", GEM, ruby.display()));
    let done = tool::run(&mut command, PATIENCE, |line| tell(&format!("  {line}")));
    let hint = "is the gem server reachable? `gem sources` names it";
    let published = done.map_err(|why| failed(why).hint(hint)).and_then(|ran| match ran.status.success() {
        true => store.publish(&draft, &name),
        false => Err(failed(ran.last_words()).hint(hint)),
    });
    let _ = std::fs::remove_dir_all(&draft);
    Ok(format!(
        "{choice}Installed into {}\notel-run loads it into Ruby programs by itself.\n",
        published?.display()
    ))
}

fn gems(folder: &std::path::Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "gem")).collect();
    if found.is_empty() {
        return Err(Error::launcher(format!("no gem in {}", folder.display()))
            .from("flag --offline")
            .hint("gem fetch NAME, where there is a gem server"));
    }
    Ok(found)
}
