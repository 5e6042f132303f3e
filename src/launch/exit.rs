//! How we end: as the target ended.

use crate::sys;
use crate::sys::signal_set::Signals;
use nix::libc::{self, c_int};
use std::process::ExitCode;

/// The way out that a parent can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Code(u8),
    /// Killed by this signal.
    Signal(c_int),
}

impl Ending {
    /// From a wait status of a process that has ended.
    pub fn of(status: c_int) -> Option<Ending> {
        if libc::WIFEXITED(status) {
            // The kernel keeps eight bits.
            return Some(Ending::Code(libc::WEXITSTATUS(status) as u8));
        }
        libc::WIFSIGNALED(status).then(|| Ending::Signal(libc::WTERMSIG(status)))
    }

    /// The code to exit with, unless a signal ends us right here: shells look at what killed a
    /// job (a loop ends at Ctrl-C only if its command died of it).
    pub fn end(self) -> ExitCode {
        match self {
            Ending::Code(code) => ExitCode::from(code),
            Ending::Signal(signal) => {
                // The target had its chance to leave a core file; ours would overwrite it.
                let _ = nix::sys::prctl::set_dumpable(false);
                sys::set_ignored(signal, false);
                let _ = sys::send_signal(nix::unistd::getpid().as_raw(), signal, None);
                sys::change_mask(libc::SIG_UNBLOCK, Signals::one(signal));
                // Still here: process 1 of a container cannot be killed from inside.
                ExitCode::from(128u8.wrapping_add(signal as u8))
            }
        }
    }
}
