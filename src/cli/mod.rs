//! What was typed: flags, sub-commands, help.

pub mod completions;
pub mod doctor;
mod effective;
pub mod env;
mod flags;
mod grammar;
mod help;
mod man;
mod reference;
mod refusal;
pub mod secrets;
mod subcommands;
mod words;

pub use reference::markdown;
pub use subcommands::{BootstrapOptions, DoctorOptions, EnvFormat, EnvOptions};

use crate::environment::Environment;
use crate::error::Error;
use crate::rehearse::TryOptions;
use crate::settings::{self, Explained, Input, Settings, Typed};
use clap::ArgMatches;
use std::ffi::OsString;
use std::fmt;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Start the command.
    Run(Box<Launch>),
    /// Print this to stdout and be done.
    Print(String),
    /// Report on what would be started.
    Doctor(Box<Launch>, DoctorOptions),
    /// Bring official packages for the program.
    Bootstrap(Box<Launch>, BootstrapOptions),
    /// Print what the program's environment would be.
    Env(Box<Launch>, EnvOptions),
    /// Send recorded telemetry, of these files, once more.
    Replay(Box<Launch>, Vec<PathBuf>),
    /// Show what the rules do to recorded telemetry.
    Try(Box<Launch>, TryOptions),
}

/// Everything that a launch is made from.
pub struct Launch {
    pub settings: Settings,
    /// The program and its arguments, byte for byte as typed. Never empty in [`Action::Run`].
    pub command: Vec<OsString>,
    /// The environment of this process, with the flags laid over it.
    pub environment: Environment,
    /// The environment of this process, with `-E` alone: for a program that stays untouched.
    pub bare: Environment,
    /// Every setting with its origin; secrets are masked.
    pub explained: Explained,
    /// What the user must be told; each has its parts on lines of their own.
    pub warnings: Vec<String>,
    /// Secrets stood on the command line, and were overwritten.
    pub hidden: bool,
}

/// Without the environment, which holds secrets.
impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Launch { settings, command, warnings, .. } = self;
        f.debug_struct("Launch")
            .field("settings", settings)
            .field("command", command)
            .field("warnings", warnings)
            .finish_non_exhaustive()
    }
}

/// Reads the command line: `arguments` are those behind our own name.
pub fn parse(arguments: Vec<OsString>, environment: Environment) -> Result<Action, Error> {
    let matches = match grammar::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(e) if is_answer(&e) => return Ok(Action::Print(e.render().to_string())),
        Err(e) => return Err(refusal::explain(&e)),
    };
    if matches.get_flag(grammar::HELP) {
        return Ok(Action::Print(help::SHORT.to_owned()));
    }
    let mut typed = flags::typed(&matches)?;
    let Some((name, inner)) = matches.subcommand() else {
        let command = words(&matches);
        if command.is_empty() {
            return Err(Error::usage("no command to start").hint(
                "write it behind the flags, as in: otel-run uvicorn main:app; otel-run -h shows more",
            ));
        }
        return Ok(Action::Run(Box::new(launch(&typed, command, environment)?)));
    };
    match name {
        "doctor" => {
            typed.append(flags::typed(inner)?);
            let launch = launch(&typed, words(inner), environment)?;
            Ok(Action::Doctor(Box::new(launch), DoctorOptions::new(inner)))
        }
        "bootstrap" => {
            typed.append(flags::typed(inner)?);
            let launch = launch(&typed, words(inner), environment)?;
            Ok(Action::Bootstrap(Box::new(launch), BootstrapOptions::new(inner)))
        }
        "env" => {
            typed.append(flags::typed(inner)?);
            let command = words(inner);
            refusal::refuse_assignment(&command)?;
            let options = EnvOptions { format: EnvFormat::new(inner), before: environment.clone() };
            Ok(Action::Env(Box::new(launch(&typed, command, environment)?), options))
        }
        "replay" => {
            typed.append(flags::typed(inner)?);
            let files: Vec<PathBuf> = words(inner).into_iter().map(PathBuf::from).collect();
            if files.is_empty() {
                return Err(Error::usage("no file to replay")
                    .hint("name files that --record has written, or - for the standard input"));
            }
            Ok(Action::Replay(Box::new(launch(&typed, Vec::new(), environment)?), files))
        }
        "try" => {
            typed.append(flags::typed(inner)?);
            let files = words(inner).into_iter().map(PathBuf::from).collect();
            let options = TryOptions { files, all: inner.get_flag("all"), json: inner.get_flag("json") };
            Ok(Action::Try(Box::new(launch(&typed, Vec::new(), environment)?), options))
        }
        "completions" => {
            let shell = inner.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
            Ok(Action::Print(completions::script(shell)?))
        }
        "man" => Ok(Action::Print(man::page()?)),
        _ if inner.get_flag("keys") => Ok(Action::Print(settings::file_reference())),
        _ if inner.get_flag("effective") => {
            typed.append(flags::typed(inner)?);
            let launch = launch(&typed, words(inner), environment)?;
            let json = inner.get_flag("json");
            Ok(Action::Print(if json { effective::json(&launch) } else { effective::text(&launch) }))
        }
        _ if inner.get_flag("json") || !words(inner).is_empty() => {
            Err(Error::usage("--json and a command belong to otel-run settings --effective")
                .from("command line")
                .hint("add --effective, or leave them out"))
        }
        _ => Ok(Action::Print(reference::markdown())),
    }
}

fn is_answer(error: &clap::Error) -> bool {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayVersion)
}

fn words(matches: &ArgMatches) -> Vec<OsString> {
    matches.get_many::<OsString>(flags::COMMAND).into_iter().flatten().cloned().collect()
}

fn launch(typed: &Typed, command: Vec<OsString>, environment: Environment) -> Result<Launch, Error> {
    let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let terminal = std::io::stdout().is_terminal();
    let input = Input { typed, environment, command: &command, terminal, folder: &folder };
    let loaded = settings::load(input)?;
    let settings::Loaded { settings, environment, bare, explained, warnings } = loaded;
    Ok(Launch { settings, command, environment, bare, explained, warnings, hidden: false })
}

#[cfg(test)]
mod tests;
