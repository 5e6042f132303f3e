//! The agent as the supervisor sees it: a child that may die and is replaced, and a link that
//! never makes us wait.

use super::broadcast::{self, Report};
use super::exit::Ending;
use super::streams;
use crate::environment::Environment;
use crate::error::Error;
use crate::link::{self, Ended, Setup, Target, ToAgent, ToSupervisor};
use crate::notice;
use crate::sys;
use crate::sys::process::{Plan, Spawned, Stream};
use crate::sys::signal_set::Signals;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::pid_t;
use serde::Serialize;
use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// The hidden first argument that makes this program the agent. The second is the link's
/// descriptor, the third the one for reports of signals.
pub const ARGUMENT: &str = "__agent";

/// The agent's name in lists of processes. Not ours: whoever signals `otel-run` by name means the
/// supervisor.
const NAME: &CStr = c"otel-agent";

/// So many restarts in this time, and we give up.
const MAX_RESTARTS: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// What the agent serves, and what every agent after it will serve.
pub struct Agent {
    setup: Setup,
    environment: Vec<CString>,
    /// The receiver's and the Prometheus endpoint's sockets: the numbers are in `setup`.
    sockets: Vec<OwnedFd>,
    /// Where the console exporter prints.
    stdout: Option<OwnedFd>,
    target: Target,
    ended: Option<Ended>,
    /// Once it is time to leave: until when.
    leave: Option<Instant>,
    restarts: VecDeque<Instant>,
    running: Option<Running>,
}

struct Running {
    pid: pid_t,
    report: OwnedFd,
    link: Option<UnixStream>,
    /// Signals that it got; `None` when it tells of no more.
    reports: Option<File>,
    /// What did not fit into the socket yet.
    outgoing: Vec<u8>,
    /// The beginning of a message.
    incoming: Vec<u8>,
}

impl Agent {
    /// Starts the first agent. When that fails there will be no telemetry, and a line says so.
    pub fn start(
        setup: Setup,
        environment: &Environment,
        sockets: Vec<OwnedFd>,
        stdout: Option<OwnedFd>,
        target: Target,
    ) -> Agent {
        let mut agent = Agent {
            setup,
            environment: entries(environment),
            sockets,
            stdout,
            target,
            ended: None,
            leave: None,
            restarts: VecDeque::new(),
            running: None,
        };
        agent.run();
        agent
    }

    /// The link to wait on, and whether there is something to write to it.
    pub fn link(&self) -> Option<BorrowedFd<'_>> {
        self.running.as_ref()?.link.as_ref().map(|link| link.as_fd())
    }

    /// Becomes readable when the agent got a signal.
    pub(super) fn reports(&self) -> Option<&File> {
        self.running.as_ref()?.reports.as_ref()
    }

    /// The signals that the agent got since this was asked.
    pub(super) fn reported(&mut self) -> Vec<Report> {
        let Some(running) = &mut self.running else { return Vec::new() };
        let reported = running.reports.as_ref().map_or(Ok(Vec::new()), broadcast::read);
        reported.unwrap_or_else(|_| {
            running.reports = None;
            Vec::new()
        })
    }

    pub fn wants_to_write(&self) -> bool {
        self.running.as_ref().is_some_and(|running| !running.outgoing.is_empty())
    }

    pub fn pid(&self) -> Option<pid_t> {
        self.running.as_ref().map(|running| running.pid)
    }

    /// The target has ended.
    pub fn ended(&mut self, ended: Ended) {
        self.tell(&ToAgent::Ended(ended.clone()));
        self.ended = Some(ended);
    }

    /// Deliver what there is and leave.
    pub fn drain(&mut self, until: Instant) {
        self.leave = Some(until);
        self.tell(&ToAgent::Drain { budget: until.saturating_duration_since(Instant::now()) });
    }

    /// Leave now.
    pub fn cut(&mut self) {
        self.leave = Some(Instant::now());
        self.tell(&ToAgent::Cut);
    }

    /// Time is up.
    pub fn kill(&mut self) {
        if let Some(pid) = self.pid() {
            let _ = sys::send_signal(pid, nix::libc::SIGKILL, None);
        }
    }

    /// Moves bytes over the link, as many as go without waiting.
    pub fn exchange(&mut self) {
        if let Some(running) = &mut self.running {
            running.flush();
            running.listen();
        }
    }

    /// The child has ended. Another one takes its place, unless it was told to leave and did.
    pub fn died(&mut self, status: i32) {
        let Some(running) = self.running.take() else { return };
        if self
            .leave
            .is_some_and(|until| until <= Instant::now() || Ending::of(status) == Some(Ending::Code(0)))
        {
            return;
        }
        if let Err(failure) = (Spawned { pid: running.pid, report: running.report }).outcome() {
            return self.give_up(&format!("the agent cannot be executed: {}", failure.error.desc()));
        }
        let now = Instant::now();
        self.restarts.retain(|restart| now.duration_since(*restart) < WINDOW);
        if self.restarts.len() >= MAX_RESTARTS {
            return self.give_up("the agent ended more than 10 times in a minute");
        }
        self.restarts.push_back(now);
        self.setup.restarts += 1;
        self.run();
    }

    fn run(&mut self) {
        match self.try_run() {
            Ok(running) => self.running = Some(running),
            Err(error) => return self.give_up(&format!("the agent cannot be started: {error}")),
        }
        self.tell(&ToAgent::Setup(Box::new(self.setup.clone())));
        self.tell(&ToAgent::Started(self.target.clone()));
        if let Some(ended) = self.ended.clone() {
            self.tell(&ToAgent::Ended(ended));
        }
        if let Some(until) = self.leave {
            self.drain(until);
        }
    }

    fn try_run(&self) -> io::Result<Running> {
        let (link, theirs) = UnixStream::pair()?;
        link.set_nonblocking(true)?;
        let (reports, reporter) = std::io::pipe()?;
        let reports = File::from(OwnedFd::from(reports));
        fcntl(&reports, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let null = streams::null()?;
        let stdout = self.stdout.as_ref().unwrap_or(&null);
        let (link_number, reporter_number) = (theirs.as_raw_fd(), reporter.as_raw_fd());
        let plan = Plan {
            environment: self.environment.clone(),
            streams: [Stream::Of(null.as_raw_fd()), Stream::Of(stdout.as_raw_fd()), Stream::Same],
            inherit: self
                .sockets
                .iter()
                .map(|fd| fd.as_raw_fd())
                .chain([link_number, reporter_number])
                .collect(),
            ..plan(ARGUMENT, &[link_number, reporter_number])?
        };
        let Spawned { pid, report } = sys::spawn(&plan)?;
        let (outgoing, incoming) = (Vec::new(), Vec::new());
        Ok(Running { pid, report, link: Some(link), reports: Some(reports), outgoing, incoming })
    }

    fn tell(&mut self, message: &impl Serialize) {
        if let Some(running) = &mut self.running {
            // Only a message that is too long fails, and ours are bounded by the settings.
            let _ = link::send(&mut running.outgoing, message);
            running.flush();
        }
    }

    /// No agent any more: connections are refused from now on, so that nobody waits for us.
    fn give_up(&mut self, why: &str) {
        notice::warn("agent", &format!("{why}; the command runs on without telemetry"));
        self.sockets.clear();
        self.stdout = None;
    }
}

