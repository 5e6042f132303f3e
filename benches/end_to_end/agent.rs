//! A running pipeline: otel-run with a program that only stays, or a peer.

use crate::load::Destination;
use crate::sink::Sink;
use crate::{Done, Options, os, roles};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Agent {
    child: Child,
    /// Processes whose CPU time and memory count.
    pub(crate) processes: Vec<i32>,
    pub(crate) destination: Destination,
}

/// To where otel-run exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Otlp,
    Azure,
}

/// otel-run, exporting traces to `sink`, with further arguments of its own.
pub(crate) fn otel_run(
    options: &Options,
    sink: &Sink,
    (to, arguments): (To, &[&str]),
    role: &str,
) -> Done<Command> {
    let mut command = Command::new(&options.program);
    let url = format!("http://{}", sink.address);
    match to {
        To::Otlp => command.args(["--traces_exporter", "otlp", "--logs_exporter", "otlp"]).args([
            "--exporter_otlp_protocol",
            "http/protobuf",
            "--exporter_otlp_endpoint",
            &url,
        ]),
        To::Azure => command
            .args(["--traces_exporter", "azure", "--logs_exporter", "azure", "--connection_string"])
            .arg(format!("InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint={url}")),
    };
    command.args(arguments).arg("--").arg(std::env::current_exe()?).env(roles::VARIABLE, role);
    Ok(command)
}

impl Agent {
    pub(crate) fn start(options: &Options, sink: &Sink, way: (To, &[&str])) -> Done<Agent> {
        let mut command = otel_run(options, sink, way, roles::STAY)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let destination = Destination::from_line(&line).ok_or("otel-run told its program no endpoint")?;
        let supervisor = child.id() as i32;
        let processes = vec![supervisor, agent_of(supervisor)?];
        Ok(Agent { child, processes, destination })
    }

    /// Another pipeline by its command line.
    pub(crate) fn peer(command: &str, sink: &Sink) -> Done<Agent> {
        // The port is free again when the socket is closed; somebody else could take it, but nobody does.
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let line = command.replace("{listen}", &listen).replace("{sink}", &sink.address.to_string());
        let mut words = line.split_whitespace();
        let mut command = Command::new(words.next().ok_or("an empty command")?);
        let child =
            command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn()?;
        let destination = Destination::new(listen);
        drop(crate::load::connect(&destination.address)?);
        Ok(Agent { processes: os::tree(child.id() as i32), child, destination })
    }

    pub(crate) fn cpu(&self) -> Done<Duration> {
        self.processes.iter().map(|pid| os::cpu(*pid)).sum()
    }

    /// KiB of all processes, each at its largest.
    pub(crate) fn peak(&self) -> Done<u64> {
        self.processes.iter().map(|pid| Ok(os::memory(*pid)?.peak)).sum()
    }
}

/// The child of the supervisor that executes the same file. Its program runs first, at times.
fn agent_of(supervisor: i32) -> Done<i32> {
    let executed = |pid: i32| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        let is_agent = |pid: &i32| executed(*pid) == executed(supervisor);
        if let Some(agent) = os::children(supervisor).into_iter().find(is_agent) {
            return Ok(agent);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("otel-run has no agent".into())
}

impl Drop for Agent {
    fn drop(&mut self) {
        // The staying program ends with its stdin, and otel-run with it. A peer has to be told.
        if self.child.stdin.take().is_none() {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(self.child.id() as i32),
                nix::sys::signal::Signal::SIGTERM,
            );
        }
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
