//! `--capture_output`: what the target writes to its standard streams reaches the place where it would have gone, and
//! the agent gets a copy.
//!
//! The target writes into a pipe, or into a terminal of its own where ours is one. A [`copier`], a small process for
//! each stream, reads that, writes to the real place, and tells the agent as much as the agent takes without waiting.
//! It serves no network, outlives us and the agent, and ends with the last writer. We keep the reading end and start
//! another copier should one die, so that the target's pipe never breaks unless its real place does.

pub mod copier;
mod terminal;

use super::agent;
use super::streams;
use crate::link::Iostream;
use crate::notice;
use crate::sys;
use crate::sys::process::{Plan, Spawned, Stream};
use nix::libc::{self, pid_t};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::sys::stat::fstat;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use terminal::Terminal;

/// What the agent may be behind, in bytes; the kernel gives less where it must.
const BEHIND: usize = 1 << 20;

/// So many copiers of one stream, and it is left to its fate.
const MAX_RESTARTS: u32 = 100;

/// Copiers at work, and what the target and the agents get.
pub struct Started {
    pub copiers: Copiers,
    pub entrances: Entrances,
    /// The end of a socket from which agents read.
    pub agents: OwnedFd,
}

/// What the target writes to. To be closed once it has them.
pub struct Entrances(Vec<(Iostream, OwnedFd)>);

enum Source {
    Pipe(OwnedFd),
    Terminal(Terminal),
}

impl Source {
    fn fd(&self) -> &OwnedFd {
        match self {
            Source::Pipe(reader) => reader,
            Source::Terminal(terminal) => &terminal.master,
        }
    }
}

/// The copiers at work.
#[derive(Default)]
pub struct Copiers(Vec<Copier>);

struct Copier {
    stream: Iostream,
    source: Source,
    place: OwnedFd,
    frames: OwnedFd,
    running: Option<Running>,
    restarts: u32,
    /// It was asked to say when all is copied that had been written then.
    asked: bool,
    copied: bool,
}

struct Running {
    pid: pid_t,
    control: UnixStream,
}

/// Starts to copy these streams. One that is closed stays as it is. On an error all do.
pub fn start(stdout: bool, stderr: bool) -> io::Result<Started> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let (frames, agents) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
    let _ = setsockopt(&frames, sockopt::SndBuf, &BEHIND);
    let closed = sys::start().closed;
    let (stdout, stderr) = (stdout && !closed[1], stderr && !closed[2]);
    let same = stdout && stderr && is_same(io::stdout().as_fd(), io::stderr().as_fd());
    let mut started = Started { copiers: Copiers::default(), entrances: Entrances(Vec::new()), agents };
    if stdout {
        let stream = if same { Iostream::Both } else { Iostream::Stdout };
        started.add(stream, io::stdout().as_fd(), &frames)?;
    }
    if stderr && !same {
        started.add(Iostream::Stderr, io::stderr().as_fd(), &frames)?;
    }
    Ok(started)
}

impl Started {
    fn add(&mut self, stream: Iostream, place: BorrowedFd, frames: &OwnedFd) -> io::Result<()> {
        let (source, entrance) = if place.is_terminal() {
            let (terminal, line) = Terminal::like(place)?;
            (Source::Terminal(terminal), line)
        } else {
            let (reader, writer) = io::pipe()?;
            (Source::Pipe(reader.into()), writer.into())
        };
        let (place, frames) = (place.try_clone_to_owned()?, frames.try_clone()?);
        let mut copier =
            Copier { stream, source, place, frames, running: None, restarts: 0, asked: false, copied: false };
        let (running, report) = copier.try_run()?;
        // Whether there is such a process is known before the target depends on it.
        Spawned { pid: running.pid, report }.outcome().map_err(|failure| failure.error)?;
        copier.running = Some(running);
        self.copiers.0.push(copier);
        self.entrances.0.push((stream, entrance));
        Ok(())
    }
}

/// Whether both lead to the same place, where only one reader sees the order of what is written.
fn is_same(one: BorrowedFd, other: BorrowedFd) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}

