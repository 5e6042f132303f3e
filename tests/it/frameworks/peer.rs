//! The service that every application calls: answers `200`, and remembers who called.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(super) struct Peer {
    port: u16,
    /// What came as `traceparent`, one for each call.
    called: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    pub(super) fn start() -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let called = Arc::new(Mutex::new(Vec::new()));
        let calls = called.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let calls = calls.clone();
                std::thread::spawn(move || answer(&stream, &calls));
            }
        });
        Peer { port, called }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/price", self.port)
    }

    pub(super) fn called(&self) -> Vec<String> {
        self.called.lock().expect("no panic").clone()
    }
}

fn answer(mut stream: &TcpStream, calls: &Mutex<Vec<String>>) {
    let mut traceparent = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("traceparent") => {
                traceparent = value.trim().to_owned();
            }
            None if line.is_empty() => break,
            _ => {}
        }
    }
    calls.lock().expect("no panic").push(traceparent);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n1");
}
