//! The process that copies one stream. It does nothing else, allocates nothing while it copies, and waits for
//! nobody but the stream and its real place.

use super::terminal::Mirror;
use crate::clock;
use crate::error::Error;
use crate::launch::exit::Ending;
use crate::link::{FRAME_HEAD, frame_head};
use crate::sys;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, sendmsg};
use nix::unistd::{read, write};
use std::ffi::{CString, OsString};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

/// The hidden first argument that makes this program a copier.
pub const ARGUMENT: &str = "__copier";

/// Its name in lists of processes.
const NAME: &std::ffi::CStr = c"otel-output";

/// Exit status: nobody can write any more.
pub(super) const ENDED: i32 = 0;
/// Exit status: nobody reads any more.
pub(super) const BROKEN: i32 = 3;

/// What the supervisor says when the target has ended, and what it hears when all is copied.
pub(super) const FINISH: u8 = b'f';

/// The most that is copied at once, in bytes.
const MOST: usize = 64 << 10;

/// What was written to a terminal takes a moment to its other side, in milliseconds.
const SETTLE: u8 = 20;

/// First byte of what a terminal in packet mode says: what follows is data (tty_ioctl(4)).
const DATA: u8 = 0;

/// The words for [`copy`]: source, place, frames, control, number of the stream.
pub(super) fn words(terminal: bool, numbers: &[RawFd]) -> io::Result<Vec<CString>> {
    let kind = if terminal { "terminal" } else { "pipe" };
    let words = [ARGUMENT, kind].map(str::to_owned).into_iter().chain(numbers.iter().map(RawFd::to_string));
    let words: Result<Vec<_>, _> = words.map(CString::new).collect();
    Ok(std::iter::once(NAME.to_owned()).chain(words?).collect())
}

/// What `main` does when the hidden argument says that we are a copier. `words` are those behind it.
pub fn copy(words: &[OsString]) -> Result<Ending, Error> {
    let _ = nix::sys::prctl::set_name(NAME);
    let failed = |error: io::Error| Error::launcher(format!("the output cannot be copied: {error}"));
    let mut copier = Copier::new(words).map_err(failed)?;
    sys::forget_text();
    Ok(Ending::Code(copier.run() as u8))
}

struct Copier {
    source: OwnedFd,
    place: OwnedFd,
    /// `None` once the supervisor has gone.
    control: Option<OwnedFd>,
    mirror: Option<Mirror>,
    terminal: bool,
    telling: Telling,
}

/// What the agent is told.
struct Telling {
    /// `None` once nobody listens.
    frames: Option<OwnedFd>,
    stream: u8,
    /// Lines that were not told, since the last that were.
    dropped: u32,
    /// The rest of a line whose beginning was dropped is dropped, too.
    within: bool,
}

impl Copier {
    fn new(words: &[OsString]) -> io::Result<Copier> {
        let (kind, numbers) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let numbers = numbers.iter().map(|word| word.to_str().and_then(|number| number.parse().ok()));
        let numbers: Vec<RawFd> = numbers.collect::<Option<_>>().ok_or(io::ErrorKind::InvalidInput)?;
        let [source, place, frames, control, stream] = numbers[..] else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let terminal = kind == "terminal";
        let place = sys::adopt(place)?;
        Ok(Copier {
            source: sys::adopt(source)?,
            mirror: if terminal { Mirror::new(place.as_fd()) } else { None },
            place,
            control: Some(sys::adopt(control)?),
            terminal,
            telling: Telling {
                frames: Some(sys::adopt(frames)?),
                stream: u8::try_from(stream).unwrap_or_default(),
                dropped: 0,
                within: false,
            },
        })
    }

