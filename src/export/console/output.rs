//! Where the text goes.

use crate::error::Error;
use crate::settings::ConsoleOutput;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

/// Unbuffered: one `write` is one system call, so that what others write to the same place
/// does not come in between.
pub(super) struct Output(File);

impl Output {
    /// A file is appended to, and made for its owner alone when it does not exist.
    pub(super) fn open(output: &ConsoleOutput) -> Result<Self, Error> {
        let path = match output {
            ConsoleOutput::Stdout => return Self::duplicate(io::stdout().as_fd(), "stdout"),
            ConsoleOutput::Stderr => return Self::duplicate(io::stderr().as_fd(), "stderr"),
            ConsoleOutput::File(path) => path,
        };
        let mut options = OpenOptions::new();
        // Not blocking, because opening a FIFO would wait for its reader.
        options.append(true).create(true).mode(0o600).custom_flags(OFlag::O_NONBLOCK.bits());
        options.open(path).map(Output::from).map_err(|e| {
            Error::usage(format!("cannot write to {}: {e}", path.display()))
                .hint("name a file in a folder that exists and that you may write to")
        })
    }

    fn duplicate(stream: impl AsFd, name: &str) -> Result<Self, Error> {
        let owned = stream.as_fd().try_clone_to_owned();
        owned
            .map(|fd| File::from(fd).into())
            .map_err(|e| Error::launcher(format!("cannot use {name} for the console exporter: {e}")))
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

impl From<File> for Output {
    fn from(file: File) -> Self {
        Output(file)
    }
}

impl Write for Output {
    /// Waits when the output is not blocking and full: the target shares our stdout and may
    /// have made it so.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let mut ready = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
                    match poll(&mut ready, PollTimeout::NONE) {
                        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                        Err(e) => return Err(e.into()),
                    }
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
