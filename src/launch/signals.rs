//! Signals of the supervisor: all blocked before anything is started, read from a descriptor,
//! and passed on by a table that knows who sent them.
//!
//! A key press (`Ctrl-C`) reaches the whole foreground group, the target included, so it is not
//! forwarded; a signal that `kill` sent to us alone is. The kernel says which it was: only
//! what it sent itself has a positive code.

use crate::sys;
use crate::sys::signal_set::Signals as Set;
use nix::errno::Errno;
use nix::libc::{self, c_int, pid_t};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{getpid, getsid};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// All signals, held back from their default action.
#[derive(Debug)]
pub struct Signals {
    descriptor: SignalFd,
    before: Set,
    leads_session: bool,
}

/// One signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub number: c_int,
    pub sender: Sender,
    /// What `sigqueue` sent with it.
    value: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A key, a hang-up, a timer.
    Kernel,
    Process(pid_t),
}

/// What is to be done with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Forward,
    /// Forward, then stop as the signal would have stopped us.
    ForwardAndStop,
    Stop,
    /// A child changed its state.
    Reap,
    /// The target got its own, or it was about us.
    Ignore,
}

impl Signals {
    /// Blocks everything. Must be called before any thread is started.
    pub fn block() -> nix::Result<Signals> {
        // A child's end must be told and waited for; inherited, this could be switched off.
        sys::set_ignored(libc::SIGCHLD, false);
        let before = sys::change_mask(libc::SIG_SETMASK, Set::ALL);
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let descriptor = SignalFd::with_flags(&SigSet::all(), flags)?;
        Ok(Signals { descriptor, before, leads_session: getsid(None) == Ok(getpid()) })
    }

    /// Back to how it was: what waits has its default action now. Not for a launch, which ends
    /// as its target ended, whatever still waits.
    pub fn unblock(self) {
        sys::change_mask(libc::SIG_SETMASK, self.before);
    }

    /// The next signal, if there is one.
    pub fn next(&self) -> Option<Arrived> {
        loop {
            match self.descriptor.read_signal() {
                Err(Errno::EINTR) => {}
                Ok(Some(info)) => {
                    return Some(Arrived {
                        number: info.ssi_signo as c_int,
                        sender: match info.ssi_code {
                            1.. => Sender::Kernel,
                            _ => Sender::Process(info.ssi_pid as pid_t),
                        },
                        value: (info.ssi_code == libc::SI_QUEUE).then_some(info.ssi_ptr),
                    });
                }
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Sends ourselves `signal`, which stays pending: a SIGCONT that comes before it takes
    /// effect revokes it, as it does for a program without us. One that has come already
    /// revoked it before.
    pub fn arm(&self, signal: c_int) {
        if !sys::pending().contains(libc::SIGCONT) {
            let _ = sys::send_signal(getpid().as_raw(), signal, None);
        }
    }

    /// Lets a pending `signal` have its default action (unless it is ignored): when that is to
    /// stop, returns after we were continued.
    pub fn let_act(&self, signal: c_int) {
        let one = Set::one(signal);
        sys::change_mask(libc::SIG_UNBLOCK, one);
        sys::change_mask(libc::SIG_BLOCK, one);
    }

    /// The table.
    pub fn route(&self, arrived: Arrived) -> Route {
        route(arrived.number, arrived.sender, self.leads_session)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }
}

impl Arrived {
    #[cfg(test)]
    pub(super) fn new(number: c_int, sender: Sender) -> Arrived {
        Arrived { number, sender, value: None }
    }

    /// Sends the same signal to `pid`. A process that has gone needs none.
    pub fn forward(self, pid: pid_t) {
        let _ = sys::send_signal(pid, self.number, self.value);
    }
}

fn route(number: c_int, sender: Sender, leads_session: bool) -> Route {
    match (number, sender) {
        (libc::SIGCHLD, _) => Route::Reap,
        (libc::SIGCONT, _) => Route::Forward,
        (libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, Sender::Kernel) => Route::Stop,
        (libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, Sender::Process(_)) => Route::ForwardAndStop,
        (_, Sender::Process(_)) => Route::Forward,
        // Timers survive an exec but not a fork: whoever set one before starting us meant it for
        // the program that we start.
        (libc::SIGALRM | libc::SIGVTALRM | libc::SIGPROF, Sender::Kernel) => Route::Forward,
        // A terminal that goes away tells the leader of its session alone.
        (libc::SIGHUP, Sender::Kernel) if leads_session => Route::Forward,
        (_, Sender::Kernel) => Route::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORWARDED: [c_int; 22] = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGTERM,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGALRM,
        libc::SIGVTALRM,
        libc::SIGPROF,
        libc::SIGIO,
        libc::SIGPWR,
        libc::SIGURG,
        libc::SIGXCPU,
        libc::SIGXFSZ,
        libc::SIGSYS,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGSEGV,
        libc::SIGSTKFLT,
    ];

    #[test]
    fn what_kill_sends_is_forwarded() {
        for number in FORWARDED.into_iter().chain(34..=64).chain([libc::SIGWINCH, libc::SIGPIPE]) {
            assert_eq!(route(number, Sender::Process(7), false), Route::Forward, "signal {number}");
        }
    }

    #[test]
    fn what_the_keyboard_sends_is_not() {
        for number in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGWINCH, libc::SIGPIPE] {
            assert_eq!(route(number, Sender::Kernel, false), Route::Ignore, "signal {number}");
        }
    }

    #[test]
    fn stops_stop_us_too() {
        for number in [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
            assert_eq!(route(number, Sender::Kernel, false), Route::Stop);
            assert_eq!(route(number, Sender::Process(7), false), Route::ForwardAndStop);
        }
        assert_eq!(route(libc::SIGCONT, Sender::Kernel, false), Route::Forward);
    }

    #[test]
    fn a_hang_up_and_a_timer_that_only_we_see_are_forwarded() {
        assert_eq!(route(libc::SIGHUP, Sender::Kernel, true), Route::Forward);
        assert_eq!(route(libc::SIGALRM, Sender::Kernel, false), Route::Forward);
    }

    #[test]
    fn children_are_never_the_targets_business() {
        assert_eq!(route(libc::SIGCHLD, Sender::Process(7), true), Route::Reap);
    }
}
