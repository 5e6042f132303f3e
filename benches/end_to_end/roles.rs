//! The programs that otel-run runs here: this very binary, in one of these roles.

use crate::load::Destination;
use crate::{Done, corpus, os};
use std::ffi::OsStr;
use std::io::{self, Read, Write};

/// The variable that names the role.
pub(crate) const VARIABLE: &str = "END_TO_END_ROLE";

/// Tells where telemetry is to be sent, and stays until its stdin ends.
pub(crate) const STAY: &str = "stay";
/// Tells the time of its start, sends a request of spans, tells the time of its end.
pub(crate) const SEND: &str = "send";

pub(crate) fn play(role: &OsStr) -> Done {
    let started = os::monotonic()?;
    if role == STAY {
        say(&Destination::of_environment().map_or_else(|| "-".to_owned(), |to| to.to_line()))?;
        io::stdin().read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    say(&started.as_nanos().to_string())?;
    if let Some(to) = Destination::of_environment() {
        to.send_one(&corpus::traces(64, 1))?;
    }
    say(&os::monotonic()?.as_nanos().to_string())
}

fn say(line: &str) -> Done {
    io::stdout().write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}