    /// Copies until the end, and says which.
    fn run(&mut self) -> i32 {
        let mut bytes = vec![0; MOST];
        let mut finishing = false;
        loop {
            let patience = match (finishing, self.terminal) {
                (false, _) => PollTimeout::NONE,
                (true, false) => PollTimeout::ZERO,
                (true, true) => PollTimeout::from(SETTLE),
            };
            let (readable, spoken) = self.wait(patience);
            if readable {
                match read(&self.source, &mut bytes) {
                    // A terminal says that it has no other side any more.
                    Ok(0) | Err(Errno::EIO) => return ENDED,
                    Ok(length) => {
                        let got = bytes.get(..length).unwrap_or_default();
                        if !self.pass(got) {
                            return BROKEN;
                        }
                    }
                    Err(Errno::EINTR | Errno::EAGAIN) => {}
                    Err(_) => return ENDED,
                }
            } else if finishing {
                // All that had been written when we were asked has been copied.
                finishing = false;
                if let Some(control) = &self.control {
                    let _ = write(control, &[FINISH]);
                }
            }
            if spoken {
                let mut word = [0];
                let heard = self.control.as_ref().map(|control| read(control, &mut word));
                match heard {
                    Some(Ok(1)) => finishing = true,
                    Some(Err(Errno::EINTR | Errno::EAGAIN)) => {}
                    _ => self.control = None,
                }
            }
        }
    }

    /// Whether there is something to read, and whether the supervisor speaks.
    fn wait(&self, patience: PollTimeout) -> (bool, bool) {
        let mut waiting = [
            PollFd::new(self.source.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.control.as_ref().unwrap_or(&self.source).as_fd(), PollFlags::POLLIN),
        ];
        let ready = poll(&mut waiting, patience).is_ok_and(|ready| ready > 0);
        let [source, control] = waiting.map(|fd| ready && fd.any() == Some(true));
        (source, control && self.control.is_some())
    }

    /// Passes on what was read. `false`: nobody reads any more.
    fn pass(&mut self, got: &[u8]) -> bool {
        let data = match (&self.mirror, got) {
            (_, got) if !self.terminal => got,
            (_, [DATA, data @ ..]) => data,
            (mirror, _) => {
                if let Some(mirror) = mirror {
                    mirror.follow(self.source.as_fd(), self.place.as_fd());
                }
                return true;
            }
        };
        let whole = put(self.place.as_fd(), data);
        self.telling.tell(data);
        whole
    }
}

/// Writes all of it, however long that takes. `false`: nobody reads any more. What there is no room for on a disk is
/// lost: the target cannot be told.
fn put(place: BorrowedFd, mut data: &[u8]) -> bool {
    while !data.is_empty() {
        match write(place, data) {
            Ok(written) => data = data.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            // Somebody who shares the place does not want to wait in it. We do.
            Err(Errno::EAGAIN) => {
                let _ = poll(&mut [PollFd::new(place, PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            Err(Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG) => return true,
            Err(_) => return false,
        }
    }
    true
}

impl Telling {
    /// Tells the agent, unless it would have to be waited for.
    fn tell(&mut self, data: &[u8]) {
        let mut told = data;
        if self.within {
            let line = told.iter().position(|byte| *byte == b'\n').map_or(told.len(), |at| at + 1);
            self.within = !told.get(..line).unwrap_or_default().ends_with(b"\n");
            told = told.get(line..).unwrap_or_default();
        }
        let Some(frames) = self.frames.as_ref().filter(|_| !told.is_empty()) else { return };
        let head: [u8; FRAME_HEAD] = frame_head(self.stream, self.dropped, clock::unix_nano());
        let parts = [IoSlice::new(&head), IoSlice::new(told)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        use std::os::fd::AsRawFd;
        match sendmsg::<()>(frames.as_raw_fd(), &parts, &[], flags, None) {
            Ok(_) => self.dropped = 0,
            Err(Errno::EPIPE | Errno::ECONNRESET | Errno::ENOTCONN) => self.frames = None,
            // The agent is behind, or there is none at the moment.
            Err(_) => {
                let lines = told.iter().filter(|byte| **byte == b'\n').count();
                self.within = !told.ends_with(b"\n");
                let lines = lines + usize::from(self.within);
                self.dropped = self.dropped.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            }
        }
    }
}
