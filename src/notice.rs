//! Our own lines on stderr: whole lines, one `write` each, prefixed, and at most ten a
//! minute of a kind (reliability: silent by default, never a flood).

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::HashMap;
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Telemetry will be lost for good, or the start is not what was asked for.
    Warning = 1,
    /// `-v`: what was chosen and why, the account at the end.
    Info = 2,
    /// `-vv`.
    Debug = 3,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warning as u8);
static KINDS: Mutex<Option<HashMap<&'static str, Window>>> = Mutex::new(None);

const PER_MINUTE: u32 = 10;

struct Window {
    start: Instant,
    said: u32,
    held: u32,
}

/// Sets what is said from now on: `quiet` silences everything but fatal errors.
pub fn configure(verbosity: u8, quiet: bool) {
    let level = if quiet { 0 } else { (Level::Warning as u8).saturating_add(verbosity.min(2)) };
    LEVEL.store(level, Ordering::Relaxed);
}

/// Whether lines of this level are said.
pub fn enabled(level: Level) -> bool {
    level as u8 <= LEVEL.load(Ordering::Relaxed)
}

/// Says one line. `kind` names its limit: lines of one kind share ten a minute.
pub fn say(level: Level, kind: &'static str, text: &str) {
    if !enabled(level) {
        return;
    }
    let Some(held) = admit(kind, Instant::now()) else { return };
    let more = if held > 0 { format!(" ({held} lines of this kind were held back)") } else { String::new() };
    line(&format!("{text}{more}"));
}

pub fn warn(kind: &'static str, text: &str) {
    say(Level::Warning, kind, text);
}

pub fn info(kind: &'static str, text: &str) {
    say(Level::Info, kind, text);
}

pub fn debug(kind: &'static str, text: &str) {
    say(Level::Debug, kind, text);
}

/// Says all `lines`, whatever was said before: for reports that are bounded by themselves.
pub fn report(level: Level, lines: &[String]) {
    if enabled(level) {
        lines.iter().for_each(|text| line(text));
    }
}

/// Prints a fatal error, all its parts; called by `main` alone.
pub fn fatal(error: &crate::error::Error) {
    write(&error.to_string());
}

/// Prints a line, unless stderr is a pipe that nobody empties or a terminal that was stopped:
/// signals and telemetry must not wait for a line of ours.
fn line(text: &str) {
    let stderr = std::io::stderr();
    let mut waiting = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut waiting, PollTimeout::ZERO) != Ok(0) {
        write(text);
    }
}

fn write(text: &str) {
    // One write for the whole line, so that lines of several processes never mix. A stderr
    // that is closed or full is no reason for anything.
    let _ = std::io::stderr().write_all(format!("otel-run: {text}\n").as_bytes());
}

/// `None`: hold this line back. `Some(n)`: say it, and that `n` were held back before.
fn admit(kind: &'static str, now: Instant) -> Option<u32> {
    let mut kinds = KINDS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let window =
        kinds.get_or_insert_with(HashMap::new).entry(kind).or_insert(Window { start: now, said: 0, held: 0 });
    if now.duration_since(window.start) >= Duration::from_secs(60) {
        let held = window.held;
        *window = Window { start: now, said: 1, held: 0 };
        return Some(held);
    }
    if window.said < PER_MINUTE {
        window.said += 1;
        return Some(0);
    }
    window.held += 1;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_minute_then_a_count() {
        let start = Instant::now();
        let said = (0..25).filter(|_| admit("test", start).is_some()).count();
        assert_eq!(said, 10);
        assert_eq!(admit("test", start + Duration::from_secs(61)), Some(15));
        assert_eq!(admit("test", start + Duration::from_secs(62)), Some(0));
    }
}
