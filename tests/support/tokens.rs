//! A stand-in for whoever hands out tokens: Entra, App Service, Azure Arc, a virtual machine.
//! What it answers is the test's business; it keeps what it was asked.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(crate) struct Tokens {
    address: SocketAddr,
    seen: Arc<Seen>,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Seen(Mutex<Vec<Asked>>);

/// A request, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded, in their order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case, without those of every client.
    pub(crate) headers: Vec<(String, String)>,
    /// Decoded, in their order.
    pub(crate) form: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn of_form(&self, name: &str) -> &str {
        self.form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    hangs: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Reply {
        Reply { status, headers: Vec::new(), body: body.into(), hangs: false }
    }

    /// A token as Entra gives it.
    pub(crate) fn token(token: &str, seconds: u64) -> Reply {
        let ext = seconds * 2;
        Reply::new(
            200,
            format!(
                r#"{{"token_type":"Bearer","expires_in":{seconds},"ext_expires_in":{ext},"access_token":"{token}"}}"#
            ),
        )
    }

    /// A token as managed identities give it.
    pub(crate) fn managed(token: &str, seconds: u64) -> Reply {
        let end = std::time::SystemTime::now() + Duration::from_secs(seconds);
        let end = end.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        let body = format!(
            r#"{{"access_token":"{token}","expires_on":"{end}","resource":"r","token_type":"Bearer","client_id":"c"}}"#
        );
        Reply::new(200, body)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Never comes.
    pub(crate) fn hang() -> Reply {
        Reply { hangs: true, ..Reply::new(200, "") }
    }
}

impl Tokens {
    /// Answers the request of this number, from 0, as `judge` says.
    pub(crate) fn start(judge: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Tokens {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let (seen, stop) = (Arc::new(Seen::default()), CancellationToken::new());
        let thread = std::thread::spawn({
            let (seen, stop) = (seen.clone(), stop.clone());
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let serve = serve(listener, Arc::new(judge), seen);
                runtime.expect("a runtime").block_on(stop.run_until_cancelled(serve));
            }
        });
        Tokens { address, seen, stop, thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.lock().clone()
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn record(&self, asked: Asked) -> usize {
        let mut all = self.lock();
        all.push(asked);
        all.len() - 1
    }
}

type Judge = dyn Fn(usize, &Asked) -> Reply + Send + Sync;

async fn serve(listener: std::net::TcpListener, judge: Arc<Judge>, seen: Arc<Seen>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (judge, seen) = (judge.clone(), seen.clone());
        tasks.spawn(async move {
            let answer = |request| answer(request, judge.clone(), seen.clone());
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    judge: Arc<Judge>,
    seen: Arc<Seen>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let common = ["host", "content-length"];
    let headers = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or_default()),
        headers: headers.filter(|(name, _)| !common.contains(&name.as_str())).collect(),
        form: pairs(std::str::from_utf8(&body).expect("a form")),
    };
    let number = seen.record(asked.clone());
    let reply = judge(number, &asked);
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status).header("content-type", "application/json");
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(reply.body)).expect("a reply"))
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'%' => {
                    let digits = [rest.next(), rest.next()].map(|digit| digit.expect("two digits"));
                    let digits = std::str::from_utf8(&digits).expect("digits").to_owned();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("hexadecimal"));
                }
                b'+' => panic!("a plus sign means a blank to some: {text}"),
                byte => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (decoded(name), decoded(value)));
    text.split('&').filter(|text| !text.is_empty()).map(|text| pair(text).expect("a pair")).collect()
}
