//! The recorder: stands in for Azure Monitor. It takes `POST …/v2.1/track`, refuses what the
//! schema refuses, answers as its script says, and keeps what it took for assertions.
//!
//!     let recorder = Recorder::start();
//!     recorder.script([Answer::status(503).header("retry-after", "1"), Answer::Never]);   // then as Azure does
//!     run_something_with(recorder.connection_string());
//!     let seen = recorder.wait(|seen| seen.of("RequestData").len() == 2);
//!
//! Without a script it judges as the service does: 200 when every envelope is right, 206 with the
//! faults by index when some are wrong, 400 when all are. It serves on a thread of its own, with a
//! real clock and real sockets. Other requests (Live Metrics, tokens) are answered by what
//! [`Recorder::page`] was given.

mod answer;
mod check;
mod json;
mod live;
mod serve;
mod track;

pub(crate) use answer::{Answer, Fault};
pub(crate) use check::check;
pub(crate) use live::Portal;
pub(crate) use serve::Request;
pub(crate) use track::{Form, Post};

use rustls::ServerConfig;
use serde_json::Value;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// The only instrumentation key that is known here.
pub(crate) const KEY: &str = "11111111-2222-3333-4444-555555555555";

/// Longest wait for anything in a test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Recorder {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Answers a request of its path; `None` leaves it to the next one.
pub(crate) type Page = Box<dyn Fn(&Request) -> Option<Answer> + Send + Sync>;

#[derive(Default)]
struct State {
    seen: Mutex<Seen>,
    changed: Condvar,
    script: Mutex<VecDeque<Answer>>,
    /// Bearer tokens that are accepted; `None`: nobody has to show one.
    tokens: Mutex<Option<Vec<String>>>,
    pages: Mutex<Vec<Page>>,
}

/// What has arrived so far.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// Requests to the track API.
    pub(crate) posts: Vec<Post>,
    /// All other requests.
    pub(crate) others: Vec<Request>,
}

impl Seen {
    /// The envelopes that were accepted, in the order of arrival.
    pub(crate) fn envelopes(&self) -> Vec<&Value> {
        self.posts.iter().flat_map(Post::accepted).collect()
    }

    /// Those with this `baseType`.
    pub(crate) fn of(&self, base_type: &str) -> Vec<&Value> {
        self.envelopes().into_iter().filter(|envelope| envelope["data"]["baseType"] == base_type).collect()
    }

    /// What was wrong with envelopes that came, whatever was answered.
    pub(crate) fn faults(&self) -> Vec<&str> {
        self.posts.iter().flat_map(|post| &post.envelopes).filter_map(|came| came.fault.as_deref()).collect()
    }
}

impl Recorder {
    pub(crate) fn start() -> Self {
        Self::serve("127.0.0.1:0", None).expect("a port")
    }

    pub(crate) fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::serve("127.0.0.1:0", Some(config)).expect("a port")
    }

    pub(crate) fn serve(address: &str, tls: Option<Arc<ServerConfig>>) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (state, stop) = (Arc::new(State::default()), CancellationToken::new());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let thread = std::thread::spawn({
            let (state, stop) = (state.clone(), stop.clone());
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let serve = accept(listener, tls.map(TlsAcceptor::from), state);
                runtime.expect("a runtime").block_on(stop.run_until_cancelled(serve));
            }
        });
        Ok(Recorder { address, scheme, state, stop, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, with `localhost` for TLS.
    pub(crate) fn url(&self) -> String {
        let host = if self.scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a user would set.
    pub(crate) fn connection_string(&self) -> String {
        let url = self.url();
        format!("InstrumentationKey={KEY};IngestionEndpoint={url}/;LiveEndpoint={url}/")
    }

    /// What is answered to the next requests to the track API; those behind are judged.
    pub(crate) fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        *lock(&self.state.script) = answers.into_iter().collect();
    }

    /// Refuses requests that show none of these bearer tokens (401).
    pub(crate) fn require_tokens(&self, tokens: &[&str]) {
        *lock(&self.state.tokens) = Some(tokens.iter().map(|token| (*token).to_owned()).collect());
    }

    /// Answers requests that are not for the track API.
    pub(crate) fn page(&self, page: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) {
        lock(&self.state.pages).push(Box::new(page));
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.state.seen)
    }

    /// Waits until what has arrived is as wanted; panics after twenty seconds.
    pub(crate) fn wait(&self, wanted: impl Fn(&Seen) -> bool) -> MutexGuard<'_, Seen> {
        let (seen, result) = self
            .state
            .changed
            .wait_timeout_while(self.seen(), PATIENCE, |seen| !wanted(seen))
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        assert!(
            !result.timed_out(),
            "{} posts with {} envelopes came, but not what was waited for; faults: {:?}",
            seen.posts.len(),
            seen.envelopes().len(),
            seen.faults()
        );
        seen
    }

    /// Waits for the next post behind `known` ones, for as long as it takes.
    pub(crate) fn next(&self, known: usize) -> Post {
        let seen = self
            .state
            .changed
            .wait_while(self.seen(), |seen| seen.posts.len() <= known)
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        seen.posts[known].clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

async fn accept(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        lock(&state.seen).connections += 1;
        state.changed.notify_all();
        let (tls, state) = (tls.clone(), state.clone());
        tasks.spawn(async move {
            match tls {
                None => serve::serve(stream, state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve::serve(stream, state).await;
                    }
                }
            }
        });
    }
}
