//! What was typed and set, with the real program: bad input word by word, the environment that
//! the target gets, doctor, completions in real shells.

#[path = "settings_and_cli/bad_input.rs"]
mod bad_input;
#[path = "settings_and_cli/completions.rs"]
mod completions;
#[path = "settings_and_cli/doctor.rs"]
mod doctor;
#[path = "settings_and_cli/printed.rs"]
mod printed;
#[path = "settings_and_cli/runs.rs"]
mod runs;

use crate::support::process::{Finished, OTEL_RUN, Process, bare};

/// otel-run with these arguments and variables, to its end.
fn otel_run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = bare([OTEL_RUN]);
    command.args(arguments).envs(variables.iter().copied());
    Process::start(&mut command).finish()
}
