//! A pseudo-terminal with a program in front of it, as a person would have it.

use super::process::{PATIENCE, descendants};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Keys that the terminal turns into signals.
pub(crate) const CTRL_C: &str = "\u{3}";
pub(crate) const CTRL_Z: &str = "\u{1a}";
pub(crate) const CTRL_BACKSLASH: &str = "\u{1c}";

/// What the shell of [`Terminal::with_shell`] shows when it waits for a command.
const PROMPT: &str = "PROMPT-";

/// The person's side.
pub(crate) struct Terminal {
    keyboard: Option<File>,
    /// The other side, to change its size.
    line: Option<File>,
    /// Closed when the reader of the screen is to go, which holds the keyboard's side open.
    hang_up: Option<PipeWriter>,
    child: Child,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Starts `command` as the leader of a session of its own on a new terminal.
    pub(crate) fn start(command: &Command) -> Terminal {
        // Closed at exec, both ends: what another test starts at this moment must not hold them.
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname_r(&master).unwrap();
        let options = OFlag::O_NOCTTY.bits();
        let line = File::options().read(true).write(true).custom_flags(options).open(name).unwrap();
        // `setsid` of util-linux makes the terminal the controlling one.
        let mut setsid = Command::new("setsid");
        setsid.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => setsid.env(name, value),
                None => setsid.env_remove(name),
            };
        }
        let stream = || Stdio::from(line.try_clone().unwrap());
        let child = setsid.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        let keyboard = File::from(OwnedFd::from(master));
        let reader = keyboard.try_clone().unwrap();
        let (tell, screen) = channel();
        let (hung_up, hang_up) = std::io::pipe().unwrap();
        std::thread::spawn(move || read_screen(reader, &hung_up, &tell));
        Terminal {
            keyboard: Some(keyboard),
            line: Some(line),
            hang_up: Some(hang_up),
            child,
            screen,
            seen: String::new(),
        }
    }

    /// An interactive bash that waits for a command.
    pub(crate) fn with_shell() -> Terminal {
        let mut shell = super::process::bare(["bash", "--norc", "--noprofile", "--noediting", "-i"]);
        shell.env("PS1", format!("{PROMPT}$?\\n")).env("PS2", "").env_remove("PROMPT_COMMAND");
        let mut terminal = Terminal::start(&shell);
        terminal.until_prompt();
        terminal.type_line("stty -echo columns 200");
        terminal.until_prompt();
        terminal
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// Waits until the screen shows `text` (after what was waited for before), and returns what
    /// came up to and with it.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("{text:?} did not come; on the screen is {:?}", self.seen),
            }
        }
    }

    /// Waits for the shell's prompt; returns the exit code that it shows, and what came before.
    pub(crate) fn until_prompt(&mut self) -> (i32, String) {
        let before = self.until(PROMPT);
        let code = self.until("\n");
        let before = before.trim_end_matches(PROMPT).to_owned();
        (code.trim().parse().unwrap_or_else(|_| panic!("no exit code: {code:?}")), before)
    }

    /// Whatever else comes until nothing has come for a while.
    pub(crate) fn rest(&mut self) -> String {
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(300)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        std::mem::take(&mut self.seen)
    }

    /// Changes the height, as dragging a window's edge does.
    pub(crate) fn resize(&self, rows: u16) {
        let mut stty = Command::new("stty");
        stty.args(["rows", &rows.to_string()]).stdin(self.line.as_ref().unwrap().try_clone().unwrap());
        assert!(stty.status().unwrap().success());
    }

    /// Takes the terminal away, as closing its window does.
    pub(crate) fn hang_up(&mut self) {
        self.hang_up = None;
        self.keyboard = None;
        self.line = None;
    }

    /// The first process on the terminal.
    pub(crate) fn leader(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }
}

/// Passes on what is written to the terminal, until it or the person has gone.
fn read_screen(mut screen: File, hung_up: &PipeReader, tell: &Sender<Vec<u8>>) {
    let mut bytes = [0; 4096];
    loop {
        let mut waiting =
            [PollFd::new(screen.as_fd(), PollFlags::POLLIN), PollFd::new(hung_up.as_fd(), PollFlags::POLLIN)];
        poll(&mut waiting, PollTimeout::NONE).unwrap();
        if waiting[1].any() == Some(true) {
            return;
        }
        match screen.read(&mut bytes) {
            Ok(read @ 1..) if tell.send(bytes[..read].to_vec()).is_ok() => {}
            _ => return,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for pid in descendants(self.leader()).into_iter().rev() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
