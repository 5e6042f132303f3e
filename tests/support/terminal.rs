//! A pseudo-terminal with a program in front of it, as a person would have it.

use super::process::{PATIENCE, descendants};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Keys that the terminal turns into signals.
pub(crate) const CTRL_C: &str = "\u{3}";
pub(crate) const CTRL_Z: &str = "\u{1a}";
pub(crate) const CTRL_BACKSLASH: &str = "\u{1c}";

/// What the shell of [`Terminal::with_shell`] shows when it waits for a command.
const PROMPT: &str = "PROMPT-";

/// The person's side.
pub(crate) struct Terminal {
    keyboard: File,
    /// The other side, to change its size.
    line: File,
    child: Child,
    screen: Receiver<Vec<u8>>,
    seen: String,
    prompts: usize,
}

impl Terminal {
    /// Starts `command` as the leader of a session of its own on a new terminal.
    pub(crate) fn start(command: &Command) -> Terminal {
        let size = Winsize { ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        let ends = openpty(&size, None).unwrap();
        let line = File::from(ends.slave);
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
        let keyboard = File::from(ends.master);
        let mut reader = keyboard.try_clone().unwrap();
        let (tell, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if tell.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { keyboard, line, child, screen, seen: String::new(), prompts: 0 }
    }

    /// An interactive bash that waits for a command.
    pub(crate) fn with_shell() -> Terminal {
        let mut shell = super::process::bare(["bash", "--norc", "--noprofile", "--noediting", "-i"]);
        shell.env("PS1", format!("{PROMPT}$?\\n")).env("PS2", "").env_remove("PROMPT_COMMAND");
        let mut terminal = Terminal::start(&shell);
        terminal.until_prompt();
        terminal.type_line("stty -echo");
        terminal.until_prompt();
        terminal
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
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
        self.prompts += 1;
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

    /// Changes the size, as dragging a window's corner does.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let mut stty = Command::new("stty");
        stty.args(["rows", &rows.to_string(), "columns", &columns.to_string()]);
        assert!(stty.stdin(self.line.try_clone().unwrap()).status().unwrap().success());
    }

    /// The first process on the terminal.
    pub(crate) fn leader(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
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
