//! The conversation with the service (Live Metrics, data plane 2024-04-01-preview).

use super::identity::Identity;
use super::point::INVARIANT_VERSION;
use super::run::{Failure, Reply, Service};
use super::state::Mode;
use crate::error::Error;
use crate::export::azure::hosts;
use crate::export::entra::{Bearer, Credential};
use crate::export::excerpt;
use crate::export::exchange::failure;
use crate::export::exchange::reply::{self, End};
use crate::export::https::{self, Client};
use crate::settings::{AzureSettings, Secret};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const API: &str = "2024-04-01-preview";

/// Longest exchange.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest reply, in bytes: a configuration with all filters that we take.
const LONGEST: usize = 256 << 10;
/// Longest etag.
const ETAG: usize = 1024;
/// So many failures in a row at a host to which the service led us, and we are back at the first.
const FAITH: u32 = 3;

/// 100 ns from the year 1 to 1970, as .NET counts.
const EPOCH_TICKS: u128 = 621_355_968_000_000_000;

/// Speaks with one endpoint, and where it leads.
pub(super) struct LiveClient {
    client: Client<Full<Bytes>>,
    key: Secret,
    identity: Identity,
    credential: Option<Credential>,
    /// Where the user said.
    home: Uri,
    /// Where the service led us.
    led: Option<Uri>,
    failures: u32,
}

impl LiveClient {
    /// # Errors
    /// When the endpoint is no URL, or TLS cannot be set up.
    pub(super) fn new(
        settings: &AzureSettings,
        identity: Identity,
        credential: Option<Credential>,
    ) -> Result<LiveClient, Error> {
        let endpoint = &settings.connection.live_endpoint;
        let home: Uri = endpoint
            .parse()
            .ok()
            .filter(|uri: &Uri| uri.host().is_some() && uri.scheme().is_some())
            .ok_or_else(|| Error::usage(format!("LiveEndpoint is no URL: {}", excerpt(endpoint))))?;
        let tls = match home.scheme_str() {
            Some("https") => Some(https::tls(&https::Identity::default(), true)?),
            _ => None,
        };
        Ok(LiveClient {
            client: https::client(https::Version::Http1, tls, settings.proxy.as_ref()),
            key: settings.connection.instrumentation_key.clone(),
            identity,
            credential,
            home,
            led: None,
            failures: 0,
        })
    }

    fn request(&self, mode: Mode, etag: &str, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let action = if mode == Mode::Ping { "ping" } else { "post" };
        let base = self.led.as_ref().unwrap_or(&self.home);
        let uri = format!(
            "{}://{}{}/QuickPulseService.svc/{action}?api-version={API}&ikey={}",
            base.scheme_str().unwrap_or("https"),
            base.authority().map_or("", |authority| authority.as_str()),
            base.path().trim_end_matches('/'),
            percent(self.key.reveal()),
        );
        let mut request = Request::post(uri)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header("x-ms-qps-transmission-time", ticks(SystemTime::now()).to_string())
            .header("x-ms-qps-configuration-etag", etag)
            .body(Full::new(body))?;
        if mode == Mode::Ping {
            for (name, value) in [
                ("x-ms-qps-machine-name", self.identity.machine.as_str()),
                ("x-ms-qps-instance-name", &self.identity.instance),
                ("x-ms-qps-stream-id", &self.identity.stream),
                ("x-ms-qps-role-name", &self.identity.role),
                ("x-ms-qps-invariant-version", INVARIANT_VERSION),
            ] {
                // What a header cannot say is said by the body alone.
                if let Some(value) = Some(value).filter(|value| value.is_ascii())
                    && let Ok(value) = HeaderValue::from_str(value)
                {
                    request.headers_mut().insert(name, value);
                }
            }
        }
        Ok(request)
    }

    async fn converse(&mut self, mode: Mode, etag: &str, body: Bytes) -> Result<Reply, Failure> {
        let mut request = self.request(mode, etag, body).map_err(|e| Failure::new(e.to_string()))?;
        let bearer = self.bearer().await?;
        if let Some(bearer) = &bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.header());
        }
        let response =
            self.client.request(request).await.map_err(|e| Failure::new(failure::of_request(&e).text))?;
        let (head, body) = response.into_parts();
        self.follow(&head.headers);
        let reply = reply::read(body, LONGEST).await;
        let body = match reply.end {
            End::Complete => reply.body,
            End::TooLong => return Err(Failure::new(format!("the reply is longer than {LONGEST} bytes"))),
            End::Broken(error) => return Err(Failure::new(failure::of_reply(&error).text)),
        };
        if head.status == StatusCode::UNAUTHORIZED
            && let (Some(credential), Some(bearer)) = (&self.credential, &bearer)
        {
            // The next exchange is soon enough for a new token.
            credential.refused(bearer);
        }
        if !head.status.is_success() {
            return Err(Failure::of_status(head.status, &body));
        }
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let subscribed = match text("x-ms-qps-subscribed") {
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            _ => return Err(Failure::new("the reply does not say whether somebody watches".to_owned())),
        };
        Ok(Reply {
            subscribed,
            etag: text("x-ms-qps-configuration-etag").filter(|etag| etag.len() <= ETAG).map(str::to_owned),
            hint: text("x-ms-qps-service-polling-interval-hint")
                .and_then(|ms| ms.parse().ok())
                .map(Duration::from_millis),
            body,
        })
    }

    async fn bearer(&self) -> Result<Option<Bearer>, Failure> {
        let Some(credential) = &self.credential else { return Ok(None) };
        credential.token().await.map(Some).map_err(|e| Failure::lasting(e.to_string()))
    }

    /// Goes where the service leads, if that is one of its own places.
    fn follow(&mut self, headers: &HeaderMap) {
        let Some(value) = headers.get("x-ms-qps-service-endpoint-redirect-v2") else { return };
        let to = value.to_str().ok().and_then(|value| value.trim().parse::<Uri>().ok());
        let from = self.led.as_ref().unwrap_or(&self.home);
        let Some(to) = to.filter(|to| hosts::may_lead(from, to)) else { return };
        let base = Uri::builder().scheme(to.scheme_str().unwrap_or("https")).path_and_query("/");
        let base = to.authority().and_then(|authority| base.authority(authority.as_str()).build().ok());
        if base.is_some() {
            self.led = base;
        }
    }
}

impl Service for LiveClient {
    async fn exchange(&mut self, mode: Mode, etag: &str, body: Bytes) -> Result<Reply, Failure> {
        let reply = tokio::time::timeout(TIMEOUT, self.converse(mode, etag, body)).await;
        let reply = reply.unwrap_or_else(|_| Err(Failure::new(failure::timeout(TIMEOUT, true).text)));
        self.failures = if reply.is_ok() { 0 } else { self.failures.saturating_add(1) };
        if self.failures >= FAITH {
            self.led = None;
        }
        reply
    }
}

/// .NET ticks of a moment.
fn ticks(at: SystemTime) -> u128 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() / 100 + EPOCH_TICKS
}

/// Percent-encodes all but the unreserved characters (RFC 3986).
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
