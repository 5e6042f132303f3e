//! The backend: takes requests of OTLP/HTTP and of Azure's track API, counts the spans in them,
//! forgets them.

use crate::Done;
use crate::load::{find, header};
use flate2::read::MultiGzDecoder;
use otel_run::otlp::{Signal, wire};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What came in.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    /// Of bodies, as they were on the wire.
    pub(crate) bytes: AtomicU64,
    pub(crate) spans: AtomicU64,
}

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    pub(crate) counts: Arc<Counts>,
}

impl Sink {
    /// Listens on a port of its own until the process ends.
    pub(crate) fn start() -> Done<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, counts) = (listener.local_addr()?, Arc::new(Counts::default()));
        let shared = counts.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let counts = shared.clone();
                thread::spawn(move || {
                    // The other side has gone: nothing more to count.
                    let _ = serve(connection, &counts);
                });
            }
        });
        Ok(Sink { address, counts })
    }

    pub(crate) fn spans(&self) -> u64 {
        self.counts.spans.load(Ordering::Acquire)
    }

    /// Waits until there are `spans`, or nothing has come for a while; how many there are.
    pub(crate) fn wait_for(&self, spans: u64) -> u64 {
        let (mut last, mut since) = (self.spans(), Instant::now());
        while last < spans && since.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
            let now = self.spans();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }
}

fn serve(connection: TcpStream, counts: &Counts) -> Done {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256 * 1024, connection.try_clone()?);
    let mut writer = connection;
    loop {
        let mut head = Vec::new();
        while find(&head, b"\r\n\r\n").is_none() {
            if reader.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let body = match header(&head, "content-length") {
            Some(length) => exactly(&mut reader, length.parse()?)?,
            None => chunks(&mut reader)?,
        };
        counts.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let path = head.split(' ').nth(1).unwrap_or_default();
        if path.ends_with("/traces") || path.ends_with("/track") {
            let plain = match header(&head, "content-encoding") {
                Some("gzip") => {
                    let mut plain = Vec::new();
                    MultiGzDecoder::new(&body[..]).read_to_end(&mut plain)?;
                    plain
                }
                _ => body,
            };
            let track = path.ends_with("/track");
            let spans = match track {
                true => envelopes_of_spans(&plain),
                false => wire::count_items(Signal::Traces, &plain)?,
            };
            counts.spans.fetch_add(spans, Ordering::Release);
            if track {
                // Nobody compares the number with what was sent.
                let body = "{\"itemsReceived\":1,\"itemsAccepted\":1,\"errors\":[]}";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8";
                write!(writer, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
                continue;
            }
        }
        writer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
}

/// Each span is an envelope of one of two kinds, in lines or in an array.
fn envelopes_of_spans(envelopes: &[u8]) -> u64 {
    let count = |wanted: &[u8]| {
        let (mut rest, mut count) = (envelopes, 0);
        while let Some(at) = find(rest, wanted) {
            rest = &rest[at + wanted.len()..];
            count += 1;
        }
        count
    };
    count(b"\"RequestData\"") + count(b"\"RemoteDependencyData\"")
}

fn exactly(reader: &mut impl Read, length: usize) -> Done<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn chunks(reader: &mut impl BufRead) -> Done<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16)?;
        body.extend(exactly(reader, length)?);
        exactly(reader, 2)?;
        if length == 0 {
            return Ok(body);
        }
    }
}
