//! The sender: HTTP/1.1 over connections that stay open, as fast as answers come.

use crate::{Done, Failure};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// As many as a few workers of a server have.
const CONNECTIONS: usize = 4;

const PATIENCE: Duration = Duration::from_secs(20);

/// Where OTLP/HTTP requests go.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) address: String,
    /// `name: value`, when one is asked for.
    header: Option<String>,
}

impl Destination {
    pub(crate) fn new(address: String) -> Destination {
        Destination { address, header: None }
    }

    /// What the target of otel-run is told.
    pub(crate) fn of_environment() -> Option<Destination> {
        let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok()?;
        let address = endpoint.strip_prefix("http://")?.trim_end_matches('/').to_owned();
        let headers = std::env::var("OTEL_EXPORTER_OTLP_HEADERS").ok();
        let header = headers
            .and_then(|list| list.split(',').next()?.split_once('=').map(|(n, v)| format!("{n}: {v}")));
        Some(Destination { address, header })
    }

    pub(crate) fn to_line(&self) -> String {
        format!("{}|{}", self.address, self.header.as_deref().unwrap_or_default())
    }

    pub(crate) fn from_line(line: &str) -> Option<Destination> {
        let (address, header) = line.trim().split_once('|')?;
        let header = (!header.is_empty()).then(|| header.to_owned());
        Some(Destination { address: address.to_owned(), header })
    }

    fn request(&self, body: &[u8]) -> Vec<u8> {
        let header = self.header.as_ref().map(|header| format!("{header}\r\n")).unwrap_or_default();
        let mut request = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\n{header}content-length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }

    pub(crate) fn send_one(&self, body: &[u8]) -> Done {
        match exchange(&mut connect(&self.address)?, &self.request(body))? {
            200..300 => Ok(()),
            status => Err(format!("answer {status} from {}", self.address).into()),
        }
    }

    /// Sends each of `bodies` in turn, `count` requests in all. Answers how often the other
    /// side asked for patience (429, 503).
    pub(crate) fn flood(&self, bodies: &[Vec<u8>], count: usize) -> Done<usize> {
        let requests: Vec<Vec<u8>> = bodies.iter().map(|body| self.request(body)).collect();
        let (next, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || -> Result<(), String> {
            let mut connection = connect(&self.address).map_err(|e| e.to_string())?;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= count {
                    return Ok(());
                }
                loop {
                    match exchange(&mut connection, &requests[place % requests.len()])
                        .map_err(|e| e.to_string())?
                    {
                        200..300 => break,
                        429 | 503 => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            thread::sleep(Duration::from_millis(5));
                        }
                        status => return Err(format!("answer {status} from {}", self.address)),
                    }
                }
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(done) => done.map_err(Failure::from),
                Err(_) => Err("a sender panicked".into()),
            })
        })?;
        Ok(refused.into_inner())
    }
}

/// Asks for `/` of an application for `time` over `connections`; how many answers came.
pub(crate) fn browse(address: &str, connections: usize, time: Duration) -> Done<usize> {
    let request = format!("GET /items/7?q=x HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n").into_bytes();
    let end = Instant::now() + time;
    let work = || -> Result<usize, String> {
        let mut connection = connect(address).map_err(|e| e.to_string())?;
        let mut answers = 0;
        while Instant::now() < end {
            match exchange(&mut connection, &request).map_err(|e| e.to_string())? {
                200 => answers += 1,
                status => return Err(format!("answer {status} from the application")),
            }
        }
        Ok(answers)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_fold(0, |sum, worker| match worker.join() {
            Ok(answers) => answers.map(|answers| sum + answers).map_err(Failure::from),
            Err(_) => Err("a browser panicked".into()),
        })
    })
}

/// Waits for the first answer of an application.
pub(crate) fn first(address: &str) -> Done {
    let request = format!("GET /items/7 HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    exchange(&mut connect(address)?, request.as_bytes())?;
    Ok(())
}

/// Waits until somebody listens there.
pub(crate) fn connect(address: &str) -> Done<TcpStream> {
    let end = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address) {
            Ok(connection) => {
                connection.set_nodelay(true)?;
                connection.set_read_timeout(Some(PATIENCE))?;
                return Ok(connection);
            }
            Err(e) if Instant::now() > end => return Err(format!("{address}: {e}").into()),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// One request, one answer; its status.
fn exchange(connection: &mut TcpStream, request: &[u8]) -> Done<u16> {
    connection.write_all(request)?;
    let mut answer = Vec::with_capacity(512);
    let mut piece = [0; 4096];
    let end = loop {
        if let Some(end) = find(&answer, b"\r\n\r\n") {
            break end + 4;
        }
        match connection.read(&mut piece)? {
            0 => return Err("the connection ended within an answer".into()),
            read => answer.extend_from_slice(&piece[..read]),
        }
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    let mut rest =
        header(&head, "content-length").and_then(|n| n.parse().ok()).unwrap_or(0) + end - answer.len();
    while rest > 0 {
        match connection.read(&mut piece)? {
            0 => return Err("the connection ended within an answer".into()),
            read => rest = rest.saturating_sub(read),
        }
    }
    Ok(status)
}

/// The value of a header; `head` is in small letters.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
