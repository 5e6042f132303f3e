//! The endless round: ask or tell, listen, wait.

use super::Live;
use super::state::{Mode, Said, State};
use crate::clock::unix_nano;
use crate::export::excerpt;
use crate::notice;
use bytes::Bytes;
use http::StatusCode;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// An answer that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) subscribed: bool,
    pub(super) etag: Option<String>,
    pub(super) hint: Option<Duration>,
    /// A configuration, if the etag is another one than ours.
    pub(super) body: Bytes,
}

/// Why there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    text: String,
    /// Somebody must repair it.
    lasting: bool,
}

impl Failure {
    pub(super) fn new(text: String) -> Failure {
        Failure { text, lasting: false }
    }

    pub(super) fn lasting(text: String) -> Failure {
        Failure { text, lasting: true }
    }

    pub(super) fn of_status(status: StatusCode, body: &[u8]) -> Failure {
        let advice = match status.as_u16() {
            400 => "; is the instrumentation key right?",
            401 => "; the resource wants Entra ID tokens, or another one",
            403 => "; the identity needs the role Monitoring Metrics Publisher on the resource",
            404 => "; is LiveEndpoint right? Copy the whole connection string from the portal",
            _ => "",
        };
        let reply: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let words = reply["Message"].as_str().map(excerpt).filter(|words| !words.is_empty());
        let words = words.map(|words| format!(": {words}")).unwrap_or_default();
        Failure { text: format!("HTTP {}{words}{advice}", status.as_u16()), lasting: !advice.is_empty() }
    }
}

/// Who is asked.
pub(super) trait Service: Send {
    /// One exchange, which ends by itself.
    fn exchange(
        &mut self,
        mode: Mode,
        etag: &str,
        body: Bytes,
    ) -> impl Future<Output = Result<Reply, Failure>> + Send;
}

/// Goes on until it is aborted.
pub(super) async fn run(live: Arc<Live>, mut service: impl Service) {
    let mut state = State::new(Instant::now());
    let mut worry = Worry::default();
    loop {
        let (began, mode) = (Instant::now(), state.mode());
        let body = match mode {
            Mode::Ping => live.greeting(unix_nano()),
            Mode::Post => {
                let vitals = live.vitals().await;
                live.take(unix_nano(), vitals.as_ref())
            }
        };
        let answer = service.exchange(mode, &live.etag(), body.into()).await;
        let said = match &answer {
            Ok(Reply { subscribed: true, .. }) => Said::Subscribed,
            Ok(reply) => Said::Unsubscribed { hint: reply.hint },
            Err(_) => Said::Nothing,
        };
        worry.take(answer.as_ref().err());
        let next = state.hear(began, Instant::now(), said);
        match state.mode() {
            Mode::Ping => live.unwatch(),
            Mode::Post => {
                if mode == Mode::Ping {
                    live.watch().await;
                }
                if let Ok(Reply { etag: Some(etag), body, .. }) = &answer {
                    live.configure(etag, body);
                }
            }
        }
        sleep_until(next).await;
    }
}

/// Says what is wrong, once.
#[derive(Default)]
struct Worry(Option<Failure>);

impl Worry {
    fn take(&mut self, failure: Option<&Failure>) {
        match (failure, &self.0) {
            (Some(failure), said) if said.as_ref() != Some(failure) => {
                let level = if failure.lasting { notice::Level::Warning } else { notice::Level::Info };
                notice::say(level, "live", &format!("Live Metrics: {}", failure.text));
                self.0 = Some(failure.clone());
            }
            (None, Some(_)) => {
                notice::info("live", "Live Metrics: the service answers again");
                self.0 = None;
            }
            _ => {}
        }
    }
}
