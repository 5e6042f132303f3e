//! HTTP/1.1 by hand, because a good server could not do what the script wants.

use super::script::{Point, Reply, Step};
use super::{State, Stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Head {
    path: String,
    headers: Vec<(String, String)>,
    length: usize,
}

pub(super) async fn serve(start: [u8; 3], mut stream: impl Stream, connection: usize, state: Arc<State>) {
    let mut buffer = start.to_vec();
    while let Some(head) = read_head(&mut stream, &mut buffer).await {
        let step = state.step();
        if step.point() == Some(Point::Headers) {
            return fail(step, stream).await;
        }
        while buffer.len() < head.length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = buffer.drain(..head.length).collect();
        state.record(connection, &head.path, head.headers, body, step.accepts());
        let kept = match step {
            Step::Reply(reply) => {
                tokio::time::sleep(reply.delay).await;
                stream.write_all(&render(&reply)).await.is_ok()
            }
            Step::Drip(reply) => drip(&mut stream, &render(&reply)).await,
            Step::Endless => endless(&mut stream).await,
            step => {
                if step.point() == Some(Point::Body) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n").await;
                    let _ = stream.flush().await;
                }
                return fail(step, stream).await;
            }
        };
        if !kept {
            return;
        }
    }
}

async fn read_head(stream: &mut impl Stream, buffer: &mut Vec<u8>) -> Option<Head> {
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
    let request = lines.next().expect("a request line");
    assert!(request.starts_with("POST ") && request.ends_with(" HTTP/1.1"), "{request}");
    let path = request.split(' ').nth(1).expect("a path").to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').expect("a header"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.expect("a known length").1.parse().expect("a number");
    Some(Head { path, headers, length })
}

fn render(reply: &Reply) -> Vec<u8> {
    let status = if reply.status == 0 { 200 } else { reply.status };
    let mut text = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !reply.headers.iter().any(|(name, _)| name == "content-length") {
        text.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    [text.as_bytes(), b"\r\n", &reply.body].concat()
}

async fn drip(stream: &mut impl Stream, bytes: &[u8]) -> bool {
    for byte in bytes {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
            return false;
        }
    }
    true
}

async fn endless(stream: &mut impl Stream) -> bool {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n").await;
    while stream.write_all(&[0; 4096]).await.is_ok() {}
    false
}

async fn fail(step: Step, mut stream: impl Stream) {
    match step {
        Step::Hang(_) => std::future::pending().await,
        Step::Reset(_) => drop(stream.tcp().set_zero_linger()),
        Step::Early(reply) => {
            let _ = stream.write_all(&render(&reply)).await;
            let _ = stream.shutdown().await;
        }
        _ => drop(stream.shutdown().await),
    }
}
