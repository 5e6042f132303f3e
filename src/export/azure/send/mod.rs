//! The way to the track API.
//!
//! A parcel is [mapped and compressed](encode) once, into as many [requests](post) as the limits
//! of the service ask for. They are sent one after the other, each by one call of
//! [`AzureExporter::export`], so that the books are right at any moment. What an answer means is
//! in [`verdict`]; whether the service is asked at all, in [`circuit`].

mod circuit;
mod encode;
mod post;
mod redirect;
mod request;
mod verdict;

pub use circuit::Pace;

use crate::account::Loss;
use crate::clock::unix_nano;
use crate::error::Error;
use crate::export::azure::map::Common;
use crate::export::delivery::NOT_IN_TIME;
use crate::export::entra::{Credential, TokenError};
use crate::export::exchange::body::Chunks;
use crate::export::https::{self, Client, Identity, Version};
use crate::export::{Exporter, Outcome, Parcel};
use crate::otlp::Batch;
use crate::settings::AzureSettings;
use circuit::{Circuit, Entry, Pass};
use encode::Encoder;
use post::{Form, Packed, Post, add};
use redirect::Target;
use request::Attempt;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use verdict::{Fault, Verdict};

/// Parcels below this size are encoded in place: the way to another thread and back would
/// cost more.
const IN_PLACE: usize = 16 << 10;

const QUOTA: Loss = Loss::Dropped("quota");
const SAMPLED: Loss = Loss::LeftOut("sampled");

/// What the exporters of all signals share.
pub struct Shared {
    settings: AzureSettings,
    target: Target,
    circuit: Circuit,
    mapping: Arc<Common>,
    /// In which form the service has taken something; `None`: nothing yet.
    form: Mutex<Option<Form>>,
    credential: Option<Credential>,
}

impl Shared {
    /// # Errors
    /// An ingestion endpoint that is no URL.
    pub fn new(settings: &AzureSettings) -> Result<Arc<Shared>, Error> {
        Shared::with_pace(settings, Pace::default())
    }

    /// [`Shared::new`] with other delays between attempts.
    ///
    /// # Errors
    /// Those of [`Shared::new`].
    pub fn with_pace(settings: &AzureSettings, pace: Pace) -> Result<Arc<Shared>, Error> {
        let endpoint = &settings.connection.ingestion_endpoint;
        let track = redirect::track(endpoint).ok_or_else(|| {
            Error::usage(format!("IngestionEndpoint is no URL: {}", super::super::excerpt(endpoint)))
                .hint("copy the whole connection string of the resource")
        })?;
        Ok(Arc::new(Shared {
            settings: settings.clone(),
            mapping: Common::new(settings),
            target: Target::new(track),
            circuit: Circuit::new(pace),
            form: Mutex::default(),
            credential: settings.credential.as_ref().map(|credential| {
                let proxy = settings.proxy.as_ref();
                Credential::new(credential, &settings.connection.audience, proxy)
            }),
        }))
    }

    /// Gets what takes time before the first request: a token. Waits for nothing; needs a runtime.
    pub fn prepare(&self) {
        if let Some(credential) = &self.credential {
            credential.prepare();
        }
    }

    /// The credential, for others who speak with the same resource.
    pub(in crate::export) fn credential(&self) -> Option<Credential> {
        self.credential.clone()
    }

    fn encoder(&self, since: u64) -> Encoder {
        Encoder::new(&self.settings, self.mapping.clone(), since)
    }

    fn form(&self) -> Option<Form> {
        *self.form.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn learn(&self, form: Form) {
        *self.form.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(form);
    }
}

/// Sends one signal to Azure Monitor.
pub struct AzureExporter {
    shared: Arc<Shared>,
    client: Client<Chunks>,
    /// `None` while it works on the blocking pool.
    encoder: Option<Encoder>,
    /// The parcel that is being sent, and what is left of it.
    work: Option<Work>,
    /// The last request was answered, so that a connection may be waiting in the pool.
    warm: bool,
    /// There is no later.
    hurry: bool,
    /// Cumulative metrics that began before were told by somebody else; nanoseconds since 1970.
    since: u64,
}

/// A parcel on its way.
struct Work {
    batches: Vec<Batch>,
    posts: VecDeque<Post>,
    /// To be told with the next outcome.
    losses: Vec<(Loss, u64)>,
}

impl AzureExporter {
    /// Makes the exporter; connects to nobody yet.
    ///
    /// # Errors
    /// Those of the TLS settings.
    pub fn new(shared: Arc<Shared>) -> Result<Self, Error> {
        let tls = match shared.target.now().scheme_str() {
            Some("https") => Some(https::tls(&Identity::default(), true)?),
            _ => None,
        };
        let client = https::client(Version::Http1, tls, shared.settings.proxy.as_ref());
        Ok(AzureExporter { shared, client, encoder: None, work: None, warm: false, hurry: false, since: 0 })
    }

