//! A process that is to be started, and one that was: the words in which we speak to the system.

use super::signal_set::Signals;
use nix::errno::Errno;
use nix::libc::{self, c_int, pid_t};
use std::ffi::CString;
use std::io::Read;
use std::os::fd::{OwnedFd, RawFd};

/// What becomes of one of a new process's first three descriptors.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    /// As ours.
    Same,
    Closed,
    /// A copy of this one.
    Of(RawFd),
}

/// A process to be started, ready to the last byte: between fork and exec nothing is
/// allocated and no lock is taken.
pub struct Plan {
    /// Tried one after the other, as `execvp` does.
    pub files: Vec<CString>,
    pub arguments: Vec<CString>,
    /// `NAME=value`.
    pub environment: Vec<CString>,
    /// `NAME=` of variables that are to hold the new process's own id.
    pub own_pid: Vec<CString>,
    pub streams: [Stream; 3],
    /// Descriptors that stay open through the exec.
    pub inherit: Vec<RawFd>,
    pub blocked: Signals,
    /// Of SIGPIPE and SIGCHLD, which are ignored.
    pub ignored: Signals,
    pub core_limit: Option<libc::rlimit>,
    /// Sent to the new process when its parent dies.
    pub death_signal: Option<c_int>,
}

/// Why the exec failed: the error, and which of the plan's files it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecFailure {
    pub error: Errno,
    pub file: usize,
}

/// A process that was forked and is about to become its program.
#[derive(Debug)]
pub struct Spawned {
    pub pid: pid_t,
    /// Becomes readable when the exec has succeeded or failed.
    pub report: OwnedFd,
}

impl Spawned {
    /// Reads the outcome. Blocks until there is one.
    pub fn outcome(self) -> Result<(), ExecFailure> {
        let mut report = [0; 8];
        match std::fs::File::from(self.report).read_exact(&mut report) {
            Ok(()) => {
                let [a, b, c, d, e, f, g, h] = report;
                let file = u32::from_ne_bytes([e, f, g, h]) as usize;
                Err(ExecFailure { error: Errno::from_raw(i32::from_ne_bytes([a, b, c, d])), file })
            }
            // The descriptor was closed by a successful exec, or by the death of the process.
            Err(_) => Ok(()),
        }
    }
}
