//! The fault server: an OTLP destination (HTTP/1.1 and gRPC on one port) that does to each
//! request what its script says, and remembers what it received. It is the oracle of the
//! tests: what it has not accepted was not delivered.
//!
//!     let sink = Sink::start();                        // answers 200 to everything
//!     sink.script([Step::status(503), Step::Hang(Point::Reply)]);   // ... after these two
//!     run_something_against(sink.url());
//!     sink.wait(|seen| seen.accepted(Signal::Traces).len() == 100);
//!
//! It runs on a thread of its own with a real clock and real sockets, so that neither a
//! paused clock nor a blocked test holds it up.

mod grpc;
mod http1;
mod script;

pub(crate) use script::{Point, Reply, Step};

use super::batches;
use otel_run::otlp::{Batch, Signal};
use rustls::ServerConfig;
use std::collections::VecDeque;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything in a test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Sink {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Seen>,
    changed: Condvar,
    script: Mutex<VecDeque<Step>>,
}

/// What has arrived so far.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) requests: Vec<Request>,
}

/// A request that arrived completely.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// Names in lower case, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// As sent, without gRPC's prefix.
    pub(crate) body: Vec<u8>,
    /// Decompressed.
    pub(crate) plain: Vec<u8>,
    pub(crate) batch: Batch,
    /// The script let it succeed.
    pub(crate) accepted: bool,
    /// Which connection it came by.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Seen {
    /// The numbers of the items that were accepted, in the order of arrival.
    pub(crate) fn accepted(&self, signal: Signal) -> Vec<u64> {
        self.numbers(signal, |request| request.accepted)
    }

    /// The numbers of all items that ever arrived.
    pub(crate) fn arrived(&self, signal: Signal) -> Vec<u64> {
        self.numbers(signal, |_| true)
    }

    fn numbers(&self, signal: Signal, wanted: impl Fn(&Request) -> bool) -> Vec<u64> {
        let requests = self.requests.iter().filter(|r| r.batch.signal() == signal && wanted(r));
        requests.flat_map(|request| batches::numbers(&request.batch)).collect()
    }
}

impl Sink {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    pub(crate) fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::start_with(Some(config))
    }

    fn start_with(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let (state, stop) = (Arc::new(State::default()), CancellationToken::new());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let thread = std::thread::spawn({
            let (state, stop) = (state.clone(), stop.clone());
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let serve = serve(listener, tls.map(TlsAcceptor::from), state);
                runtime.expect("a runtime").block_on(stop.run_until_cancelled(serve));
            }
        });
        Sink { address, scheme, state, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, with `localhost` for TLS.
    pub(crate) fn url(&self) -> String {
        let host = if self.scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    /// What happens to the next requests; those behind the last step succeed.
    pub(crate) fn script(&self, steps: impl IntoIterator<Item = Step>) {
        *self.state.script() = steps.into_iter().collect();
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.state.seen()
    }

    /// Waits until what has arrived is as wanted; panics after twenty seconds.
    pub(crate) fn wait(&self, wanted: impl Fn(&Seen) -> bool) -> MutexGuard<'_, Seen> {
        let (seen, result) = self
            .state
            .changed
            .wait_timeout_while(self.seen(), PATIENCE, |seen| !wanted(seen))
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        assert!(!result.timed_out(), "{} requests came, but not what was waited for", seen.requests.len());
        seen
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn script(&self) -> MutexGuard<'_, VecDeque<Step>> {
        self.script.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The step for the request that begins now.
    fn step(&self) -> Step {
        self.script().pop_front().unwrap_or(Step::OK)
    }

    /// The step for the connection that begins now, if it does not get as far as a request.
    fn step_at_once(&self) -> Option<Step> {
        let mut script = self.script();
        let at_once = script.front().is_some_and(|step| step.point() == Some(Point::Accept));
        if at_once { script.pop_front() } else { None }
    }

    /// Remembers a request. Panics when it is not OTLP: no test sends what is not.
    fn record(
        &self,
        connection: usize,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        accepted: bool,
    ) {
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let gzip = [header("content-encoding"), header("grpc-encoding")].contains(&Some("gzip"));
        let plain = if gzip { gunzip(&body) } else { body.clone() };
        let signal = Signal::ALL
            .into_iter()
            .find(|signal| path.ends_with(signal.path()) || path == signal.grpc_path())
            .unwrap_or_else(|| panic!("not a path of OTLP: {path}"));
        let protobuf = match header("content-type") {
            Some("application/json") => from_json(signal, &plain),
            _ => plain.clone(),
        };
        let batch = Batch::from_protobuf(signal, protobuf.into()).expect("an OTLP request");
        let path = path.to_owned();
        self.seen().requests.push(Request { path, headers, body, plain, batch, accepted, connection });
        self.changed.notify_all();
    }
}

fn gunzip(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut plain).expect("gzip");
    plain
}

fn from_json(signal: Signal, json: &[u8]) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    };
    use prost::Message;
    fn parse<T: serde::de::DeserializeOwned + Message>(json: &[u8]) -> Vec<u8> {
        serde_json::from_slice::<T>(json).expect("OTLP in JSON").encode_to_vec()
    }
    match signal {
        Signal::Traces => parse::<ExportTraceServiceRequest>(json),
        Signal::Metrics => parse::<ExportMetricsServiceRequest>(json),
        Signal::Logs => parse::<ExportLogsServiceRequest>(json),
    }
}

async fn serve(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let connection = {
            let mut seen = state.seen();
            seen.connections += 1;
            seen.connections
        };
        state.changed.notify_all();
        let (tls, state) = (tls.clone(), state.clone());
        tasks.spawn(async move {
            if let Some(step) = state.step_at_once() {
                return at_once(step, stream).await;
            }
            match tls {
                None => converse(stream, connection, state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, connection, state).await;
                    }
                }
            }
        });
    }
}

async fn at_once(step: Step, mut stream: TcpStream) {
    use tokio::io::AsyncWriteExt;
    match step {
        Step::Hang(_) => std::future::pending().await,
        Step::Reset(_) => return drop(stream.set_zero_linger()),
        Step::Garbage(bytes) => drop(stream.write_all(&bytes).await),
        _ => drop(stream.shutdown().await),
    }
    // What is not read makes a reset of the close.
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// A stream under TLS or not, with a way to end it the hard way.
trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// HTTP/2 begins with a preface that no other protocol begins with.
async fn converse(mut stream: impl Stream, connection: usize, state: Arc<State>) {
    use tokio::io::AsyncReadExt;
    let mut start = [0; 3];
    if stream.read_exact(&mut start).await.is_err() {
        return;
    }
    match &start {
        b"PRI" => grpc::serve(start, stream, connection, state).await,
        _ => http1::serve(start, stream, connection, state).await,
    }
}
