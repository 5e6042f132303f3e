//! An OTLP/HTTP server that keeps what it gets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

pub(super) struct Sink {
    address: String,
    requests: Requests,
}

impl Sink {
    pub(super) fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let requests = Requests::default();
        let kept = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                thread::spawn(move || while answer(&stream, &kept).is_some() {});
            }
        });
        Sink { address, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came in on a path, in order.
    pub(super) fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let requests = self.requests.lock().expect("no panic");
        requests.iter().filter(|(to, _)| to == path).map(|(_, body)| body.clone()).collect()
    }
}

/// One request; `None` at the end of the connection.
fn answer(stream: &TcpStream, kept: &Requests) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    kept.lock().ok()?.push((path, body));
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}
