//! A terminal for the target in place of ours, which passes on all that is written to it unchanged. Input stays
//! with ours, and so do the job, its signals and the session.

use crate::sys;
use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

/// What would change the bytes. They are changed behind us, by the real terminal.
const CHANGES: OutputFlags = OutputFlags::ONLCR
    .union(OutputFlags::OCRNL)
    .union(OutputFlags::ONOCR)
    .union(OutputFlags::ONLRET)
    .union(OutputFlags::OLCUC)
    .union(OutputFlags::OFILL)
    .union(OutputFlags::TABDLY);

pub(super) struct Terminal {
    /// Our side.
    pub(super) master: OwnedFd,
}

impl Terminal {
    /// A terminal with the size and the modes of `real`, and its other side.
    pub(super) fn like(real: BorrowedFd) -> io::Result<(Terminal, OwnedFd)> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname_r(&master)?;
        let line = File::options().read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(name)?;
        let terminal = Terminal { master: master.into() };
        terminal.resize(real);
        sys::set_packet_mode(terminal.master.as_fd())?;
        tcsetattr(&line, SetArg::TCSANOW, &without_changes(tcgetattr(real)?))?;
        Ok((terminal, line.into()))
    }

    /// Takes over the size of `real`.
    pub(super) fn resize(&self, real: BorrowedFd) -> bool {
        sys::window_size(real).is_some_and(|size| sys::set_window_size(self.master.as_fd(), &size))
    }
}

/// These modes, but bytes pass as they are, and whoever has the other side hears of new modes.
fn without_changes(mut modes: Termios) -> Termios {
    modes.output_flags.remove(CHANGES);
    modes.local_flags.insert(LocalFlags::EXTPROC);
    modes
}

/// Modes of the real terminal as they were, for [`Mirror::follow`].
pub(super) struct Mirror {
    before: Termios,
}

impl Mirror {
    pub(super) fn new(real: BorrowedFd) -> Option<Mirror> {
        tcgetattr(real).ok().map(|before| Mirror { before })
    }

    /// The target has changed the modes of its terminal: ours gets them, too.
    pub(super) fn follow(&self, master: BorrowedFd, real: BorrowedFd) {
        let Ok(wanted) = tcgetattr(master) else { return };
        let quiet = without_changes(wanted.clone());
        if quiet != wanted {
            let _ = tcsetattr(master, SetArg::TCSANOW, &quiet);
        }
        let mut modes = wanted.clone();
        modes.local_flags.remove(LocalFlags::EXTPROC);
        modes.output_flags = self.before.output_flags;
        modes.output_flags.set(OutputFlags::OPOST, wanted.output_flags.contains(OutputFlags::OPOST));
        if tcgetattr(real).is_ok_and(|now| now != modes) {
            let _ = tcsetattr(real, SetArg::TCSANOW, &modes);
        }
    }
}
