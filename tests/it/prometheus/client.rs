//! A client that sends any bytes and reads what comes back.

use flate2::read::GzDecoder;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Reply {
    /// Status line and headers, in lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.header("content-encoding") == Some("gzip") {
            GzDecoder::new(self.body.as_slice()).read_to_string(&mut text).expect("gzip");
        } else {
            text = String::from_utf8(self.body.clone()).expect("UTF-8");
        }
        text
    }
}

/// Sends bytes, and reads until the other side closes.
pub(super) fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    // It may be closed before everything is sent.
    let _ = stream.write_all(request);
    let mut all = Vec::new();
    let read = stream.read_to_end(&mut all);
    let end = all.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else { return read.and(Err(io::ErrorKind::UnexpectedEof.into())) };
    let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
    Ok(Reply { head, body: all[end + 4..].to_vec() })
}

pub(super) fn get(address: SocketAddr, headers: &str) -> Reply {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
    exchange(address, request.as_bytes()).expect("a reply")
}
