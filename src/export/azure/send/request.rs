//! One request to the track API, redirects included.

use super::post::Post;
use super::redirect::{self, CHAIN, Lead, Target};
use super::verdict::{SLOW, Verdict, judge};
use crate::export::excerpt;
use crate::export::exchange::body::Chunks;
use crate::export::exchange::{failure, reply};
use crate::export::https::Client;
use ::http::{HeaderValue, Method, Request, Uri, header};
use bytes::Bytes;
use hyper_util::client::legacy::connect::capture_connection;
use std::sync::Arc;
use std::time::Duration;

/// Longest reply that is read: a fault for each envelope of a request.
const LONGEST_REPLY: usize = 1 << 20;

pub(super) enum Attempt {
    Answered { verdict: Verdict, place: String },
    Failed { failure: failure::Failure, sent: bool, place: String },
}

/// Sends a post to where the service is at present.
pub(super) async fn send(
    client: &Client<Chunks>,
    target: &Target,
    post: &Post,
    token: Option<HeaderValue>,
    timeout: Duration,
) -> Attempt {
    let mut uri = target.now();
    let mut holds = None;
    for _ in 0..=CHAIN {
        let place = place(&uri);
        let (head, reply) = match exchange(client, &uri, post, token.as_ref(), timeout).await {
            Ok(answer) => answer,
            Err((failure, sent)) => return Attempt::Failed { failure, sent, place },
        };
        let verdict = judge(head.status, &head.headers, &reply, token.is_some());
        if verdict != Verdict::Redirect {
            if let Some(holds) = holds {
                target.moved_to(uri, holds);
            }
            return Attempt::Answered { verdict, place };
        }
        match redirect::lead(&uri, &head.headers) {
            Lead::To(to, for_so_long) => {
                holds = Some(holds.map_or(for_so_long, |before: Duration| before.min(for_so_long)));
                uri = to;
            }
            Lead::Astray(location) => {
                let message = format!(
                    "HTTP {}: redirected to {:?}, which is not followed: no address of the same service",
                    head.status.as_u16(),
                    excerpt(&location)
                );
                return Attempt::Answered { verdict: later(message), place };
            }
        }
    }
    let message = format!("redirected more than {CHAIN} times");
    Attempt::Answered { verdict: later(message), place: place(&uri) }
}

fn later(message: String) -> Verdict {
    Verdict::Again { after: None, least: SLOW, message }
}

/// Scheme, host and port: the destination's name in messages.
fn place(uri: &Uri) -> String {
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}", uri.scheme_str().unwrap_or_default())
}

async fn exchange(
    client: &Client<Chunks>,
    uri: &Uri,
    post: &Post,
    token: Option<&HeaderValue>,
    timeout: Duration,
) -> Result<(::http::response::Parts, reply::Reply), (failure::Failure, bool)> {
    let chunks: Arc<[Bytes]> = Arc::new([post.body.clone()]);
    let (body, sent) = Chunks::new(chunks, post.body.len() as u64);
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    // No User-Agent: the service would take it for the browser of every item.
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(post.form.content_type()));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, token.clone());
    }
    let connection = capture_connection(&mut request);
    let exchange = async {
        let reply = client.request(request).await.map_err(|e| failure::of_request(&e))?;
        let (head, body) = reply.into_parts();
        let reply = reply::read(body, LONGEST_REPLY).await;
        Ok((head, reply))
    };
    match tokio::time::timeout(timeout, exchange).await {
        Ok(done) => done.map_err(|failure| (failure, sent.all())),
        Err(_) => {
            // The next attempt must not wait behind this one on the same connection.
            if let Some(connected) = connection.connection_metadata().as_ref() {
                connected.poison();
            }
            Err((failure::timeout(timeout, sent.started()), sent.all()))
        }
    }
}
