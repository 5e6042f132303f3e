//! The standard streams and whatever else was inherited: the target's, not ours.

use crate::sys;
use nix::unistd::{dup2_stdin, dup2_stdout};
use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, OwnedFd};

/// Lets go of everything that the target inherited through us but stderr, so that whoever
/// waits for the end of a pipe waits for the target alone. Returns stdout if it is to be kept
/// for the console exporter.
pub fn leave_to_the_target(keep_stdout: bool) -> Option<OwnedFd> {
    let stdout = keep_stdout.then(|| io::stdout().as_fd().try_clone_to_owned().ok()).flatten();
    if let Ok(null) = null() {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
    }
    sys::close_inherited();
    stdout
}

/// A descriptor that gives and takes nothing.
pub(super) fn null() -> io::Result<OwnedFd> {
    let device = File::options().read(true).write(true).open("/dev/null").map(OwnedFd::from);
    // An empty root has no devices; a pipe without its other end is as good.
    device.or_else(|_| io::pipe().map(|(reader, _): (PipeReader, _)| reader.into()))
}
