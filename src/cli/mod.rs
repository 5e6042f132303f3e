//! What was typed: flags, sub-commands, help.

mod flags;
mod help;
mod refusal;

use crate::environment::Environment;
use crate::error::Error;
use crate::settings::{self, Explained, Input, Settings, Typed};
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Start the command.
    Run(Box<Launch>),
    /// Print this to stdout and be done.
    Print(String),
}

/// Everything that a launch is made from.
#[derive(Debug)]
pub struct Launch {
    pub settings: Settings,
    /// The program and its arguments, byte for byte as typed. Never empty in [`Action::Run`].
    pub command: Vec<OsString>,
    /// The environment of this process, with the flags laid over it.
    pub environment: Environment,
    /// Every setting with its origin; secrets are masked.
    pub explained: Explained,
    /// What the user must be told; each has its parts on lines of their own.
    pub warnings: Vec<String>,
}

/// Reads the command line: `arguments` are those behind our own name.
pub fn parse(arguments: Vec<OsString>, environment: Environment) -> Result<Action, Error> {
    let matches = match flags::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(e) if is_answer(&e) => return Ok(Action::Print(e.render().to_string())),
        Err(e) => return Err(refusal::explain(&e)),
    };
    if matches.get_flag(flags::HELP) {
        return Ok(Action::Print(help::SHORT.to_owned()));
    }
    let typed = flags::typed(&matches)?;
    let command = words(&matches);
    if command.is_empty() {
        return Err(Error::usage("no command to start")
            .hint("write it behind the flags, as in: otel-run uvicorn main:app; otel-run -h shows more"));
    }
    Ok(Action::Run(Box::new(launch(&typed, command, environment)?)))
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
    let settings::Loaded { settings, environment, explained, warnings } = loaded;
    Ok(Launch { settings, command, environment, explained, warnings })
}

#[cfg(test)]
mod tests;
