//! `--mode exec`: the target takes our place, and the agent is nobody's child, so that the target has
//! no child that it does not know. Nobody supervises: an agent that dies is not replaced, and how the
//! target ended is not told. For service managers that must know the program's process id.

use super::agent::{self, ARGUMENT as AGENT};
use super::exit::Ending;
use super::{instance, streams};
use crate::environment::Environment;
use crate::error::Error;
use crate::link::{self, Setup, Target, ToAgent};
use crate::sys::process::{Plan, Stream};
use crate::{clock, notice, sys};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// The hidden first argument of the process between us and the agent. Behind it are the numbers of
/// the link and of all sockets.
pub const ARGUMENT: &str = "__agent_apart";

/// Starts an agent for the target that this process is about to become. What it must know waits
/// for it in the link; behind that it finds that nobody is there any more.
pub fn start(
    setup: Setup,
    environment: &Environment,
    sockets: &[OwnedFd],
    prints: bool,
    program: String,
) -> io::Result<()> {
    let pid = std::process::id();
    if pid == 1 {
        notice::warn(
            "start",
            "--mode exec as process 1: the kernel ends the agent with the program, and its last telemetry is lost",
        );
    }
    let target = Target {
        pid: pid.try_into().map_err(io::Error::other)?,
        program,
        instance: instance::id(),
        started_unix_nano: clock::unix_nano(),
    };
    let (mut link, theirs) = UnixStream::pair()?;
    // What does not fit is an error: nobody is there yet who could make room.
    link.set_nonblocking(true)?;
    link::send(&mut link, &ToAgent::Setup(Box::new(setup)))?;
    link::send(&mut link, &ToAgent::Started(target))?;

    let null = streams::null()?;
    let printed = prints.then(|| io::stdout().as_fd().try_clone_to_owned()).transpose()?;
    let stdout = printed.as_ref().unwrap_or(&null);
    let numbers: Vec<RawFd> =
        [theirs.as_raw_fd()].into_iter().chain(sockets.iter().map(|fd| fd.as_raw_fd())).collect();
    let between = sys::spawn(&Plan {
        environment: agent::entries(environment),
        streams: [Stream::Of(null.as_raw_fd()), Stream::Of(stdout.as_raw_fd()), Stream::Same],
        inherit: numbers.clone(),
        ..agent::plan(ARGUMENT, &numbers)?
    })?;
    let pid = Pid::from_raw(between.pid);
    let executed = between.outcome();
    let status = loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            other => break other?,
        }
    };
    match (executed, status) {
        (Err(failure), _) => Err(failure.error.into()),
        (Ok(()), WaitStatus::Exited(_, 0)) => Ok(()),
        (Ok(()), _) => Err(io::Error::other("it ended at once")),
    }
}

/// What `main` does in the process between: keeps what is the agent's, lets go of what is the
/// target's, starts the agent and leaves it.
pub fn step_aside(numbers: &[OsString]) -> Result<Ending, Error> {
    let started = || -> io::Result<()> {
        let numbers = numbers.iter().map(|word| word.to_str().and_then(|number| number.parse().ok()));
        let numbers: Vec<RawFd> = numbers.collect::<Option<_>>().ok_or(io::ErrorKind::InvalidInput)?;
        let [link, ..] = numbers[..] else { return Err(io::ErrorKind::InvalidInput.into()) };
        // Marked as ours, they are not what was inherited for the target.
        let _ours: Vec<OwnedFd> =
            numbers.iter().map(|number| sys::adopt(*number)).collect::<Result<_, _>>()?;
        sys::close_inherited();
        // Nobody listens to reports of signals.
        let (_, reporter) = io::pipe()?;
        let reports = reporter.as_raw_fd();
        let spawned = sys::spawn(&Plan {
            environment: agent::entries(&Environment::current()),
            inherit: numbers.iter().copied().chain([reports]).collect(),
            ..agent::plan(AGENT, &[link, reports])?
        })?;
        spawned.outcome().map_err(|failure| failure.error.into())
    };
    started().map(|()| Ending::Code(0)).map_err(|error| Error::launcher(format!("no agent: {error}")))
}
