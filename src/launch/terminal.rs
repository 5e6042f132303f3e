//! The terminal, which is only looked at: it belongs to the shell and to the target.

use nix::unistd::{getpgrp, tcgetpgrp};
use std::fs::File;

/// Whether our process group is the one that the terminal listens to.
pub(super) fn in_foreground() -> bool {
    File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(&terminal) == Ok(getpgrp()))
}