impl Running {
    fn flush(&mut self) {
        let Some(link) = &mut self.link else { return };
        while !self.outgoing.is_empty() {
            match link.write(&self.outgoing) {
                Ok(written) => drop(self.outgoing.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Its end will be told by SIGCHLD.
                Err(_) => return self.outgoing.clear(),
            }
        }
    }

    fn listen(&mut self) {
        let mut bytes = [0; 4096];
        while let Some(link) = &mut self.link {
            match link.read(&mut bytes) {
                Ok(0) => self.link = None,
                Ok(read) => self.incoming.extend(bytes.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.link = None,
            }
        }
        loop {
            match link::take(&mut self.incoming) {
                Ok(Some(ToSupervisor::Ready)) => notice::debug("agent", "the agent is ready"),
                Ok(None) => return,
                // Not our agent's language: nothing it says matters.
                Err(_) => return self.incoming.clear(),
            }
        }
    }
}

/// This program once more, under the agent's name, with a hidden argument and numbers behind it.
pub(super) fn plan(argument: &str, numbers: &[RawFd]) -> io::Result<Plan> {
    let words = [argument.to_owned()].into_iter().chain(numbers.iter().map(RawFd::to_string));
    let words: Vec<CString> = words.map(CString::new).collect::<Result<_, _>>()?;
    Ok(Plan {
        files: std::iter::once("/proc/self/exe".into())
            .chain(sys::executed_path())
            .filter_map(|path| CString::new(path.as_os_str().as_bytes()).ok())
            .collect(),
        arguments: std::iter::once(NAME.into()).chain(words).collect(),
        environment: Vec::new(),
        own_pid: Vec::new(),
        streams: [Stream::Same; 3],
        inherit: Vec::new(),
        // A service manager and a terminal signal every process of a service or a job. The
        // agent leaves when the supervisor says so, or when target and supervisor have gone.
        blocked: Signals::ALL,
        ignored: Signals::one(nix::libc::SIGPIPE),
        core_limit: None,
        death_signal: None,
    })
}

/// The environment as a [`Plan`] has it.
pub(super) fn entries(environment: &Environment) -> Vec<CString> {
    let entries = environment
        .iter()
        .map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()));
    entries.filter_map(Result::ok).collect()
}

/// What `main` does when the hidden argument says that we are the agent: `serve` gets the link.
/// `descriptors` are the words behind that argument.
pub fn become_agent(
    descriptors: &[OsString],
    serve: impl FnOnce(UnixStream) -> io::Result<()>,
) -> Result<Ending, Error> {
    let _ = nix::sys::prctl::set_name(NAME);
    let served = inherited(descriptors).and_then(|(link, reports)| {
        let witness = std::thread::Builder::new().name("signals".into()).stack_size(64 * 1024);
        witness.spawn(move || broadcast::report(reports))?;
        serve(link)
    });
    served.map(|()| Ending::Code(0)).map_err(|error| Error::launcher(format!("the agent ended: {error}")))
}

fn inherited(descriptors: &[OsString]) -> io::Result<(UnixStream, File)> {
    let number = |word: &OsString| word.to_str().and_then(|number| number.parse().ok());
    let [link, reports] = descriptors else { return Err(io::ErrorKind::InvalidInput.into()) };
    let (Some(link), Some(reports)) = (number(link), number(reports)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    Ok((sys::adopt(link)?.into(), sys::adopt(reports)?.into()))
}
