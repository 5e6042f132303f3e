//! Command-line tools that a developer has logged in with: `az` and `azd`. They run for a
//! bounded time, their output is bounded, and of ours they get nothing but the environment.

use super::super::excerpt;
use super::Cause;
use super::grant::Grant;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

/// Python starts slowly on a busy machine, and a token may have to be fetched.
const LONGEST: Duration = Duration::from_secs(30);
const LARGEST: u64 = 64 << 10;

#[derive(Debug)]
pub(super) struct Tool {
    name: &'static str,
    arguments: Vec<String>,
    parse: fn(&Value, SystemTime) -> Result<Grant, &'static str>,
    log_in: &'static str,
}

impl Tool {
    pub(super) fn azure_cli(tenant: Option<&str>, audience: &str) -> Tool {
        let arguments = ["account", "get-access-token", "--output", "json", "--resource", audience];
        Tool {
            name: "az",
            arguments: with_tenant(&arguments, "--tenant", tenant),
            parse: of_az,
            log_in: "log in with: az login",
        }
    }

    pub(super) fn azure_developer_cli(tenant: Option<&str>, audience: &str) -> Tool {
        let scope = format!("{audience}/.default");
        let arguments = ["auth", "token", "--output", "json", "--no-prompt", "--scope", &scope];
        Tool {
            name: "azd",
            arguments: with_tenant(&arguments, "--tenant-id", tenant),
            parse: of_azd,
            log_in: "log in with: azd auth login",
        }
    }

    pub(super) async fn fetch(&self) -> Result<Grant, Cause> {
        let failed = |why: String, hint| Cause::Tool { tool: self.name, why, hint };
        let mut run = Running::start(self.name, &self.arguments).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => failed("it is not installed, or not on PATH".to_owned(), None),
            other => failed(format!("it cannot be started: {other}"), None),
        })?;
        let output = match tokio::time::timeout(LONGEST, run.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(e)) => return Err(failed(format!("its output cannot be read: {e}"), None)),
            Err(_) => return Err(failed(format!("it did not end within {} s", LONGEST.as_secs()), None)),
        };
        if !output.success {
            let words = output.complaint.lines().map(str::trim).find(|line| !line.is_empty());
            return Err(failed(words.map_or_else(|| "it failed".to_owned(), excerpt), Some(self.log_in)));
        }
        let answer = serde_json::from_slice(&output.answer);
        let answer: Value = answer.map_err(|_| failed("its answer is not JSON".to_owned(), None))?;
        (self.parse)(&answer, SystemTime::now()).map_err(|why| failed(why.to_owned(), None))
    }
}

fn with_tenant(arguments: &[&str], flag: &str, tenant: Option<&str>) -> Vec<String> {
    let tenant = tenant.into_iter().flat_map(|tenant| [flag, tenant]);
    arguments.iter().copied().chain(tenant).map(str::to_owned).collect()
}

/// `accessToken`, and `expires_on` in seconds since 1970 (2.54 and newer).
fn of_az(answer: &Value, now: SystemTime) -> Result<Grant, &'static str> {
    let token = answer["accessToken"].as_str().ok_or("its answer has no token")?;
    match answer["expires_on"].as_u64() {
        Some(end) => Grant::until(token, end, now),
        None => Err("its answer does not say when the token ends: it needs version 2.54 or newer"),
    }
}

/// `token`, and `expiresOn` as `2026-11-21T07:00:00Z`.
fn of_azd(answer: &Value, now: SystemTime) -> Result<Grant, &'static str> {
    let token = answer["token"].as_str().ok_or("its answer has no token")?;
    let end = answer["expiresOn"].as_str().and_then(unix_seconds);
    Grant::until(token, end.ok_or("its answer does not say when the token ends")?, now)
}

/// Seconds since 1970 of a moment in UTC (RFC 3339 with a `Z`).
fn unix_seconds(moment: &str) -> Option<u64> {
    let (date, time) = moment.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hours, minutes, seconds] = numbers(time.split('.').next()?, ':')?;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin with March have the odd day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days.checked_sub(719_468)? * 24 + hours) * 3600 + minutes * 60 + seconds)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> =
        text.split(separator).map(|part| part.parse::<u16>().ok().map(u64::from)).collect();
    numbers?.try_into().ok()
}

struct Output {
    success: bool,
    answer: Vec<u8>,
    complaint: String,
}

/// A tool that runs in a process group of its own, and dies with this.
struct Running {
    child: Child,
    answer: pipe::Receiver,
    complaint: pipe::Receiver,
}

impl Running {
    fn start(name: &str, arguments: &[String]) -> io::Result<Running> {
        let mut child = Command::new(name)
            .args(arguments)
            .env("AZURE_CORE_COLLECT_TELEMETRY", "no")
            .env("AZURE_DEV_COLLECT_TELEMETRY", "no")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // `az` is a script, and what it starts must end with it.
            .process_group(0)
            .spawn()?;
        let pipes = (|| {
            let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
            let answer = pipe::Receiver::from_owned_fd(child.stdout.take().ok_or_else(missing)?.into())?;
            let complaint = pipe::Receiver::from_owned_fd(child.stderr.take().ok_or_else(missing)?.into())?;
            Ok((answer, complaint))
        })();
        match pipes {
            Ok((answer, complaint)) => Ok(Running { child, answer, complaint }),
            Err(e) => {
                end(&mut child);
                Err(e)
            }
        }
    }

    async fn output(&mut self) -> io::Result<Output> {
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) =
            ((&mut self.answer).take(LARGEST), (&mut self.complaint).take(LARGEST));
        tokio::try_join!(stdout.read_to_end(&mut answer), stderr.read_to_end(&mut complaint))?;
        // It has closed its streams and is about to end.
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let complaint = String::from_utf8_lossy(&complaint).into_owned();
        Ok(Output { success: status.success(), answer, complaint })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    if let Ok(None) = child.try_wait() {
        // Not reaped yet, so that the number is its own.
        let group = i32::try_from(child.id()).map(Pid::from_raw);
        let _ = group.map(|group| killpg(group, Signal::SIGKILL));
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (moment, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T06:27:57Z", Some(1_795_242_477)),
            ("2024-02-29T23:59:59.123456Z", Some(1_709_251_199)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-21T06:27Z", None),
            ("2026-11-21T06:27:57", None),
            ("2026-11-21 06:27:57Z", None),
            ("99999999999999999999-11-21T06:27:57Z", None),
            ("", None),
        ] {
            assert_eq!(unix_seconds(moment), expected, "{moment}");
        }
    }
}
