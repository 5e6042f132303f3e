//! `otel-run bootstrap`: brings the official OpenTelemetry packages for an application into an overlay, a
//! folder of ours outside the application's environment. Of that nothing is changed, and nothing is
//! started but interpreters and package managers.
//!
//! What is chosen goes to stdout, what is happening to stderr.

mod by_hand;
mod java;
mod mask;
mod node;
mod python;
mod ruby;
mod store;
mod tool;

use crate::cli::{BootstrapOptions, Launch};
use crate::error::Error;
use crate::launch::inject::{self, Language};
use crate::launch::search;
use crate::notice::{self, Level};
use std::ffi::OsStr;

/// Does it, and returns what was done.
pub fn run(launch: &Launch, options: &BootstrapOptions) -> Result<String, Error> {
    notice::configure(launch.settings.verbosity, launch.settings.quiet);
    if let Some(folder) = &options.offline
        && !folder.is_dir()
    {
        return Err(Error::usage(format!("{} is not a folder", folder.display()))
            .from("flag --offline")
            .hint("name the folder that holds the packages"));
    }
    match language(launch, options)? {
        Language::Python => python::run(launch, options),
        Language::Node => node::run(launch, options),
        Language::Java => java::run(launch, options),
        Language::Ruby => ruby::run(launch, options),
        Language::DotNet => by_hand::dotnet(),
        Language::Php => by_hand::php(),
        other @ (Language::Deno | Language::Bun) => Ok(by_hand::nothing(other)),
    }
}

fn language(launch: &Launch, options: &BootstrapOptions) -> Result<Language, Error> {
    if options.python.is_some() {
        return Ok(Language::Python);
    }
    if launch.command.is_empty() {
        return Err(Error::usage("no command whose packages could be looked at").hint(
            "write it behind the flags, as in: otel-run bootstrap -- uvicorn main:app; or name an interpreter with --python PATH",
        ));
    }
    inject::language(&launch.command, &launch.environment).map_err(|why| {
        let program = launch.command.first().map_or(OsStr::new(""), |word| word.as_os_str());
        if search::find(program, &launch.environment).is_none() {
            return search::not_found(program);
        }
        Error::usage(format!("cannot tell the language of the command: {why}")).from("command line").hint(
            "name the program itself rather than a script that starts it, or a Python with --python PATH",
        )
    })
}

/// Says what is happening, unless -q.
fn tell(text: &str) {
    notice::report(Level::Warning, &[mask::masked(text)]);
}
