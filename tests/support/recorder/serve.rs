//! HTTP/1.1 by hand, because a good server could not do what the script wants.

use super::answer::{Answer, Reply};
use super::track::{self, Post};
use super::{State, lock};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// As sent.
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_track(&self) -> bool {
        self.method == "POST" && self.path.ends_with("/v2.1/track")
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }
}

pub(super) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
    let mut buffer = Vec::new();
    while let Some((mut request, length)) = read_head(&mut stream, &mut buffer).await {
        let scripted = if request.is_track() { lock(&state.script).pop_front() } else { None };
        if let Some(Answer::Early(reply)) = &scripted {
            let _ = stream.write_all(&render(reply)).await;
            let _ = stream.shutdown().await;
            return;
        }
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        request.body = buffer.drain(..length).collect();
        let reply = match answer(request, scripted, &state) {
            Answer::Reply(reply) | Answer::Early(reply) => reply,
            Answer::Never => return std::future::pending().await,
            Answer::Close | Answer::Partial(_) => return drop(stream.shutdown().await),
        };
        tokio::time::sleep(reply.delay).await;
        if stream.write_all(&render(&reply)).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// Remembers the request and decides.
fn answer(request: Request, scripted: Option<Answer>, state: &State) -> Answer {
    let tokens = lock(&state.tokens).clone();
    let token = request.token().map(str::to_owned);
    let known = tokens.is_none_or(|known| token.is_some_and(|token| known.contains(&token)));
    if !request.is_track() {
        let answer = lock(&state.pages).iter().find_map(|page| page(&request));
        lock(&state.seen).others.push(request);
        state.changed.notify_all();
        return answer.unwrap_or_else(|| Answer::status(404));
    }
    let (post, answer) = match scripted {
        None if !known => (Post::new(request, 401), Answer::refusal(401, "Unauthorized")),
        None => track::judge(request, None),
        Some(Answer::Partial(faults)) => track::judge(request, Some(faults)),
        Some(answer) => {
            let status = match &answer {
                Answer::Reply(reply) | Answer::Early(reply) => reply.status,
                _ => 0,
            };
            (Post::new(request, status), answer)
        }
    };
    lock(&state.seen).posts.push(post);
    state.changed.notify_all();
    answer
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<(Request, usize)> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let text = String::from_utf8(buffer.drain(..end + 4).collect()).expect("a head in UTF-8");
    let mut lines = text.trim_end().split("\r\n");
    let mut words = lines.next().expect("a request line").split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').expect("a header"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = match length {
        Some((_, value)) => value.parse().expect("a number"),
        None => {
            assert!(method != "POST", "a POST without a known length");
            0
        }
    };
    Some((Request { method, path, headers, body: Vec::new() }, length))
}

fn render(reply: &Reply) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} X\r\n", reply.status);
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 204 && !reply.headers.iter().any(|(name, _)| name == "content-length") {
        text.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    [text.as_bytes(), b"\r\n", &reply.body].concat()
}
