//! The target, from words to a running process that has what it would have had without us.

use super::capture::Entrances;
use super::search;
use crate::environment::Environment;
use crate::error::Error;
use crate::notice;
use crate::sys;
use crate::sys::process::{ExecFailure, Plan, Spawned, Stream};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const SHELL: &str = "/bin/sh";

/// Variables that name a process by its id: when that is us, the target is meant
/// (sd_listen_fds(3), sd_watchdog_enabled(3)).
const OWN_PID: [&str; 2] = ["LISTEN_PID", "WATCHDOG_PID"];

/// A command that can be started.
pub struct Command {
    name: OsString,
    files: Vec<PathBuf>,
    plan: Plan,
    by_shell: bool,
    /// What it gets when what was meant for it is too much for the kernel.
    smaller: Option<Entries>,
}

/// An environment for [`Plan`].
struct Entries {
    environment: Vec<CString>,
    own_pid: Vec<CString>,
}

impl Entries {
    fn of(environment: &Environment) -> Result<Entries, Error> {
        let us = std::process::id().to_string();
        let (own, other): (Vec<_>, Vec<_>) = environment
            .iter()
            .partition(|(name, value)| OWN_PID.iter().any(|own| own == name) && *value == us.as_str());
        Ok(Entries {
            environment: strings(other.into_iter().map(|(name, value)| join(name, value)))?,
            own_pid: strings(own.into_iter().map(|(name, _)| join(name, "".as_ref())))?,
        })
    }
}

impl Command {
    /// `words` are program and arguments as typed; `PATH` is taken from `ours`, while the new
    /// process sees `theirs`, or `bare` where that is too long to be executed. `core_limit` is what it may write, if that is not our own limit.
    pub fn new(
        words: &[OsString],
        ours: &Environment,
        theirs: &Environment,
        bare: &Environment,
        core_limit: Option<libc::rlimit>,
        kill_with_launcher: bool,
    ) -> Result<Command, Error> {
        let name = words.first().cloned().unwrap_or_default();
        let files = search::candidates(&name, ours);
        let start = sys::start();
        let Entries { environment, own_pid } = Entries::of(theirs)?;
        Ok(Command {
            plan: Plan {
                files: strings(files.iter().map(|file| file.as_os_str()))?,
                arguments: strings(words.iter().map(|word| word.as_os_str()))?,
                environment,
                own_pid,
                streams: start.closed.map(|closed| if closed { Stream::Closed } else { Stream::Same }),
                inherit: Vec::new(),
                blocked: start.blocked,
                ignored: start.ignored,
                core_limit,
                death_signal: kill_with_launcher.then_some(libc::SIGTERM),
            },
            name,
            files,
            by_shell: false,
            smaller: (theirs != bare).then(|| Entries::of(bare)).transpose()?,
        })
    }

    /// Gives it other streams than ours.
    pub fn give(&mut self, entrances: &Entrances) {
        entrances.give(&mut self.plan.streams);
    }

    /// Forks and executes. Whether the exec succeeds is told by [`Spawned::outcome`].
    pub fn start(&self) -> Result<Spawned, Error> {
        sys::spawn(&self.plan).map_err(|error| Error::launcher(format!("cannot start a process: {error}")))
    }

    /// Makes this process the command. Returns only when that fails.
    pub fn replace_us(mut self) -> Error {
        loop {
            let failure = sys::execute(&self.plan);
            self = match self.instead(failure) {
                Ok(command) => command,
                Err(error) => return error,
            };
        }
    }

    /// What to start instead when the exec failed in this way: a text that names no
    /// interpreter is the shell's, and what has no room for our variables goes without them. An
    /// error when there is nothing else to try.
    pub fn instead(mut self, failure: ExecFailure) -> Result<Command, Error> {
        let file = self.files.get(failure.file).cloned();
        if failure.error == Errno::E2BIG
            && let Some(Entries { environment, own_pid }) = self.smaller.take()
        {
            notice::warn("inject", "no room for more variables: the command runs without instrumentation");
            (self.plan.environment, self.plan.own_pid) = (environment, own_pid);
            return Ok(self);
        }
        match file {
            Some(file) if failure.error == Errno::ENOEXEC && !self.by_shell && search::is_script(&file) => {
                let script = strings([Path::new(SHELL).as_os_str(), file.as_os_str()])?;
                self.plan.arguments.splice(..1, script);
                self.plan.files = strings([OsStr::new(SHELL)])?;
                self.files = vec![SHELL.into()];
                self.by_shell = true;
                Ok(self)
            }
            file => Err(search::explain(&self.name, &self.files, file.as_deref(), failure.error)),
        }
    }
}

/// Makes sure that we leave no core file, and returns the limit that the target is to get back.
/// One byte and not zero: zero does not stop a core that is piped to a program.
pub fn forbid_core_files() -> Option<libc::rlimit> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_CORE).ok()?;
    setrlimit(Resource::RLIMIT_CORE, soft.min(1), hard).ok()?;
    Some(libc::rlimit { rlim_cur: soft, rlim_max: hard })
}

fn join(name: &OsStr, value: &OsStr) -> OsString {
    let mut entry = name.to_owned();
    entry.push("=");
    entry.push(value);
    entry
}

fn strings<S: AsRef<OsStr>>(strings: impl IntoIterator<Item = S>) -> Result<Vec<CString>, Error> {
    let strings = strings.into_iter().map(|s| CString::new(s.as_ref().as_bytes()));
    let strings: Result<_, _> = strings.collect();
    strings.map_err(|_| Error::launcher("an argument or variable of the command contains a zero byte"))
}