impl Entrances {
    /// Puts them where the target will find its streams.
    pub fn give(&self, streams: &mut [Stream; 3]) {
        for (stream, entrance) in &self.0 {
            let entrance = Stream::Of(entrance.as_raw_fd());
            if *stream != Iostream::Stderr {
                streams[1] = entrance;
            }
            if *stream != Iostream::Stdout {
                streams[2] = entrance;
            }
        }
    }
}

impl Copiers {
    /// A child has ended. Returns whether it was a copier.
    pub fn died(&mut self, pid: pid_t, status: libc::c_int) -> bool {
        let of = |copier: &Copier| copier.running.as_ref().is_some_and(|running| running.pid == pid);
        let Some(at) = self.0.iter().position(of) else { return false };
        let done =
            libc::WIFEXITED(status) && [copier::ENDED, copier::BROKEN].contains(&libc::WEXITSTATUS(status));
        // Without our reading end, the target finds the pipe broken as its place is.
        if done || !self.0.get_mut(at).is_some_and(Copier::again) {
            self.0.remove(at);
        }
        true
    }

    /// Descriptors that become readable when something is to be heard of a copier.
    pub fn controls(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let running = self
            .0
            .iter()
            .filter_map(|copier| copier.running.as_ref().filter(|_| copier.asked && !copier.copied));
        running.map(|running| running.control.as_fd())
    }

    /// From now on the question is when all is copied that has been written so far.
    pub fn finish(&mut self) {
        self.0.iter_mut().for_each(Copier::ask);
    }

    /// Whether something is still to be copied, as far as has been heard.
    pub fn are_busy(&mut self) -> bool {
        self.0.iter_mut().for_each(Copier::listen);
        self.0.iter().any(|copier| !copier.copied)
    }

    /// Leaves them alone with whoever still writes.
    pub fn leave(&mut self) {
        self.0.clear();
    }

    /// Our terminal has another size now. Returns whether the target's has, too.
    pub fn resize(&self) -> bool {
        let terminals = self.0.iter().filter_map(|copier| match &copier.source {
            Source::Terminal(terminal) => Some(terminal.resize(copier.place.as_fd())),
            Source::Pipe(_) => None,
        });
        terminals.filter(|resized| *resized).count() > 0
    }
}

impl Copier {
    fn again(&mut self) -> bool {
        self.restarts += 1;
        self.restarts <= MAX_RESTARTS && self.run()
    }

    fn run(&mut self) -> bool {
        self.running = None;
        match self.try_run() {
            Ok((running, _)) => self.running = Some(running),
            Err(error) => {
                let text =
                    format!("{} cannot be copied any more: {error}", self.stream.name().unwrap_or("output"));
                notice::warn("output", &text);
                return false;
            }
        }
        if self.asked {
            self.ask();
        }
        true
    }

    /// Starts a process, and tells where the outcome of its start will be.
    fn try_run(&self) -> io::Result<(Running, OwnedFd)> {
        let (control, theirs) = UnixStream::pair()?;
        control.set_nonblocking(true)?;
        let null = streams::null()?;
        let numbers = [self.source.fd(), &self.place, &self.frames].map(AsRawFd::as_raw_fd);
        let [source, place, frames] = numbers;
        let words = [source, place, frames, theirs.as_raw_fd(), self.stream as i32];
        let plan = Plan {
            arguments: copier::words(matches!(self.source, Source::Terminal(_)), &words)?,
            streams: [Stream::Of(null.as_raw_fd()); 3],
            inherit: vec![source, place, frames, theirs.as_raw_fd()],
            ..agent::plan(copier::ARGUMENT, &[])?
        };
        let Spawned { pid, report } = sys::spawn(&plan)?;
        Ok((Running { pid, control }, report))
    }

    fn ask(&mut self) {
        self.asked = true;
        if let Some(running) = &mut self.running {
            // Its end is told by SIGCHLD.
            let _ = running.control.write(&[copier::FINISH]);
        }
    }

    fn listen(&mut self) {
        let mut word = [0];
        if let Some(running) = &mut self.running
            && self.asked
            && matches!(running.control.read(&mut word), Ok(1))
        {
            self.copied = true;
        }
    }
}
