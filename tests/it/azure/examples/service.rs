//! A server of an example under otel-run.

use super::process::{self, Finished, Process, eventually};
use crate::support::recorder::Recorder;
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(super) struct Service {
    process: Process,
    port: u16,
}

/// `words` with `bin` in front of PATH, in `folder`, sending to `recorder`.
pub(super) fn command(words: &[&str], folder: &Path, bin: &Path, recorder: &Recorder) -> Command {
    let mut command = process::bare(words);
    let mut path = bin.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(folder).env("PATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("APPLICATIONINSIGHTS_CONNECTION_STRING", recorder.connection_string());
    command
}

impl Service {
    /// Starts a server that will listen on `port`, and waits until it does.
    pub(super) fn start(command: &mut Command, port: u16) -> Service {
        let process = Process::start(command);
        eventually("a connection", || TcpStream::connect(("127.0.0.1", port)).ok());
        Service { process, port }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The status of the answer to a GET request.
    pub(super) fn get(&self, path: &str) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: shop.example\r\nuser-agent: test\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }

    /// Stops it as an operator would.
    pub(super) fn stop(self) -> Finished {
        self.process.signal(Signal::SIGTERM);
        self.process.finish()
    }
}
