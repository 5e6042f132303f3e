//! Live Metrics: what happens this second, for whoever looks at the portal's page now.
//!
//! A [ping](state) every few seconds asks whether somebody watches. While somebody does, each
//! span and log record is counted before sampling, and a [data point](point) is sent every
//! second, with the figures and documents that the portal's users [asked for](configuration).
//! While nobody does, an item costs the look at one flag. Nothing is kept for later: a second that
//! cannot be told is gone.

mod client;
mod configuration;
mod document;
mod feed;
mod filter;
mod identity;
mod item;
mod metric;
mod point;
mod run;
mod second;
mod state;
#[cfg(test)]
mod tests;

pub use item::{Field, Item, Kind};

use crate::error::Error;
use crate::export::Vitals;
use crate::export::azure::map::told::Told;
use crate::export::entra::Credential;
use crate::settings::{AzureSettings, Settings};
use client::LiveClient;
use configuration::Configuration;
use identity::Identity;
use point::Taken;
use second::Second;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Longest time for a look at the target's processes.
const LOOK: Duration = Duration::from_millis(500);

/// Looks at the target's processes.
type Source = Box<dyn FnMut() -> Option<Vitals> + Send>;

/// The live view of one launch.
pub struct Live {
    /// Somebody watches.
    watched: AtomicBool,
    identity: Identity,
    gathering: Mutex<Gathering>,
    /// Exceptions that were counted.
    told: Told,
    source: Arc<Mutex<Option<Source>>>,
    task: OnceLock<AbortHandle>,
}

struct Gathering {
    configuration: Configuration,
    second: Second,
}

impl Live {
    /// Starts to ask whether somebody watches, until [`Live::stop`]. `credential` gets tokens, where the
    /// resource wants them. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the endpoint of Live Metrics is no URL, or TLS cannot be set up.
    pub fn start(
        settings: &Settings,
        azure: &AzureSettings,
        credential: Option<Credential>,
    ) -> Result<Arc<Live>, Error> {
        let live = Live::new(Identity::of(settings, azure));
        let client = LiveClient::new(azure, live.identity.clone(), credential)?;
        let task = tokio::spawn(run::run(live.clone(), client));
        let _ = live.task.set(task.abort_handle());
        Ok(live)
    }

    fn new(identity: Identity) -> Arc<Live> {
        let configuration = Configuration::default();
        let second = Second::new(Instant::now(), &configuration);
        Arc::new(Live {
            watched: AtomicBool::new(false),
            identity,
            gathering: Mutex::new(Gathering { configuration, second }),
            told: Told::default(),
            source: Arc::default(),
            task: OnceLock::new(),
        })
    }

    /// Says no more.
    pub fn stop(&self) {
        self.unwatch();
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    /// Where the figures of the target's processes come from. Asked once a second while somebody
    /// watches, on a thread that may block.
    pub fn look_with(&self, source: impl FnMut() -> Option<Vitals> + Send + 'static) {
        *lock(&self.source) = Some(Box::new(source));
    }

    /// Whether somebody watches. Otherwise there is no need to make an [`Item`].
    #[inline]
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Counts an item.
    pub fn observe(&self, item: &Item<'_>) {
        if self.is_watched() {
            let Gathering { configuration, second } = &mut *lock(&self.gathering);
            second.add(configuration, item);
        }
    }

    /// Somebody has begun to watch.
    async fn watch(&self) {
        // What it sees is told in differences: from here on.
        let _ = self.vitals().await;
        let Gathering { configuration, second } = &mut *lock(&self.gathering);
        *second = Second::new(Instant::now(), configuration);
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Nobody watches any more, and nobody's wishes hold.
    fn unwatch(&self) {
        if self.watched.swap(false, Ordering::Relaxed) {
            let Gathering { configuration, second } = &mut *lock(&self.gathering);
            *configuration = Configuration::default();
            *second = Second::new(Instant::now(), configuration);
        }
    }

    /// Applies a configuration, if it is another one.
    fn configure(&self, etag: &str, body: &[u8]) {
        let Gathering { configuration, second } = &mut *lock(&self.gathering);
        if !body.is_empty() && configuration.etag != etag {
            *configuration = Configuration::parse(etag, body);
            second.configure(configuration);
        }
    }

    /// The configuration that holds; empty at first.
    fn etag(&self) -> String {
        lock(&self.gathering).configuration.etag.clone()
    }

    /// The body of a ping.
    fn greeting(&self, unix_nano: u64) -> Vec<u8> {
        let mut out = Vec::new();
        point::write(&mut out, &self.identity, unix_nano, None);
        out
    }

    /// The body of a post: what happened since the last one.
    fn take(&self, unix_nano: u64, vitals: Option<&Vitals>) -> Vec<u8> {
        let now = Instant::now();
        let (configuration, second) = {
            let Gathering { configuration, second } = &mut *lock(&self.gathering);
            let taken = std::mem::replace(second, Second::new(now, configuration));
            (configuration.clone(), taken)
        };
        let taken = Taken { now, second: &second, configuration: &configuration, vitals };
        let mut out = vec![b'['];
        point::write(&mut out, &self.identity, unix_nano, Some(&taken));
        out.push(b']');
        out
    }

    /// Looks at the target's processes. `None` when there is nothing to see, or it takes too long.
    async fn vitals(&self) -> Option<Vitals> {
        if lock_now(&self.source)?.is_none() {
            return None;
        }
        let source = self.source.clone();
        let look = tokio::task::spawn_blocking(move || lock_now(&source)?.as_mut()?());
        tokio::time::timeout(LOOK, look).await.ok()?.ok()?
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock, unless somebody holds it: a look that hangs.
fn lock_now<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
