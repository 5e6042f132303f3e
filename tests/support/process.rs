//! Starting programs with and without otel-run, and waiting for them no longer than is
//! reasonable.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::Read;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest time that anything in a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program under test.
pub(crate) const OTEL_RUN: &str = env!("CARGO_BIN_EXE_otel-run");

/// otel-run in front of `command`, sending its telemetry nowhere.
pub(crate) fn otel_run<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>) -> Command {
    let mut run = bare([OTEL_RUN]);
    run.args(["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none", "--"]);
    run.args(command);
    run
}

/// `command` in an environment without settings for us.
pub(crate) fn bare<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>) -> Command {
    let mut words = command.into_iter();
    let mut bare = Command::new(words.next().expect("a program"));
    bare.args(words);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["OTEL_", "APPLICATIONINSIGHTS_", "APPINSIGHTS_", "AZURE_", "IDENTITY_", "MSI_"]
            .iter()
            .any(|own| name.starts_with(own))
        {
            bare.env_remove(&*name);
        }
    }
    bare
}

/// A program that runs, with its output gathered. When it is dropped before its end, it and
/// all its descendants are killed.
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) stdin: Option<ChildStdin>,
    ended: Receiver<ExitStatus>,
    stdout: Gathered,
    stderr: Gathered,
    finished: bool,
}

/// What a program that has ended left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// One stream of a program, read by a thread.
struct Gathered {
    from: Receiver<Vec<u8>>,
    so_far: Vec<u8>,
}

impl Process {
    /// Starts `command` with an empty stdin.
    pub(crate) fn start(command: &mut Command) -> Process {
        Process::start_with_stdin(command, Stdio::null())
    }

    pub(crate) fn start_with_stdin(command: &mut Command, stdin: Stdio) -> Process {
        Process::start_with(command, stdin, Stdio::piped())
    }

    pub(crate) fn start_with_stderr(command: &mut Command, stderr: Stdio) -> Process {
        Process::start_with(command, Stdio::null(), stderr)
    }

    fn start_with(command: &mut Command, stdin: Stdio, stderr: Stdio) -> Process {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let stdout = Gathered::of(child.stdout.take().unwrap());
        let stderr = child.stderr.take().map_or_else(|| Gathered::of(std::io::empty()), Gathered::of);
        let stdin = child.stdin.take();
        let (tell, ended) = channel();
        std::thread::spawn(move || tell.send(child.wait().unwrap()));
        Process { pid, stdin, ended, stdout, stderr, finished: false }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid), signal).unwrap();
    }

    /// Waits until stdout contains `text`, and returns all that was printed up to then.
    pub(crate) fn until_stdout(&mut self, text: &str) -> String {
        self.until_stdout_within(text, PATIENCE)
    }

    /// The same, for what is slow to start.
    pub(crate) fn until_stdout_within(&mut self, text: &str, within: Duration) -> String {
        self.stdout.until(text, within, |so_far| so_far.contains(text))
    }

    pub(crate) fn until_stderr(&mut self, text: &str) -> String {
        self.stderr.until(text, PATIENCE, |so_far| so_far.contains(text))
    }

    /// What has been printed so far, to both streams.
    pub(crate) fn so_far(&mut self) -> String {
        self.stdout.gather() + &self.stderr.gather()
    }

    /// Waits until stdout has so many lines.
    pub(crate) fn until_lines(&mut self, count: usize) -> String {
        self.stdout.until(&format!("line {count}"), PATIENCE, |so_far| so_far.matches('\n').count() >= count)
    }

    /// Waits for the end, at most `within`.
    pub(crate) fn finish_within(mut self, within: Duration) -> Finished {
        let Ok(status) = self.ended.recv_timeout(within) else {
            panic!("still running after {within:?}; stderr: {}", self.stderr.text());
        };
        self.finished = true;
        // A descendant may still hold the streams: what is there now is what counts.
        Finished { status, stdout: self.stdout.rest(), stderr: self.stderr.rest() }
    }

    /// Does something to the process again and again until it ends.
    pub(crate) fn finish_while(mut self, mut disturb: impl FnMut(i32)) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // As long as nobody has asked for its status, the number is nobody else's.
            disturb(self.pid);
            match self.ended.recv_timeout(Duration::from_micros(100)) {
                Ok(status) => {
                    self.finished = true;
                    return Finished { status, stdout: self.stdout.rest(), stderr: self.stderr.rest() };
                }
                Err(_) => assert!(Instant::now() < deadline, "still running"),
            }
        }
    }

    pub(crate) fn finish(self) -> Finished {
        self.finish_within(PATIENCE)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.finished && self.ended.try_recv().is_err() {
            for pid in descendants(self.pid).into_iter().rev().chain([self.pid]) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

impl Gathered {
    fn of(mut stream: impl Read + Send + 'static) -> Gathered {
        let (tell, from) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 65_536];
            while let Ok(read @ 1..) = stream.read(&mut bytes) {
                if tell.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Gathered { from, so_far: Vec::new() }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.so_far).into_owned()
    }

    /// Takes what has come, without waiting.
    fn gather(&mut self) -> String {
        self.so_far.extend(self.from.try_iter().flatten());
        self.text()
    }

    fn until(&mut self, what: &str, within: Duration, enough: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + within;
        loop {
            let text = self.text();
            if enough(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.from.recv_timeout(left) {
                Ok(bytes) => self.so_far.extend(bytes),
                Err(_) => panic!("{what} did not come; what came is {text:?}"),
            }
        }
    }

    fn rest(&mut self) -> String {
        while let Ok(bytes) = self.from.recv_timeout(Duration::from_millis(500)) {
            self.so_far.extend(bytes);
        }
        self.text()
    }
}

/// The processes that descend from `pid`, parents before children.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(children(parent));
        next += 1;
    }
    found.remove(0);
    found
}

/// The children of `pid`.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// `R`, `S`, `T` (stopped), `Z` (zombie), and `?` when there is no such process.
pub(crate) fn state_of(pid: i32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
}

/// The short name that `ps` shows.
pub(crate) fn name_of(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// Tries until `condition` gives something.
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