    /// Cumulative metrics that began before `unix_nano` were told by another agent.
    pub fn since(self, unix_nano: u64) -> Self {
        AzureExporter { since: unix_nano, ..self }
    }

    /// The encoder; a new one if there is none. What one remembered that is lost in a panic has
    /// been told.
    fn take_encoder(&mut self) -> Encoder {
        self.encoder.take().unwrap_or_else(|| {
            let since = std::mem::replace(&mut self.since, unix_nano());
            self.shared.encoder(since)
        })
    }

    /// What is left of the parcel: from the call before, or all of it.
    async fn take_work(&mut self, parcel: &Parcel) -> Work {
        if let Some(work) = self.work.take().filter(|work| same(&work.batches, &parcel.batches)) {
            return work;
        }
        let mut encoder = self.take_encoder();
        let form = self.shared.form().unwrap_or(Form::Lines);
        let (encoder, Packed { posts, losses }) = if parcel.bytes < IN_PLACE {
            let packed = encoder.encode(&parcel.batches, form);
            (encoder, packed)
        } else {
            let batches = parcel.batches.clone();
            let task = tokio::task::spawn_blocking(move || {
                let packed = encoder.encode(&batches, form);
                (encoder, packed)
            });
            match task.await {
                Ok(done) => done,
                Err(failed) => match failed.try_into_panic() {
                    // The sender keeps the books when an exporter panics.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is going down; nobody will see this outcome.
                    Err(_) => std::future::pending().await,
                },
            }
        };
        self.encoder = Some(encoder);
        Work { batches: parcel.batches.clone(), posts: posts.into(), losses }
    }

    /// One request, with a token if one is wanted. A token that is not accepted is replaced at once,
    /// and the request sent once more.
    async fn attempt(&self, post: &Post) -> Result<Attempt, TokenError> {
        let Shared { target, settings, credential, .. } = &*self.shared;
        let send = async |token| request::send(&self.client, target, post, token, settings.timeout).await;
        let Some(credential) = credential else { return Ok(send(None).await) };
        let token = credential.token().await?;
        match send(Some(token.header())).await {
            Attempt::Answered { verdict: Verdict::Unauthorized { .. }, .. } if credential.refused(&token) => {
                Ok(send(Some(credential.token().await?.header())).await)
            }
            attempt => Ok(attempt),
        }
    }

    /// Envelopes of `post` once more, in another form or without some.
    fn select(&mut self, post: &Post, form: Form, keep: impl Fn(usize) -> bool) -> Packed {
        let encoder = self.take_encoder();
        post.select(&mut self.encoder.insert(encoder).gzip, form, keep).unwrap_or_else(|_| Packed {
            posts: Vec::new(),
            losses: vec![(Loss::Dropped("internal error"), post.total())],
        })
    }

