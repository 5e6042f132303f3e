//! A web server of these tests, with or without otel-run.

use crate::support::process::{Finished, Process};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// What a caller says of the trace that it belongs to.
pub(super) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(super) const CALLER: &str = "b7ad6b7169203331";

pub(super) struct Server {
    pub(super) process: Process,
    address: String,
}

impl Server {
    /// Starts a server that tells its address on stderr.
    pub(super) fn start(command: &mut Command) -> Server {
        let mut process = Process::start(command);
        let mark = "http://127.0.0.1:";
        let address = loop {
            // The line may come in two pieces.
            let said = process.until_stderr(mark);
            let rest = said.split(mark).nth(1).unwrap_or_default();
            if let Some((port, _)) = rest.split_once('\n') {
                break format!("127.0.0.1:{}", port.trim());
            }
            std::thread::sleep(Duration::from_millis(1));
            process.until_stderr(&format!("{mark}{rest}"));
        };
        Server { process, address }
    }

    /// Starts a server that will listen on `port`.
    pub(super) fn on(command: &mut Command, port: u16) -> Server {
        let running = crate::frameworks::Running::start(command, port);
        Server { process: running.process, address: format!("127.0.0.1:{port}") }
    }

    /// Status and body of the answer to a request that belongs to [`TRACE`].
    pub(super) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.ask(path);
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        let status = response.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, response.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Sends the request and leaves the answer to the caller.
    pub(super) fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the server");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: shop.example\r\nuser-agent: test\r\nconnection: close\r\n\
             traceparent: 00-{TRACE}-{CALLER}-01\r\ntracestate: a=b\r\nbaggage: user=ann\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("a request");
        stream
    }

    pub(super) fn stop(self, signal: Signal) -> Finished {
        self.process.signal(signal);
        self.process.finish()
    }
}
