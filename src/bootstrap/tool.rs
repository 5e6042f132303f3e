//! Runs a program to its end, for a bounded time and with bounded memory.

use super::mask::masked;
use crate::environment::Environment;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Bytes of stdout that are kept.
const LONGEST_OUTPUT: u64 = 16 << 20;
/// Longest line that is looked at.
const LONGEST_LINE: u64 = 64 << 10;
/// Lines that are kept to explain a failure.
const MOST_LINES: usize = 400;
/// How long streams are read after the program has ended: a child of its may hold them open.
const AFTERWARDS: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// What a program left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    /// Lines of both streams, masked, the last ones if there were many.
    pub(super) lines: Vec<String>,
}

impl Ran {
    /// The last lines that say something, on one line.
    pub(super) fn last_words(&self) -> String {
        let said = self.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        let mut last: Vec<&str> = said.rev().take(3).collect();
        last.reverse();
        last.join(" | ")
    }
}

/// A command in `environment` without what is meant for us, for an SDK or for another interpreter.
pub(super) fn command(program: impl AsRef<OsStr>, environment: &Environment) -> Command {
    let mut command = Command::new(program);
    let foreign = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with("OTEL_")
            || name.starts_with("PYTHON")
            || matches!(&*name, "NODE_OPTIONS" | "RUBYOPT")
    };
    command.env_clear().envs(environment.iter().filter(|(name, _)| !foreign(name)));
    command
}

/// Runs `command`; each line of either stream is given to `each`, masked. The error says what
/// happened in words.
pub(super) fn run(
    command: &mut Command,
    within: Duration,
    mut each: impl FnMut(&str),
) -> Result<Ran, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| format!("cannot run {name}: {error}"))?;
    let (tell, told) = channel();
    if let Some(stdout) = child.stdout.take() {
        let tell = tell.clone();
        std::thread::spawn(move || lines(stdout, true, &tell));
    }
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || lines(stderr, false, &tell));
    }
    let mut deadline = Instant::now() + within;
    let mut status = None;
    let mut ran = (String::new(), Vec::new());
    loop {
        match told.recv_timeout(TICK) {
            Ok((line, is_output)) => {
                if is_output && (ran.0.len() + line.len()) as u64 <= LONGEST_OUTPUT {
                    ran.0.push_str(&line);
                }
                let line = masked(&line);
                each(&line);
                if ran.1.len() == MOST_LINES {
                    ran.1.remove(0);
                }
                ran.1.push(line);
            }
            Err(RecvTimeoutError::Disconnected) if status.is_some() => break,
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if status.is_none() {
            status = child.try_wait().map_err(|error| format!("{name} is lost: {error}"))?;
            if status.is_some() {
                deadline = Instant::now() + AFTERWARDS;
            }
        }
        if Instant::now() >= deadline {
            if status.is_none() {
                end(&mut child);
                return Err(format!("{name} did not come to an end within {} s", within.as_secs()));
            }
            break;
        }
    }
    let (stdout, lines) = ran;
    status.map(|status| Ran { status, stdout, lines }).ok_or_else(|| format!("{name} is lost"))
}

fn end(child: &mut Child) {
    // It may have ended in this moment.
    let _ = child.kill();
    let _ = child.wait();
}

fn lines(stream: impl Read, is_output: bool, tell: &Sender<(String, bool)>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(1..) => {
                if tell.send((String::from_utf8_lossy(&line).into_owned(), is_output)).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, within: Duration) -> (Result<Ran, String>, Vec<String>) {
        let mut seen = Vec::new();
        let environment = [("PATH", "/usr/bin:/bin"), ("OTEL_X", "1"), ("PYTHONPATH", "/x"), ("KEPT", "1")];
        let environment = environment.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let ran =
            run(command("sh", &environment).args(["-c", script]), within, |line| seen.push(line.to_owned()));
        (ran, seen)
    }

    #[test]
    fn both_streams_and_the_status() {
        let (ran, seen) =
            sh("echo $KEPT $OTEL_X$PYTHONPATH; echo http://a:b@c/ >&2; exit 3", Duration::from_secs(20));
        let ran = ran.expect("an end");
        assert_eq!((ran.status.code(), ran.stdout.as_str()), (Some(3), "1\n"));
        assert!(seen.contains(&"http://***@c/".to_owned()), "{seen:?}");
        assert!(ran.last_words().contains("http://***@c/"));
    }

    #[test]
    fn a_program_that_does_not_end() {
        let (ran, _) = sh("exec sleep 60", Duration::from_millis(300));
        assert_eq!(ran.expect_err("too long"), "sh did not come to an end within 0 s");
        let began = Instant::now();
        // What it has started keeps the streams.
        let (ran, _) = sh("sleep 20 & echo x", Duration::from_secs(60));
        assert_eq!(ran.expect("an end").stdout, "x\n");
        assert!(began.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn a_program_that_is_not_there() {
        let ran = run(&mut command("/no/such/program", &Environment::default()), TICK, |_| {});
        assert!(ran.expect_err("nothing").starts_with("cannot run /no/such/program: No such file"));
    }
}
