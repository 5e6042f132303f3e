//! A web server that runs under otel-run.

use crate::support::process::{Finished, Process, eventually};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

pub(crate) struct Server {
    pub(crate) process: Process,
    /// `127.0.0.1:PORT`
    pub(super) address: String,
}

impl Server {
    /// Starts a server that chooses its port and announces it as `http://127.0.0.1:PORT`.
    pub(crate) fn start(command: &mut Command) -> Server {
        let mut process = Process::start(command);
        let said = process.until_stderr("http://127.0.0.1:");
        let rest = said.split("http://127.0.0.1:").nth(1).unwrap_or_default().to_owned();
        // The line may have come in two pieces.
        let said = if rest.bytes().all(|b| b.is_ascii_digit()) { process.until_stderr("\n") } else { said };
        let rest = said.split("http://127.0.0.1:").nth(1).unwrap_or_default();
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let address = format!("127.0.0.1:{port}");
        // Some announce what their workers are about to do.
        eventually("a connection", || TcpStream::connect(&address).ok());
        Server { process, address }
    }

    /// The body of a response with status 200; panics at any other.
    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    /// Requests `/pid` until `count` different processes have answered: their pids, and how many
    /// requests it took.
    pub(crate) fn pids(&self, count: usize) -> (Vec<i32>, usize) {
        let mut pids = Vec::new();
        let mut requests = 0;
        let address = self.address.as_str();
        eventually("an answer of every worker", || {
            let answers: Vec<String> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| get(address, "/pid"))).collect();
                threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
            });
            requests += answers.len();
            pids.extend(answers.iter().filter_map(|answer| answer.trim().parse::<i32>().ok()));
            pids.sort_unstable();
            pids.dedup();
            (pids.len() >= count).then_some(())
        });
        (pids, requests)
    }

    /// Stops the server as an operator would.
    pub(crate) fn stop(self, signal: Signal) -> Finished {
        self.process.signal(signal);
        self.process.finish()
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(" 200 "), "{head}");
    body.to_owned()
}
