//! Parse, dispatch, end. The one place that prints a fatal error.

use otel_run::cli::{self, Action};
use otel_run::environment::Environment;
use otel_run::error::Error;
use otel_run::launch::exit::Ending;
use otel_run::launch::signals::Signals;
use otel_run::{agent, bootstrap, launch, notice, rehearse, run, sys};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match begin(std::env::args_os().collect()) {
        Ok(ending) => ending.end(),
        Err(error) => {
            notice::fatal(&error);
            ExitCode::from(error.code)
        }
    }
}

fn begin(mut arguments: Vec<OsString>) -> Result<Ending, Error> {
    if sys::start().privileged {
        return Err(Error::launcher(
            "this file is set-user-id or has capabilities: refusing to run with them",
        ));
    }
    let places = cli::secrets::places(&arguments);
    let hidden = places.iter().any(Option::is_some)
        && sys::hide_arguments(&arguments, |word| places.get(word)?.clone());
    let arguments = arguments.split_off(arguments.len().min(1));
    if let Some((first, descriptors)) = arguments.split_first()
        && first == launch::agent::ARGUMENT
    {
        return launch::agent::become_agent(descriptors, agent::main);
    }
    if let Some((first, words)) = arguments.split_first()
        && first == launch::capture::copier::ARGUMENT
    {
        return launch::capture::copier::copy(words);
    }
    if let Some((first, descriptors)) = arguments.split_first()
        && first == launch::apart::ARGUMENT
    {
        return launch::apart::step_aside(descriptors);
    }
    // From here on a signal waits for the target instead of ending us.
    let signals = Signals::block().map_err(|error| Error::launcher(format!("no signals: {error}")))?;
    match cli::parse(arguments, Environment::current())? {
        Action::Run(mut launch) => {
            launch.hidden = hidden;
            run::run(*launch, signals)
        }
        Action::Print(text) => Ok(print(signals, || (text, 0))),
        Action::Doctor(launch, options) => Ok(print(signals, || cli::doctor::run(&launch, &options))),
        Action::Bootstrap(launch, options) => {
            signals.unblock();
            let text = bootstrap::run(&launch, &options)?;
            let _ = std::io::stdout().write_all(text.as_bytes());
            Ok(Ending::Code(0))
        }
        Action::Replay(launch, files) => {
            signals.unblock();
            rehearse::replay(*launch, &files).map(Ending::Code)
        }
        Action::Try(launch, options) => {
            signals.unblock();
            let (text, status) = rehearse::attempt(&launch, &options)?;
            let _ = std::io::stdout().write_all(text.as_bytes());
            Ok(Ending::Code(status))
        }
        Action::Env(launch, options) => Ok(print(signals, || (cli::env::print(&launch, &options), 0))),
    }
}

/// Prints what `find_out` says, and ends with its code. No command is run, so whoever interrupts
/// this means us.
fn print(signals: Signals, find_out: impl FnOnce() -> (String, u8)) -> Ending {
    signals.unblock();
    let (text, status) = find_out();
    // Nobody who stopped reading wants to hear about it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ending::Code(status)
}
