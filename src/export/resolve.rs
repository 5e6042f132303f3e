//! Host names to addresses, in bounded time.

use hyper_util::client::legacy::connect::dns::Name;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest time for one look-up.
const LONGEST: Duration = Duration::from_secs(5);

/// Asks the platform, on tokio's blocking pool. `localhost` and names below it are
/// loopback without asking (RFC 6761, 6.3), so that the usual destination needs neither a
/// thread nor an `/etc/hosts`.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    /// The platform may take minutes, and cannot be stopped: one look-up at a time, so that
    /// those of one client never fill the pool.
    free: Arc<Semaphore>,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Resolver { free: Arc::new(Semaphore::new(1)) }
    }
}

/// No address was found for the name.
#[derive(Debug, thiserror::Error)]
#[error("cannot look up host {host}: {reason}")]
pub(super) struct LookupFailed {
    host: String,
    reason: String,
}

impl tower_service::Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = LookupFailed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, LookupFailed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupFailed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let free = self.free.clone();
        Box::pin(async move {
            let host = name.as_str();
            if is_loopback(host) {
                let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                return Ok(addresses.map(|ip| SocketAddr::new(ip, 0)).to_vec().into_iter());
            }
            let reason = match tokio::time::timeout(LONGEST, look_up(host.to_owned(), free)).await {
                Ok(Ok(found)) if !found.is_empty() => return Ok(found.into_iter()),
                Ok(Ok(_)) => "no address".to_owned(),
                Ok(Err(error)) => reason(&error),
                Err(_) => "no answer in time".to_owned(),
            };
            Err(LookupFailed { host: host.to_owned(), reason })
        })
    }
}

async fn look_up(host: String, free: Arc<Semaphore>) -> io::Result<Vec<SocketAddr>> {
    let permit = free.acquire_owned().await.map_err(io::Error::other)?;
    let ask = move || {
        let found = (host, 0).to_socket_addrs().map(Iterator::collect);
        drop(permit);
        found
    };
    tokio::task::spawn_blocking(ask).await.map_err(io::Error::other)?
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// The platform's own words, without the prefix that the standard library puts before them.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_service::Service;

    async fn look_up(name: &str) -> Result<Vec<SocketAddr>, LookupFailed> {
        Resolver::new().call(name.parse().expect("a name")).await.map(Iterator::collect)
    }

    #[tokio::test]
    async fn localhost_is_loopback_without_asking() {
        for name in ["localhost", "LocalHost.", "collector.localhost"] {
            let found = look_up(name).await.expect(name);
            assert_eq!(found, ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()], "{name}");
        }
        assert!(!is_loopback("notlocalhost") && !is_loopback("localhost.example"));
    }

    #[tokio::test]
    async fn an_unknown_name_says_so() {
        let error = look_up("does-not-exist.invalid").await.expect_err("no such host");
        assert!(error.to_string().starts_with("cannot look up host does-not-exist.invalid: "), "{error}");
    }

    /// A look-up that hangs costs one thread, and those behind it their time and no more.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come() {
        let mut resolver = Resolver::new();
        let hanging = resolver.free.clone().acquire_owned().await.expect("free");
        let start = tokio::time::Instant::now();
        let error = resolver.call("example.com".parse().expect("a name")).await.expect_err("no answer");
        assert_eq!(error.to_string(), "cannot look up host example.com: no answer in time");
        assert_eq!(start.elapsed(), LONGEST);
        drop(hanging);
    }
}
