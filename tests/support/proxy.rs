//! A proxy that knows CONNECT alone, leads everybody to one place, and remembers where they wanted
//! to go.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `CONNECT host:port`, or what came instead.
    pub(crate) request: String,
    /// `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

impl Proxy {
    /// Answers with `status`; 200 leads to `upstream`.
    pub(crate) fn start(upstream: SocketAddr, status: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let shared = asked.clone();
        // Lives as long as the test process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let asked = shared.clone();
                thread::spawn(move || lead(connection, upstream, status, &asked));
            }
        });
        Proxy { address, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn lead(
    client: TcpStream,
    upstream: SocketAddr,
    status: u16,
    asked: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let authorization =
        lines.iter().find_map(|line| line.strip_prefix("Proxy-Authorization: ")).map(str::to_owned);
    let request = lines.first().and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap_or_default();
    asked.lock().expect("no panic").push(Asked { request: request.to_owned(), authorization });
    let mut writer = client;
    if status != 200 {
        return write!(writer, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let server = TcpStream::connect(upstream)?;
    write!(writer, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    let back = (server.try_clone()?, writer.try_clone()?);
    thread::spawn(move || copy(back.0, back.1));
    copy(reader, server)
}

fn copy(mut from: impl Read, mut to: TcpStream) -> std::io::Result<()> {
    let copied = std::io::copy(&mut from, &mut to);
    to.shutdown(Shutdown::Write)?;
    copied.map(drop)
}