    /// Does what the service at `place` says to the first post of `work`.
    fn settle(&mut self, work: &mut Work, post: Post, answer: (Verdict, &str), pass: Pass<'_>) -> Settled {
        let (verdict, place) = answer;
        let mut settled = Settled { losses: std::mem::take(&mut work.losses), ..Settled::default() };
        match verdict {
            Verdict::Accepted => {
                pass.close();
                self.shared.learn(post.form);
                settled.delivered = post.total();
            }
            Verdict::Partial { faults, after, message } => {
                self.shared.learn(post.form);
                settled.message = message;
                let (again, items) = settled.item_by_item(&post, &faults);
                if again && self.hurry {
                    pass.close();
                    settled.lose(NOT_IN_TIME, items);
                } else if again {
                    let message = settled.message.take().unwrap_or_default();
                    pass.open(after, Duration::ZERO, &format!("{place}: {message}"));
                    let left = self.select(&post, post.form, |at| faults.get(&at) == Some(&Fault::Again));
                    settled.again(work, left);
                } else {
                    pass.close();
                }
            }
            Verdict::TooLarge if post.items.len() > 1 => {
                let half = post.items.len() / 2;
                for keep in [Half::Second, Half::First] {
                    let part = self.select(&post, post.form, |at| (at < half) == (keep == Half::First));
                    settled.again(work, part);
                }
            }
            Verdict::TooLarge => {
                pass.close();
                settled.message = Some("HTTP 413: a single item is larger than the service takes".to_owned());
                settled.lose(rejected(413), post.total());
            }
            Verdict::Quota { after, message } => {
                if self.shared.circuit.pause(after) {
                    settled.message = Some(message);
                }
                settled.lose(QUOTA, post.total());
            }
            Verdict::Refused { status, message } => {
                pass.close();
                settled.message = Some(message);
                settled.lose(rejected(status), post.total());
            }
            Verdict::Again { .. } | Verdict::Unauthorized { .. } | Verdict::Redirect => {}
        }
        settled
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// What one answer has settled.
#[derive(Default)]
struct Settled {
    delivered: u64,
    losses: Vec<(Loss, u64)>,
    message: Option<String>,
}

impl Settled {
    fn lose(&mut self, loss: Loss, items: u64) {
        if items > 0 {
            add(&mut self.losses, loss, items);
        }
    }

    /// What is made of the envelopes that were not accepted. Whether some are to be
    /// sent again, and for how many items they stand.
    fn item_by_item(&mut self, post: &Post, faults: &BTreeMap<usize, Fault>) -> (bool, u64) {
        let mut again = (false, 0);
        for (at, items) in post.items.iter().enumerate() {
            match faults.get(&at) {
                None => self.delivered += items,
                Some(Fault::Sampled) => self.lose(SAMPLED, *items),
                Some(Fault::Quota) => self.lose(QUOTA, *items),
                Some(Fault::Refused(status)) => self.lose(rejected(*status), *items),
                Some(Fault::Again) => again = (true, again.1 + items),
            }
        }
        again
    }

    /// Puts posts back to the front.
    fn again(&mut self, work: &mut Work, packed: Packed) {
        packed.losses.into_iter().for_each(|(loss, items)| self.lose(loss, items));
        packed.posts.into_iter().rev().for_each(|post| work.posts.push_front(post));
    }
}

impl Exporter for AzureExporter {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let shared = self.shared.clone();
        if shared.circuit.is_paused() {
            self.work = None;
            return Outcome::Settled { losses: vec![(QUOTA, parcel.items)], message: None };
        }
        let mut work = self.take_work(parcel).await;
        let Some(post) = work.posts.pop_front() else {
            return Outcome::Settled { losses: work.losses, message: None };
        };
        let pass = match shared.circuit.enter(self.hurry).await {
            Entry::Go(pass) => pass,
            Entry::Wait { delay, message } => {
                work.posts.push_front(post);
                self.work = Some(work);
                return Outcome::Retry { after: Some(delay), message, maybe_received: false };
            }
        };
        let attempt = match self.attempt(&post).await {
            Ok(attempt) => attempt,
            Err(error) => {
                work.posts.push_front(post);
                self.work = Some(work);
                let (after, message) = (Some(error.retry_after), error.to_string());
                return Outcome::Retry { after, message, maybe_received: false };
            }
        };
        let was_warm = std::mem::replace(&mut self.warm, matches!(attempt, Attempt::Answered { .. }));
        let (verdict, place) = match attempt {
            Attempt::Answered { verdict, place } => (verdict, place),
            Attempt::Failed { failure, sent, place } => {
                work.posts.push_front(post);
                self.work = Some(work);
                // A connection that was kept may have been closed by the peer just now: that says
                // nothing about the peer, a new one will. And where a redirect has led, nobody
                // may be any more.
                if (was_warm && failure.closed) || shared.target.forget() {
                    return Outcome::at_once(sent);
                }
                let message = format!("{place}: {}", failure.text);
                let after = Some(pass.open(None, Duration::ZERO, &message));
                return Outcome::Retry { after, message, maybe_received: sent };
            }
        };
        let (after, least, message) = match verdict {
            // Before anything was taken: perhaps it does not know this form.
            Verdict::Refused { status: 400 | 415, .. }
                if shared.form().is_none() && post.form == Form::Lines =>
            {
                let packed = self.select(&post, Form::Array, |_| true);
                let mut settled = Settled::default();
                settled.again(&mut work, packed);
                self.work = Some(work);
                return Outcome::Partly { delivered: 0, losses: settled.losses, message: None };
            }
            Verdict::Again { after, least, message } => (after, least, message),
            Verdict::Unauthorized { message } => (None, verdict::SLOW, message),
            verdict => {
                let settled = self.settle(&mut work, post, (verdict, &place), pass);
                let Settled { delivered, losses, message } = settled;
                let message = message.map(|message| format!("{place}: {message}"));
                if work.posts.is_empty() {
                    return Outcome::Settled { losses, message };
                }
                self.work = Some(work);
                return Outcome::Partly { delivered, losses, message };
            }
        };
        work.posts.push_front(post);
        self.work = Some(work);
        let message = format!("{place}: {message}");
        let after = Some(pass.open(after, least, &message));
        Outcome::Retry { after, message, maybe_received: false }
    }

    fn hurry(&mut self) {
        self.hurry = true;
    }
}

fn rejected(status: u16) -> Loss {
    Loss::Rejected(format!("HTTP {status}"))
}

/// Whether two parcels are the same: the very same bytes in memory, in the same order.
fn same(one: &[Batch], other: &[Batch]) -> bool {
    let place = |batch: &Batch| (batch.bytes().as_ptr(), batch.bytes().len());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| place(a) == place(b))
}
