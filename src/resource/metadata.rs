//! Questions to the metadata service of a cloud, which is on the machine or next to it.

use crate::export::nearby::{self, Asked};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::Value;
use std::time::Duration;

/// Longest time of one answer. They take milliseconds, unless the machine has just started.
const LONGEST: Duration = Duration::from_secs(2);
/// How often a question is asked, and how long one waits in between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Service {
    /// Without a slash at its end.
    endpoint: String,
}

impl Service {
    pub(super) fn new(endpoint: &str) -> Service {
        Service { endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    /// The answer as text. `None` when there is none, or a refusal.
    pub(super) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Option<String> {
        for attempt in 1..=ATTEMPTS {
            let request = self.request(method.clone(), path, headers)?;
            match tokio::time::timeout(LONGEST, nearby::send(request)).await {
                Ok(Ok(answered)) if answered.status == StatusCode::OK => {
                    return String::from_utf8(answered.body.to_vec()).ok();
                }
                // Busy; everything else is a refusal.
                Ok(Ok(answered)) if answered.status.is_server_error() || answered.status.as_u16() == 429 => {}
                Ok(Ok(_)) => return None,
                // Nobody is there, or it takes its time.
                Ok(Err(_)) | Err(_) => {}
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(PAUSE * attempt).await;
            }
        }
        None
    }

    pub(super) async fn json(&self, path: &str, headers: &[(&str, &str)]) -> Option<Value> {
        serde_json::from_str(&self.ask(Method::GET, path, headers).await?).ok()
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Option<Asked> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(Bytes::new())).ok()
    }
}

/// A text in an answer.
pub(super) fn text<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    answer.get(name)?.as_str()
}
