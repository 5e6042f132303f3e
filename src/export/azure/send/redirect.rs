//! Where the service has sent us.

use crate::export::azure::hosts;
use ::http::header::{CACHE_CONTROL, LOCATION};
use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, Uri};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// How long a redirect holds when it does not say.
const HOLDS: Duration = Duration::from_secs(12 * 3600);
/// However long it says.
const HOLDS_AT_MOST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Redirects in a row.
pub(super) const CHAIN: usize = 10;

const PATH: &str = "/v2.1/track";

/// The address of the track API, and where it is at present.
#[derive(Debug)]
pub(super) struct Target {
    named: Uri,
    moved: Mutex<Option<(Uri, Instant)>>,
}

impl Target {
    pub(super) fn new(named: Uri) -> Self {
        Target { named, moved: Mutex::new(None) }
    }

    pub(super) fn now(&self) -> Uri {
        let mut moved = self.moved();
        match &*moved {
            Some((to, until)) if Instant::now() < *until => to.clone(),
            _ => {
                *moved = None;
                self.named.clone()
            }
        }
    }

    /// Remembers where a chain of redirects has led, for as long as the shortest of them holds.
    pub(super) fn moved_to(&self, to: Uri, holds: Duration) {
        if !holds.is_zero() {
            *self.moved() = Some((to, Instant::now() + holds));
        }
    }

    /// Nobody answers there any more. True when there is another address to try.
    pub(super) fn forget(&self) -> bool {
        self.moved().take().is_some()
    }

    fn moved(&self) -> MutexGuard<'_, Option<(Uri, Instant)>> {
        self.moved.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The URL of the track API below `base`, which may be complete already.
pub(super) fn track(base: &str) -> Option<Uri> {
    let uri: Uri = base.trim().parse().ok()?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return None;
    }
    with_path(uri)
}

fn with_path(uri: Uri) -> Option<Uri> {
    let path = uri.path().trim_end_matches('/');
    if path.ends_with("/track") {
        return Some(uri);
    }
    let path = PathAndQuery::try_from(format!("{path}{PATH}")).ok()?;
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

/// Where an answer from `from` leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lead {
    To(Uri, Duration),
    /// To a place that is not trusted, in the words of the answer.
    Astray(String),
}

pub(super) fn lead(from: &Uri, headers: &HeaderMap) -> Lead {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    match resolve(from, location).filter(|to| hosts::may_lead(from, to)).and_then(with_path) {
        Some(to) => Lead::To(to, holds(headers)),
        None => Lead::Astray(location.to_owned()),
    }
}

/// A `Location`, absolute or relative to `from`.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    if location.is_empty() {
        None
    } else if location.contains("://") {
        location.parse().ok()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}").parse().ok()
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}").parse().ok()
    } else {
        let (folder, _) = from.path().rsplit_once('/').unwrap_or_default();
        format!("{scheme}://{authority}{folder}/{location}").parse().ok()
    }
}

/// `max-age`, and 0 for what must not be kept.
fn holds(headers: &HeaderMap) -> Duration {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut holds = HOLDS;
    for directive in directives.flat_map(|list| list.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Duration::ZERO,
            "max-age" => {
                let seconds = value.trim().trim_matches('"').parse();
                holds = seconds.map_or(holds, Duration::from_secs).min(HOLDS_AT_MOST);
            }
            _ => {}
        }
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    #[test]
    fn the_path_is_added_unless_it_is_there() {
        for (base, url) in [
            ("https://host", "https://host/v2.1/track"),
            ("https://host/", "https://host/v2.1/track"),
            ("https://host//", "https://host/v2.1/track"),
            ("http://host:8080/proxy/", "http://host:8080/proxy/v2.1/track"),
            ("https://host/v2/track", "https://host/v2/track"),
            ("https://host/v2.1/track/", "https://host/v2.1/track/"),
            (" https://[::1]:1/ ", "https://[::1]:1/v2.1/track"),
        ] {
            assert_eq!(track(base).unwrap().to_string(), url, "{base}");
        }
        for base in ["", "host", "/path", "ftp://host", "https://", "https:///x", "http://a b"] {
            assert_eq!(track(base), None, "{base}");
        }
    }

    fn answer(location: &str, cache: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        if let Some(cache) = cache {
            headers.insert(CACHE_CONTROL, HeaderValue::from_str(cache).unwrap());
        }
        headers
    }

    #[test]
    fn absolute_and_relative_locations() {
        let from: Uri = "https://dc.services.visualstudio.com/v2.1/track".parse().unwrap();
        for (location, to) in [
            (
                "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track",
                "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track",
            ),
            (
                "https://westeurope-5.in.applicationinsights.azure.com",
                "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track",
            ),
            ("//eu.monitor.azure.com/x/track", "https://eu.monitor.azure.com/x/track"),
            ("/v2.2/track", "https://dc.services.visualstudio.com/v2.2/track"),
            ("other/track", "https://dc.services.visualstudio.com/v2.1/other/track"),
        ] {
            assert_eq!(lead(&from, &answer(location, None)), Lead::To(to.parse().unwrap(), HOLDS));
        }
        for location in ["", "http://eu.monitor.azure.com/", "https://evil.example/track", "https://", "::"] {
            let astray = Lead::Astray(location.to_owned());
            let found = lead(&from, &answer(location, None));
            // What is neither absolute nor a path is a name beside the track API.
            assert!(found == astray || location == "::", "{location}: {found:?}");
        }
        assert_eq!(lead(&from, &HeaderMap::new()), Lead::Astray(String::new()));
    }

    #[test]
    fn how_long_it_holds() {
        for (cache, seconds) in [
            (None, 43_200),
            (Some("max-age=60"), 60),
            (Some("public, Max-Age=\"7\""), 7),
            (Some("max-age=0"), 0),
            (Some("no-store"), 0),
            (Some("max-age=5, no-cache"), 0),
            (Some("max-age=soon"), 43_200),
            (Some("max-age=99999999999"), 604_800),
        ] {
            assert_eq!(holds(&answer("/", cache)).as_secs(), seconds, "{cache:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_forgotten_in_time() {
        let target = Target::new(track("https://a").unwrap());
        let (old, new) = (target.now(), track("https://b").unwrap());
        target.moved_to(new.clone(), Duration::ZERO);
        assert_eq!(target.now(), old);
        target.moved_to(new.clone(), Duration::from_secs(5));
        assert_eq!(target.now(), new);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(target.now(), old);
        target.moved_to(new, HOLDS);
        assert!(target.forget() && !target.forget());
        assert_eq!(target.now(), old);
    }
}
