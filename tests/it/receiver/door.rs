//! A receiver in this process, and what came out behind it.

use otel_run::account::Account;
use otel_run::export::{Exporter, Outcome, Parcel, Pipeline, Sender};
use otel_run::otlp::{PerSignal, Signal};
use otel_run::receive::Receiver;
use otel_run::settings::QueueSettings;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(super) const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// Longest wait for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) account: Arc<Account>,
    delivered: Arc<Delivered>,
    drain: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Duration>>,
}

#[derive(Default)]
struct Delivered {
    requests: Mutex<Vec<(Signal, Vec<u8>)>>,
    arrived: Condvar,
}

struct Recorder {
    delivered: Arc<Delivered>,
    destination: Destination,
}

/// What is behind the receiver.
#[derive(Clone, Copy)]
enum Destination {
    Ready,
    /// Takes one request after the other.
    Slow,
    /// Never answers: what was taken stays in the queue.
    Stuck,
}

impl Exporter for Recorder {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        match self.destination {
            Destination::Ready => {}
            Destination::Slow => tokio::time::sleep(Duration::from_millis(5)).await,
            Destination::Stuck => std::future::pending().await,
        }
        let mut requests = self.delivered.requests.lock().unwrap();
        requests.extend(parcel.batches.iter().map(|batch| (parcel.signal, batch.bytes().to_vec())));
        self.delivered.arrived.notify_all();
        Outcome::DELIVERED
    }
}

impl Door {
    pub(super) fn open() -> Door {
        Self::before(Destination::Ready)
    }

    /// A receiver before a destination that hangs, with room for one request.
    pub(super) fn full() -> Door {
        Self::before(Destination::Stuck)
    }

    /// A receiver before a destination that is slower than its clients, with room for one
    /// request.
    pub(super) fn slow() -> Door {
        Self::before(Destination::Slow)
    }

    fn before(destination: Destination) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let account = Account::new();
        let delivered = Arc::new(Delivered::default());
        let (drain, drained) = oneshot::channel();
        let (books, recorded) = (account.clone(), delivered.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let routes = PerSignal::from_fn(|signal| {
                    let recorder = Recorder { delivered: recorded.clone(), destination };
                    let queue = QueueSettings {
                        max_bytes: if matches!(destination, Destination::Ready) { 64 << 20 } else { 1 },
                        max_items: None,
                        parcel_bytes: 1,
                        parcel_items: None,
                        delay: Duration::ZERO,
                    };
                    vec![Sender::start(recorder, queue, books.ledger(signal.name()))]
                });
                let pipeline = Pipeline::new(routes, books.clone());
                let receiver = Receiver::start(vec![listener], TOKEN.into(), pipeline.clone()).unwrap();
                let _ = drained.await;
                let start = Instant::now();
                receiver.drain(tokio::time::Instant::now() + PATIENCE).await;
                let took = start.elapsed();
                pipeline.drain(tokio::time::Instant::now() + Duration::from_secs(1)).await;
                took
            })
        });
        Door { address, account, delivered, drain: Some(drain), thread: Some(thread) }
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes on a connection of their own and reads one reply.
    pub(super) fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A peer that answers before it has read everything may close.
        let _ = stream.write_all(bytes);
        Reply::read(&mut stream)
    }

    /// A request of the usual headers and those of `more`.
    pub(super) fn request(&self, path: &str, more: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let usual = [
            ("host", self.address.to_string()),
            ("x-otel-run-token", TOKEN.to_owned()),
            ("content-type", "application/x-protobuf".to_owned()),
            ("content-length", body.len().to_string()),
        ];
        let mut bytes = format!("POST {path} HTTP/1.1\r\n");
        for (name, value) in &usual {
            if !more.iter().any(|(other, _)| other == name) {
                bytes.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for (name, value) in more.iter().filter(|(_, value)| *value != "-") {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        [bytes.as_bytes(), b"\r\n", body].concat()
    }

    pub(super) fn post(&self, path: &str, more: &[(&str, &str)], body: &[u8]) -> Reply {
        self.raw(&self.request(path, more, body))
    }

    /// Waits until `count` requests came out, and returns them.
    pub(super) fn delivered(&self, count: usize) -> Vec<(Signal, Vec<u8>)> {
        let requests = self.delivered.requests.lock().unwrap();
        let wait = self.delivered.arrived.wait_timeout_while(requests, PATIENCE, |got| got.len() < count);
        let requests = wait.unwrap().0.clone();
        assert_eq!(requests.len(), count, "requests delivered");
        requests
    }

    /// Drains the receiver; how long that took, and everything that was delivered.
    pub(super) fn close(mut self) -> (Duration, Vec<(Signal, Vec<u8>)>) {
        let _ = self.drain.take().unwrap().send(());
        let took = self.thread.take().unwrap().join().unwrap();
        (took, self.delivered.requests.lock().unwrap().clone())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        drop(self.drain.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether the peer ends the connection, in order and without another byte.
pub(super) fn closed(stream: &mut TcpStream) -> bool {
    // Not `read`: see [`Reply::read`].
    stream.read_exact(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::UnexpectedEof)
}

/// A reply of HTTP/1.1.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// The peer ended the connection behind it, in order.
    pub(super) closed: bool,
}

impl Reply {
    pub(super) fn read(stream: &mut TcpStream) -> Reply {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            // Not `read`: with a timeout on the socket a signal ends that early, whatever its handler.
            match stream.read_exact(&mut byte) {
                Ok(()) => bytes.push(byte[0]),
                other => panic!("no complete reply: {other:?} after {:?}", String::from_utf8_lossy(&bytes)),
            }
        }
        let head = String::from_utf8(bytes).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new(), closed: false };
        let length: usize = reply.header("content-length").unwrap().parse().unwrap();
        reply.body.resize(length, 0);
        stream.read_exact(&mut reply.body).unwrap();
        if reply.header("connection").is_some_and(|value| value == "close") {
            reply.closed = closed(stream);
        }
        reply
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
